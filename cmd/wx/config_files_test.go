package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigReadsTheFiles: what would fail a start is told by wx config.
func TestConfigReadsTheFiles(t *testing.T) {
	t.Parallel()
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := file("keys.yaml", "- {id: school, kind: school, secret: "+strings.Repeat("k", 32)+"}\n")
	templates := file("templates.yaml", "kinds: {application: {}}\n")
	texts := file("sms.yaml", "sign: 平台\ntemplates: {code: {id: '1', params: [code]}}\n")
	for name, want := range map[string]string{"SMS_TEMPLATES": "check SMS_TEMPLATES", "PARTNER_KEYS": "合作方密钥文件有误", "WX_TEMPLATES": "read WX_TEMPLATES"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := map[string]string{"PARTNER_KEYS": keys, "WX_TEMPLATES": templates, "SMS_TEMPLATES": texts}[name]
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"config"}, &stdout, &stderr, environment("SMS_PROVIDER", "alibaba", "SMS_KEY_ID", "AKIDtest1234567890", "SMS_KEY_SECRET", strings.Repeat("k", 32),
				"SMS_TEMPLATES", texts, name, path))
			if code == exitOK || !strings.Contains(stderr.String(), want) || strings.Contains(stderr.String(), strings.Repeat("k", 32)) {
				t.Errorf("exit %d: %s", code, stderr.String())
			}
			if !strings.Contains(stdout.String(), name) {
				t.Errorf("the table is missing: %s", stdout.String())
			}
		})
	}
}

// TestKeysOfAProvince: the key file has an entry for each of some thousand schools.
func TestKeysOfAProvince(t *testing.T) {
	t.Parallel()
	var keys strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&keys, "- {id: school-%d, kind: school, school: '%d', secret: 's%032d', webhook: {url: 'https://school-%d.example.com/shixi'}}\n", i, 41000+i, i, i)
	}
	path := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(path, []byte(keys.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"config"}, &stdout, &stderr, environment("PARTNER_KEYS", path)); code != exitOK {
		t.Errorf("%d KB of keys: exit %d: %s", keys.Len()>>10, code, stderr.String())
	}
}
