package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// parseListen reads an address to listen on. ":8080" is every address of this machine, as is usual in Go.
func parseListen(text string) (any, error) {
	want := errors.New("must be an IP address and a port, such as 127.0.0.1:8080 or 0.0.0.0:8080")
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return nil, want
	}
	switch host {
	case "":
		host = "0.0.0.0"
	case "localhost":
		host = "127.0.0.1"
	}
	address, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil || address.Addr().Zone() != "" {
		return nil, want
	}
	return address, nil
}

func parseLoopback(text string) (any, error) {
	want := errors.New("must be a loopback address and a port, such as 127.0.0.1:27018, because the embedded engines ask for no password")
	address, err := parseListen(text)
	if err != nil || !address.(netip.AddrPort).Addr().IsLoopback() {
		return nil, want
	}
	return address, nil
}

// parseURL reads the address of a server and nothing more.
func parseURL(text string) (*url.URL, error) {
	want := errors.New("must be http:// or https:// and a host, without path, query or user")
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, want
	}
	if port := u.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return nil, want
		}
	}
	if u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil || strings.HasSuffix(u.Host, ":") {
		return nil, want
	}
	return u, nil
}

func parsePublicURL(text string) (any, error) {
	u, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return nil, errors.New("must begin with https:// unless its host is this machine: sign-in travels over it")
	}
	return u, nil
}

func parseAPIBase(text string) (any, error) {
	u, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	return u, nil
}

// parseServiceURL reads the address of one service, which may have a path. A query would be shown by wx config, and may
// hold a key.
func parseServiceURL(text string) (any, error) {
	u, err := url.Parse(text)
	if err == nil {
		host := *u
		host.Path, host.RawPath = "", ""
		_, err = parseURL(host.String())
	}
	if err != nil {
		return nil, errors.New("must be http:// or https://, a host and perhaps a path, without query or user")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// parseMongoDBURI checks a connection string. One with +srv is asked for in the DNS, so of it only the form is checked.
func parseMongoDBURI(text string) (any, error) {
	want := errors.New("must be a connection string, such as mongodb://host1,host2/?replicaSet=rs0")
	if rest, ok := strings.CutPrefix(text, "mongodb+srv://"); ok {
		u, err := url.Parse("https://" + rest)
		if err != nil || u.Hostname() == "" || u.Port() != "" {
			return nil, want
		}
		return NewSecret(text), nil
	}
	if !strings.HasPrefix(text, "mongodb://") || options.Client().ApplyURI(text).Validate() != nil {
		return nil, want
	}
	return NewSecret(text), nil
}

func parseRedisURL(text string) (any, error) {
	if _, err := redisOpener(text); err != nil {
		return nil, err
	}
	return NewSecret(text), nil
}

// RedisClient is a client for REDIS_URL, which must be set: to a single server, to Sentinel when the URL has master_name,
// to a cluster when it has addr (and no master_name). It connects when first used; the caller closes it.
func (s *Settings) RedisClient() (redis.UniversalClient, error) {
	open, err := redisOpener(s.RedisURL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL %w", err)
	}
	return open(), nil
}

// redisOpener understands a URL; its error doesn't hold the URL. Calls end with their context, which go-redis does only
// when told.
func redisOpener(text string) (open func() redis.UniversalClient, err error) {
	want := errors.New("must be a Redis URL, such as redis://host:6379/0, with options that go-redis knows")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" && u.Scheme != "unix" {
		return nil, want
	}
	switch query := u.Query(); {
	case query.Has("master_name"):
		if o, err := redis.ParseFailoverURL(text); err == nil {
			o.ContextTimeoutEnabled = true
			return func() redis.UniversalClient { return redis.NewFailoverClient(o) }, nil
		}
	case query.Has("addr"):
		if o, err := redis.ParseClusterURL(text); err == nil {
			o.ContextTimeoutEnabled = true
			return func() redis.UniversalClient { return redis.NewClusterClient(o) }, nil
		}
	default:
		if o, err := redis.ParseURL(text); err == nil {
			o.ContextTimeoutEnabled = true
			return func() redis.UniversalClient { return redis.NewClient(o) }, nil
		}
	}
	return nil, want
}

// parsePrefixes reads networks and single addresses. The whole internet is refused: then anybody could choose the
// address by which limits count.
func parsePrefixes(text string) (any, error) {
	var prefixes []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		prefix, err := netip.ParsePrefix(part)
		if address, single := netip.ParseAddr(part); single == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, errors.New("must be addresses or networks with commas, such as 10.0.0.0/8,192.0.2.7")
		}
		if prefix.Bits() == 0 {
			return nil, errors.New("must not be the whole internet: name the proxies")
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}
