package webhook

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// closed are addresses that must be reached neither by their number nor by a
// name that resolves to it.
var closed = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.1.2.3",
	"168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
	"192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:0:10.0.0.1",
	"64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:a00:1::1", "3fff::1",
	"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "4000::1",
}

var open = []string{"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
	"172.32.0.0", "192.167.255.255", "223.255.255.255", "2400:3200::1", "2606:4700::1111", "::ffff:1.1.1.1"}

func TestPermits(t *testing.T) {
	t.Parallel()
	for _, text := range closed {
		a := netip.MustParseAddr(text)
		if (Rules{}).permits(a) {
			t.Errorf("%s is permitted", text)
		}
		if got := (Rules{AllowLoopback: true}).permits(a); got != a.Unmap().IsLoopback() {
			t.Errorf("with loopback allowed, %s: %v", text, got)
		}
	}
	for _, text := range open {
		if !(Rules{}).permits(netip.MustParseAddr(text)) {
			t.Errorf("%s is not permitted", text)
		}
	}
	if (Rules{}).permits(netip.Addr{}) {
		t.Error("no address at all is permitted")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Fault{
		"https://hooks.example.com/shixi":              "",
		"https://hooks.example.com":                    "",
		"https://HOOKS.Example.COM:8443/a?b=c&d":       "",
		"https://xn--fiqs8s.xn--fiqs8s/":               "",
		"https://1.1.1.1/":                             "",
		"https://[2606:4700::1111]:443/":               "",
		"":                                             FaultForm,
		"hooks.example.com":                            FaultForm,
		"/shixi":                                       FaultForm,
		"//hooks.example.com/":                         FaultForm,
		"https:hooks.example.com":                      FaultForm,
		"https://hooks.example.com/#a":                 FaultForm,
		"https://hooks.example.com/#":                  FaultForm,
		"https://hooks.example.com/%":                  FaultForm,
		"https://hooks.example.com/\x00":               FaultForm,
		"https://hooks.example.com/\r\nX-A: b":         FaultForm,
		"https://[fe80::1":                             FaultForm,
		"https://a.cn/" + strings.Repeat("a", 2048):    FaultForm,
		"http://hooks.example.com/":                    FaultScheme,
		"HTTP://hooks.example.com/":                    FaultScheme,
		"ftp://hooks.example.com/":                     FaultScheme,
		"http://127.0.0.1/":                            FaultScheme,
		"file:///etc/passwd":                           FaultScheme,
		"https://u:p@hooks.example.com/":               FaultUser,
		"https://hooks.example.com@10.0.0.1/":          FaultUser,
		"https://@hooks.example.com/":                  FaultUser,
		"https://hooks.example.com:0/":                 FaultPort,
		"https://hooks.example.com:65536/":             FaultPort,
		"https://hooks.example.com:/":                  FaultPort,
		"https:///shixi":                               FaultHost,
		"https://hooks/":                               FaultHost,
		"https://hooks.example.com./":                  FaultHost,
		"https://.example.com/":                        FaultHost,
		"https://-a.example.com/":                      FaultHost,
		"https://a_b.example.com/":                     FaultHost,
		"https://例子.中国/":                               FaultHost,
		"https://a..b.com/":                            FaultHost,
		"https://" + strings.Repeat("a.", 127) + "com": FaultHost,
		"https://127.1/":                               FaultHost,
		"https://2130706433/":                          FaultHost,
		"https://0x7f000001/":                          FaultHost,
		"https://0x7f.1/":                              FaultHost,
		"https://0177.0.0.1/":                          FaultHost,
		"https://10.0.0.1./":                           FaultHost,
		"https://1.2.3.4.5/":                           FaultHost,
		"https://localhost/":                           FaultPrivate,
		"https://LOCALHOST/":                           FaultPrivate,
		"https://a.localhost/":                         FaultPrivate,
	} {
		u, err := Rules{}.Parse(text)
		var wrong *AddressError
		if errors.As(err, &wrong) {
			if wrong.Fault != want || u != nil {
				t.Errorf("%q: %s, want %q", text, wrong.Fault, want)
			}
		} else if want != "" || err != nil {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, address := range closed {
		host := address
		if strings.Contains(host, ":") {
			host = "[" + strings.Replace(host, "%", "%25", 1) + "]"
		}
		var wrong *AddressError
		if _, err := (Rules{}).Parse("https://" + host + "/"); !errors.As(err, &wrong) || wrong.Fault != FaultPrivate {
			t.Errorf("https://%s/: %v", host, err)
		}
	}
}

func TestParseOnThisMachine(t *testing.T) {
	t.Parallel()
	rules := Rules{AllowLoopback: true}
	for text, want := range map[string]bool{
		"http://127.0.0.1:8080/hook": true, "http://localhost:8080/": true, "https://[::1]/": true, "http://[::ffff:127.0.0.1]/": true,
		"http://hooks.example.com/": false, "http://10.0.0.1/": false, "https://10.0.0.1/": false, "https://169.254.169.254/": false,
		"http://127.1/": false, "http://localhost.example.com/": false,
	} {
		if _, err := rules.Parse(text); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever the name said, the address that is connected to is what counts.
func TestControl(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	for _, address := range closed {
		if c.control(t.Context(), "tcp4", net.JoinHostPort(address, "443"), nil) == nil ||
			c.control(t.Context(), "tcp6", net.JoinHostPort(address, "443"), nil) == nil {
			t.Errorf("%s may be connected to", address)
		}
	}
	for _, bad := range []string{"", "hooks.example.com:443", "1.1.1.1"} {
		if c.control(t.Context(), "tcp4", bad, nil) == nil {
			t.Errorf("%q may be connected to", bad)
		}
	}
	if c.control(t.Context(), "udp4", "1.1.1.1:443", nil) == nil {
		t.Error("another protocol than TCP")
	}
	if err := c.control(t.Context(), "tcp4", "1.1.1.1:443", nil); err != nil {
		t.Error(err)
	}
}

// A target made by hand is checked as well.
func TestDeliverChecksTheAddressItself(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"http://hooks.example.com/", "https://10.0.0.1/", "https://localhost/"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := New(Options{}).Deliver(context.Background(), Target{URL: u}, nil); ClassOf(err) != Address {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"https://hooks.example.com/a?b#c", "http://[::1%25a]:0/", "https://0x7f.1/", "https://a@b:c/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := Rules{}.Parse(text)
		if err != nil {
			return
		}
		if u.Scheme != "https" || u.User != nil || isThisMachine(u.Hostname()) {
			t.Errorf("%q became %v", text, u)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && !public(a.Unmap()) {
			t.Errorf("%q is not public", text)
		}
	})
}
