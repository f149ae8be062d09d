package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// oa is a whole official account.
var oa = []string{"WX_OA_APPID", goodAppID, "WX_OA_SECRET", goodSecret, "WX_OA_TOKEN", goodToken, "WX_OA_AES_KEY", goodAESKey}

func with(first []string, more ...string) []string {
	return append(first[:len(first):len(first)], more...)
}

// Each pair of settings that doesn't fit is told, with what to set; later pairs win over earlier ones.
func TestCrossChecks(t *testing.T) {
	t.Parallel()
	keyset := goodKeyset(t)
	templates := writeFile(t, "a: b", 0o600)
	open := writeFile(t, "a: b", 0o644)
	dir := t.TempDir()
	real := []string{"MONGODB_URI", "mongodb://db", "REDIS_URL", "redis://cache", "KEYSET", keyset}
	public := with(real, "PUBLIC_URL", "https://shixi.example.com", "TRUSTED_PROXIES", "127.0.0.1", "PARTNER_KEYS", templates)
	public = with(public, with(oa, "WX_TEMPLATES", templates)...)
	texting := []string{"SMS_KEY_ID", "AKIDtest1234567890", "SMS_KEY_SECRET", "secretsecretsecret12", "SMS_TEMPLATES", templates}
	public = with(public, with(texting, "SMS_PROVIDER", "tencent", "SMS_APP_ID", "1400006666")...)
	public = with(public, "REGISTRY_URL", "https://registry.example.com/lookup", "REGISTRY_TOKEN", "0123456789abcdef")
	for name, tc := range map[string]struct {
		env               []string
		problems, warning []string // a part of each
	}{
		"trial":                       {env: nil},
		"production":                  {env: public},
		"account without secret":      {env: with(oa, "WX_OA_SECRET", "", "WX_TEMPLATES", templates), problems: []string{"WX_OA_SECRET missing: set all of WX_OA_APPID, WX_OA_SECRET, WX_OA_TOKEN, WX_OA_AES_KEY, or none"}},
		"account without two":         {env: []string{"WX_MP_APPID", goodAppID, "WX_MP_TOKEN", goodToken}, problems: []string{"WX_MP_SECRET, WX_MP_AES_KEY missing"}},
		"account with AES key alone":  {env: []string{"WX_MP_AES_KEY", goodAESKey, "WX_MP_MODE", "plain"}, problems: []string{"WX_MP_APPID, WX_MP_SECRET, WX_MP_TOKEN missing"}},
		"plain needs no AES key":      {env: with(oa, "WX_OA_AES_KEY", "", "WX_OA_MODE", "plain", "WX_TEMPLATES", templates)},
		"mode alone is no account":    {env: []string{"WX_OA_MODE", "plain"}},
		"wrong is not missing":        {env: with(oa, "WX_OA_SECRET", "x", "WX_TEMPLATES", templates), problems: []string{"WX_OA_SECRET must be 32"}},
		"one AppID for both":          {env: with(oa, "WX_MP_APPID", goodAppID, "WX_MP_SECRET", goodSecret, "WX_MP_TOKEN", goodToken, "WX_MP_AES_KEY", goodAESKey, "WX_TEMPLATES", templates), problems: []string{"WX_MP_APPID is the same as WX_OA_APPID"}},
		"no templates":                {env: oa, problems: []string{"WX_TEMPLATES is missing"}},
		"simulator without templates": {env: with(oa, "WX_API_BASE", "http://127.0.0.1:8081")},
		"open to others":              {env: []string{"LISTEN", "0.0.0.0:8080"}, problems: []string{"PUBLIC_URL is missing: LISTEN lets other machines in"}},
		"open to others, container":   {env: []string{"LISTEN", "0.0.0.0:8080", "PUBLIC_URL", "http://localhost:8081"}},
		"same port":                   {env: []string{"EMBEDDED_REDIS_LISTEN", "127.0.0.1:8080"}, problems: []string{"EMBEDDED_REDIS_LISTEN has the port of LISTEN"}},
		"public, in memory":           {env: []string{"PUBLIC_URL", "https://a.example", "TRUSTED_PROXIES", "127.0.0.1"}, problems: []string{"MONGODB_URI is missing: PUBLIC_URL is public"}, warning: []string{"WX_OA_APPID is unset", "PARTNER_KEYS is unset", "SMS_PROVIDER is unset", "REGISTRY_URL is unset"}},
		"public trial": {env: with(public, "MONGODB_URI", "", "REDIS_URL", "", "DATA_DIR", dir),
			warning: []string{"MONGODB_URI and REDIS_URL are unset while PUBLIC_URL is public"}},
		"public without Redis":   {env: with(public, "REDIS_URL", "", "DATA_DIR", dir), problems: []string{"REDIS_URL is missing: set it beside MONGODB_URI"}},
		"public without MongoDB": {env: with(public, "MONGODB_URI", "", "DATA_DIR", dir), problems: []string{"MONGODB_URI is missing: set it beside REDIS_URL"}},
		"no keyset":              {env: with(real, "KEYSET", ""), problems: []string{"KEYSET is missing: put what wx keyset prints"}},
		"plain in public":        {env: with(public, "WX_OA_MODE", "plain"), warning: []string{"WX_OA_MODE is plain"}},
		"proxy not trusted":      {env: with(public, "TRUSTED_PROXIES", ""), warning: []string{"TRUSTED_PROXIES is unset"}},
		"API in the clear":       {env: []string{"WX_API_BASE", "http://proxy"}, warning: []string{"WX_API_BASE is http://"}},
		"address without effect": {env: with(real, "EMBEDDED_MONGODB_LISTEN", "127.0.0.1:1", "EMBEDDED_REDIS_LISTEN", "127.0.0.1:2"), warning: []string{"EMBEDDED_MONGODB_LISTEN has no effect", "EMBEDDED_REDIS_LISTEN has no effect"}},
		"SMS by Tencent":         {env: with(texting, "SMS_PROVIDER", "tencent", "SMS_APP_ID", "1400006666")},
		"SMS by Alibaba":         {env: with(texting, "SMS_PROVIDER", "alibaba")},
		"SMS without provider":   {env: texting, problems: []string{"SMS_PROVIDER is missing: set it to tencent or alibaba beside SMS_KEY_ID, SMS_KEY_SECRET, SMS_TEMPLATES"}},
		"SMS without its app":    {env: with(texting, "SMS_PROVIDER", "tencent"), problems: []string{"SMS_APP_ID missing: SMS_PROVIDER=tencent needs SMS_KEY_ID, SMS_KEY_SECRET, SMS_APP_ID, SMS_TEMPLATES"}},
		"SMS without all":        {env: []string{"SMS_PROVIDER", "alibaba"}, problems: []string{"SMS_KEY_ID, SMS_KEY_SECRET, SMS_TEMPLATES missing"}},
		"SMS with a foreign app": {env: with(texting, "SMS_PROVIDER", "alibaba", "SMS_APP_ID", "1400006666"), warning: []string{"SMS_APP_ID have no effect with SMS_PROVIDER=alibaba"}},
		"SMS on the console":     {env: []string{"SMS_PROVIDER", "console"}},
		"SMS shown in public":    {env: with(public, "SMS_PROVIDER", "console", "SMS_KEY_ID", "", "SMS_KEY_SECRET", "", "SMS_APP_ID", "", "SMS_TEMPLATES", ""), warning: []string{"SMS_PROVIDER is console while PUBLIC_URL is public"}},
		"SMS of nobody":          {env: with(public, "SMS_PROVIDER", "", "SMS_KEY_ID", "", "SMS_KEY_SECRET", "", "SMS_APP_ID", "", "SMS_TEMPLATES", ""), warning: []string{"SMS_PROVIDER is unset: nobody gets an SMS code"}},
		"SMS in the clear":       {env: with(texting, "SMS_PROVIDER", "alibaba", "SMS_ENDPOINT", "http://proxy"), warning: []string{"SMS_ENDPOINT is http://"}},
		"SMS by nobody we know":  {env: with(texting, "SMS_PROVIDER", "pigeon"), problems: []string{"SMS_PROVIDER must be tencent, alibaba or console"}},
		"registry":               {env: []string{"REGISTRY_URL", "http://127.0.0.1:8090/lookup", "REGISTRY_TOKEN", "0123456789abcdef"}},
		"registry without token": {env: []string{"REGISTRY_URL", "https://r"}, problems: []string{"REGISTRY_TOKEN is missing: set it beside REGISTRY_URL"}},
		"registry without place": {env: []string{"REGISTRY_TOKEN", "0123456789abcdef"}, problems: []string{"REGISTRY_URL is missing: set it beside REGISTRY_TOKEN"}},
		"registry not asked":     {env: with(public, "REGISTRY_URL", "", "REGISTRY_TOKEN", ""), warning: []string{"REGISTRY_URL is unset: no registration is compared"}},
		"registry in the clear":  {env: []string{"REGISTRY_URL", "http://r", "REGISTRY_TOKEN", "0123456789abcdef"}, warning: []string{"REGISTRY_URL is http://"}},
		"keys open to others":    {env: []string{"PARTNER_KEYS", open}, warning: []string{"PARTNER_KEYS names a file that other users"}},
		"webhook at home":        {env: []string{"WEBHOOK_ALLOW_LOOPBACK", "on"}},
		"webhook at home, real":  {env: with(real, "WEBHOOK_ALLOW_LOOPBACK", "on"), problems: []string{"WEBHOOK_ALLOW_LOOPBACK is on beside MONGODB_URI"}},
		"webhook perhaps":        {env: []string{"WEBHOOK_ALLOW_LOOPBACK", "yes"}, problems: []string{"WEBHOOK_ALLOW_LOOPBACK must be on or off"}},
		"all at once": {env: []string{"LISTEN", "x", "LOG_LEVEL", "x", "WX_OA_APPID", "x", "DATA_DIR", filepath.Join(open, "x")}, problems: []string{
			"LISTEN must be", "DATA_DIR names", "WX_OA_APPID must be", "LOG_LEVEL must be", "WX_OA_SECRET, WX_OA_TOKEN, WX_OA_AES_KEY missing",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := loadTable(t, environment(tc.env...))
			checkParts(t, "problem", tc.problems, l.problems)
			checkParts(t, "warning", tc.warning, l.warnings)
			if (l.err() != nil) != (len(tc.problems) > 0) {
				t.Errorf("err = %v", l.err())
			}
		})
	}
}

// checkParts holds that got are as many as want, and that each holds the part at its place.
func checkParts(t *testing.T, what string, want, got []string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d %ss, want %d:\n%s", len(got), what, len(want), strings.Join(got, "\n"))
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("%s %q, want one with %q", what, got[i], want[i])
		}
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	private := writeFile(t, goodSecret+"\r\n", 0o600)
	for name, tc := range map[string]struct {
		env               []string
		value             string
		problems, warning []string
	}{
		"OK":                {env: []string{"WX_OA_SECRET_FILE", private}, value: goodSecret},
		"for the group":     {env: []string{"WX_OA_SECRET_FILE", writeFile(t, goodSecret, 0o640)}, value: goodSecret},
		"for everybody":     {env: []string{"WX_OA_SECRET_FILE", writeFile(t, goodSecret, 0o644)}, value: goodSecret, warning: []string{"WX_OA_SECRET_FILE names a file that other users"}},
		"group may write":   {env: []string{"WX_OA_SECRET_FILE", writeFile(t, goodSecret, 0o660)}, value: goodSecret, warning: []string{"chmod 600"}},
		"both":              {env: []string{"WX_OA_SECRET_FILE", private, "WX_OA_SECRET", goodSecret}, problems: []string{"WX_OA_SECRET and WX_OA_SECRET_FILE are both set"}},
		"missing":           {env: []string{"WX_OA_SECRET_FILE", filepath.Join(t.TempDir(), "no")}, problems: []string{"WX_OA_SECRET_FILE names a file that can't be used: no such file"}},
		"folder":            {env: []string{"WX_OA_SECRET_FILE", t.TempDir()}, problems: []string{"not a regular file"}},
		"large":             {env: []string{"WX_OA_SECRET_FILE", writeFile(t, strings.Repeat("x", 65<<10), 0o600)}, problems: []string{"larger than 64 KiB"}},
		"wrong content":     {env: []string{"WX_OA_SECRET_FILE", writeFile(t, "x", 0o600)}, problems: []string{"WX_OA_SECRET must be 32"}},
		"empty is unset":    {env: []string{"WX_OA_SECRET_FILE", writeFile(t, "\n", 0o600)}},
		"only for a secret": {env: []string{"LOG_LEVEL_FILE", private}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rest := []string{"WX_OA_APPID", goodAppID, "WX_OA_TOKEN", goodToken, "WX_OA_AES_KEY", goodAESKey, "WX_API_BASE", "http://localhost:1"}
			if tc.value == "" && tc.problems == nil {
				rest = nil
			}
			l := loadTable(t, environment(with(rest, tc.env...)...))
			checkParts(t, "problem", tc.problems, l.problems)
			checkParts(t, "warning", tc.warning, l.warnings)
			if got := l.values.OA.Secret.Reveal(); got != tc.value {
				t.Errorf("the secret is %q, want %q", got, tc.value)
			}
		})
	}
}
