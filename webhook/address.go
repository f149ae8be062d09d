package webhook

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Rules say where may be posted to. The zero Rules permit public addresses
// under https alone.
type Rules struct {
	// AllowLoopback also permits this machine itself, there without TLS too: for
	// trials and tests, where nothing else may be reached from the machine's
	// inside.
	AllowLoopback bool
}

// Fault is why an address is not permitted.
type Fault string

// The faults of addresses.
const (
	// FaultForm: not an absolute address with a path and perhaps a query, or too
	// long; a fragment is never sent, so it must be a mistake.
	FaultForm Fault = "form"
	// FaultScheme: not https.
	FaultScheme Fault = "scheme"
	// FaultUser: names a user or password, which would stand in logs.
	FaultUser Fault = "user"
	// FaultPort: not between 1 and 65535.
	FaultPort Fault = "port"
	// FaultHost: neither a full domain name nor an IP address.
	FaultHost Fault = "host"
	// FaultPrivate: this machine, a network's inside, a cloud's own services, or
	// an address that means no single machine.
	FaultPrivate Fault = "private"
)

// AddressError says that an address is not permitted, without repeating it.
type AddressError struct{ Fault Fault }

// Error implements error.
func (e *AddressError) Error() string { return "address not permitted: " + string(e.Fault) }

// maxAddress is longer than any address that people enter.
const maxAddress = 2048

// domain is a name of two labels or more. The last one begins with a letter, as
// all top-level domains do: what ends in a number is an IP address to some
// resolvers ("127.1", "1.0x7f").
var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Parse reads an address that may be posted to. What a name resolves to is
// known, and checked, when the connection is made. Fails with an *AddressError.
func (r Rules) Parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxAddress || u.Opaque != "" || u.Scheme == "" || strings.Contains(text, "#") {
		return nil, &AddressError{FaultForm}
	}
	if fault := r.fault(u); fault != "" {
		return nil, &AddressError{fault}
	}
	return u, nil
}

func (r Rules) fault(u *url.URL) Fault {
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !r.AllowLoopback || !isThisMachine(host)):
		return FaultScheme
	case u.User != nil:
		return FaultUser
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && !validPort(u.Port()):
		return FaultPort
	}
	if address, err := netip.ParseAddr(host); err == nil {
		if !r.permits(address) {
			return FaultPrivate
		}
		return ""
	}
	switch {
	case isThisMachine(host) && r.AllowLoopback:
		return ""
	case isThisMachine(host):
		return FaultPrivate
	case len(host) > 253 || !domain.MatchString(host):
		return FaultHost
	}
	return ""
}

func validPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// isThisMachine tells the names and addresses of the machine itself.
func isThisMachine(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// permits says whether a connection to the IP address may be made.
func (r Rules) permits(a netip.Addr) bool {
	a = a.Unmap()
	if a.IsLoopback() {
		return r.AllowLoopback
	}
	return public(a)
}

// closed4 are the IPv4 networks that are not one machine on the internet
// (IANA's special-purpose registry).
var closed4 = prefixes(
	"0.0.0.0/8",        // this host
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // behind a carrier's NAT; Alibaba Cloud's metadata too
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's services to its machines
	"169.254.0.0/16",   // link-local; the metadata of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; Oracle's metadata too
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/3",      // multicast, reserved, broadcast
)

// open6 is what of IPv6 is given out to machines on the internet, closed6 what
// in it is not one: addresses that carry an IPv4 address inside above all.
// Outside lie ::1, ::ffff:0:0/96 (unmapped before), 64:ff9b::/96, fc00::/7,
// fe80::/10, ff00::/8 and what is not assigned.
var (
	open6   = netip.MustParsePrefix("2000::/3")
	closed6 = prefixes(
		"2001::/23",     // protocol assignments, Teredo
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	)
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

func public(a netip.Addr) bool {
	holds := func(p netip.Prefix) bool { return p.Contains(a) }
	switch {
	case !a.IsValid() || a.Zone() != "":
		return false
	case a.Is4():
		return !slices.ContainsFunc(closed4, holds)
	}
	return open6.Contains(a) && !slices.ContainsFunc(closed6, holds)
}
