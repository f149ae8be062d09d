package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// healthTimeout is shorter than the time-out of common health checks, so that the answer is ours and not theirs.
const healthTimeout = 3 * time.Second

// healthcheckCmd asks the server on this machine for its health.
type healthcheckCmd struct {
	Live bool `help:"Ask only whether it lives, not whether it is ready to serve."`
}

// Run fails unless the server answers 200. It looks at LISTEN alone: other settings are the server's affair.
func (c *healthcheckCmd) Run(ctx context.Context, settings *loaded) error {
	listen := settings.values.Listen
	if !listen.IsValid() || listen.Port() == 0 {
		return errors.New("healthcheck: set LISTEN to the address and port that the server was given")
	}
	target := url.URL{Scheme: "http", Host: reachable(listen).String(), Path: "/readyz"}
	if c.Live {
		target.Path = "/livez"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	return ask(ctx, target.String())
}

// ask goes straight to the server: no proxy, no redirect.
func ask(ctx context.Context, target string) error {
	client := &http.Client{
		Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: %s answers %s", target, response.Status)
	}
	return nil
}
