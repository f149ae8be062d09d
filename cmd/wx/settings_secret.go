package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// masked is what is shown of a secret.
const masked = "***"

// Secret is a value that is never shown: whatever prints, logs or marshals it gives a mask. Reveal is the only way to
// the text, so that every use can be found.
type Secret struct{ text string }

// NewSecret seals text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the text.
func (s Secret) Reveal() string { return s.text }

// IsZero tells whether there is none.
func (s Secret) IsZero() bool { return s.text == "" }

// String is the mask, "" when there is no secret.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return masked
}

// Format writes the mask for every verb, also for those that would look inside, as %#v.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText gives the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

var (
	_ fmt.Stringer   = Secret{}
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

// secrets are all values that the log must hide wherever they stand: each secret setting that was given, valid or not,
// and what is secret inside of it.
func (l *loaded) secrets() []string {
	var all []string
	for _, setting := range l.table {
		if !setting.secret || setting.text == "" {
			continue
		}
		all = append(all, setting.text)
		switch setting.kind {
		case "mongodb-uri", "redis-url":
			all = append(all, passwordsIn(setting.text)...)
		case "keyset":
			all = append(all, keysIn(setting.text)...)
		}
	}
	return all
}

// passwordsIn gives the passwords of a connection string, as they are used.
func passwordsIn(uri string) []string {
	u, err := url.Parse(uri)
	if err != nil {
		return nil
	}
	password, _ := u.User.Password()
	passwords := []string{password}
	for name, values := range u.Query() {
		if strings.Contains(strings.ToLower(name), "password") {
			passwords = append(passwords, values...)
		}
	}
	return passwords
}

// keysIn gives the key material of a keyset, which is under "value" in Tink's JSON.
func keysIn(keyset string) []string {
	var tree any
	if json.Unmarshal([]byte(keyset), &tree) != nil {
		return nil
	}
	var keys []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case map[string]any:
			for name, each := range v {
				if text, ok := each.(string); ok && name == "value" {
					keys = append(keys, text)
				}
				walk(each)
			}
		}
	}
	walk(tree)
	return keys
}
