package main

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/store"
)

// Values that are right, and look like nothing else in the tests' output.
const (
	goodAppID  = "wx0123456789abcdef"
	goodSecret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	goodToken  = "Zq7Xw9Lm3Kp5"
	goodAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

func goodKeyset(t testing.TB) string {
	t.Helper()
	keyset, err := store.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return keyset
}

// environment is a getenv over pairs of name and value.
func environment(pairs ...string) func(string) string {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func writeFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask may have taken some
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s, err := loadSettings(environment())
	if err != nil {
		t.Fatal(err)
	}
	want := &Settings{
		Listen:                netip.MustParseAddrPort("127.0.0.1:8080"),
		EmbeddedMongoDBListen: netip.MustParseAddrPort("127.0.0.1:0"),
		EmbeddedRedisListen:   netip.MustParseAddrPort("127.0.0.1:0"),
		WXAPIBase:             s.WXAPIBase,
		WXOpenBase:            s.WXOpenBase,
		OA:                    Account{Mode: modeSafe},
		MP:                    Account{Mode: modeSafe},
		WebhookAllowLoopback:  "off",
		QuietHours:            QuietHours{From: 22 * time.Hour, To: 7 * time.Hour},
		Limits:                AddressLimits{LogInHourly: 100, LogInDaily: 1000, SMSHourly: 20, SMSDaily: 100, PuzzlesHourly: 300, PuzzlesDaily: 3000},
		InternShare:           "warn",
		WorkerConcurrency:     60,
		CertificateMB:         2, DocumentMB: 10,
		ShutdownGrace: 20 * time.Second,
		LogLevel:      slog.LevelInfo,
	}
	if diff := cmp.Diff(want, s, cmp.Comparer(func(a, b Secret) bool { return a == b }), compareAddrs); diff != "" {
		t.Errorf("settings (-want, +got):\n%s", diff)
	}
	if got := s.WXAPIBase.String(); got != "https://api.weixin.qq.com" {
		t.Errorf("WXAPIBase = %s", got)
	}
	if got := s.WXOpenBase.String(); got != "https://open.weixin.qq.com" {
		t.Errorf("WXOpenBase = %s", got)
	}
	if !s.EmbeddedMongoDB() || !s.EmbeddedRedis() || s.OA.IsSet() {
		t.Error("the defaults are not those of a trial")
	}
}

var compareAddrs = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestEverySettingGiven(t *testing.T) {
	t.Parallel()
	keyset := goodKeyset(t)
	templates := writeFile(t, "a: b\n", 0o600)
	dir := t.TempDir()
	s, err := loadSettings(environment(
		"LISTEN", "[::]:9000", "DATA_DIR", dir, "PUBLIC_URL", "https://shixi.example.com/",
		"MONGODB_URI", "mongodb://u:p@a:1,b:2/shixi?replicaSet=rs0", "REDIS_URL", "rediss://:p@cache:6379/1",
		"WX_API_BASE", "https://proxy.example.com:8443", "WX_OPEN_BASE", "https://open.example.com", "WX_TEMPLATES", templates, "PARTNER_KEYS", templates,
		"WX_OA_APPID", goodAppID, "WX_OA_SECRET", goodSecret, "WX_OA_TOKEN", goodToken, "WX_OA_AES_KEY", goodAESKey,
		"WX_MP_APPID", "wxfedcba9876543210", "WX_MP_SECRET", goodSecret, "WX_MP_TOKEN", goodToken, "WX_MP_MODE", "plain",
		"KEYSET", keyset, "LOG_LEVEL", "DEBUG", "QUIET_HOURS", "off", "TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.7,::1",
		"WX_VERIFY_FILES", "Ab12.txt=ab", "PAGE_HOSTS", "H5.example.com",
		"SHUTDOWN_GRACE", "1m30s", "WORKER_CONCURRENCY", "5", "CERTIFICATE_MB", "3", "DOCUMENT_MB", "20",
		"SMS_PROVIDER", "tencent", "SMS_KEY_ID", "AKIDtest1234567890", "SMS_KEY_SECRET", goodSecret, "SMS_APP_ID", "1400006666",
		"SMS_TEMPLATES", templates, "SMS_ENDPOINT", "https://sms.example.com",
		"INTERN_SHARE", "block", "SUPPORT", " 0371-12345678（工作日 9:00–17:00）",
		"REGISTRY_URL", "https://registry.example.com/v1/lookup", "REGISTRY_TOKEN", goodSecret,
	))
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"LISTEN":             s.Listen.String() == "[::]:9000",
		"DATA_DIR":           s.DataDir == dir,
		"PUBLIC_URL":         s.PublicURL.String() == "https://shixi.example.com",
		"BaseURL":            s.BaseURL(s.Listen).String() == "https://shixi.example.com",
		"MONGODB_URI":        s.MongoDBURI.Reveal() == "mongodb://u:p@a:1,b:2/shixi?replicaSet=rs0" && !s.EmbeddedMongoDB(),
		"REDIS_URL":          s.RedisURL.Reveal() == "rediss://:p@cache:6379/1" && !s.EmbeddedRedis(),
		"WX_API_BASE":        s.WXAPIBase.Host == "proxy.example.com:8443",
		"WX_OPEN_BASE":       s.WXOpenBase.Host == "open.example.com",
		"WX_TEMPLATES":       s.Templates == templates && s.PartnerKeys == templates,
		"WX_OA":              s.OA == Account{goodAppID, NewSecret(goodSecret), NewSecret(goodToken), NewSecret(goodAESKey), modeSafe},
		"WX_MP":              s.MP.IsSet() && s.MP.Mode == modePlain && s.MP.AESKey.IsZero(),
		"SMS":                s.SMS.Provider == smsTencent && s.SMS.KeyID.Reveal() == "AKIDtest1234567890" && s.SMS.KeySecret == NewSecret(goodSecret) && s.SMS.AppID == "1400006666" && s.SMS.Templates == templates,
		"SMS_ENDPOINT":       s.SMS.Endpoint.Host == "sms.example.com",
		"REGISTRY":           s.RegistryURL.String() == "https://registry.example.com/v1/lookup" && s.RegistryToken.Reveal() == goodSecret,
		"KEYSET":             s.Keyset.Reveal() == keyset,
		"WX_VERIFY_FILES":    s.VerifyFiles["Ab12.txt"] == "ab" && len(s.VerifyFiles) == 1,
		"PAGE_HOSTS":         slices.Equal(s.PageHosts, []string{"h5.example.com"}),
		"LOG_LEVEL":          s.LogLevel == slog.LevelDebug,
		"QUIET_HOURS":        s.QuietHours.Off(),
		"SHUTDOWN_GRACE":     s.ShutdownGrace == 90*time.Second,
		"WORKER_CONCURRENCY": s.WorkerConcurrency == 5,
		"CERTIFICATE_MB":     s.CertificateMB == 3,
		"DOCUMENT_MB":        s.DocumentMB == 20,
		"INTERN_SHARE":       s.InternShare == "block",
		"SUPPORT":            s.Support == "0371-12345678（工作日 9:00–17:00）",
	} {
		if !ok {
			t.Errorf("%s is not what was given", name)
		}
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("::1/128")}
	if diff := cmp.Diff(proxies, s.TrustedProxies, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("TRUSTED_PROXIES (-want, +got):\n%s", diff)
	}
}

// Each kind of value, by itself: what it takes and what it refuses.
func TestKinds(t *testing.T) {
	t.Parallel()
	file, empty, large := writeFile(t, "x", 0o600), writeFile(t, " \n", 0o600), writeFile(t, strings.Repeat("x", largestFile+1), 0o600)
	dir := t.TempDir()
	for _, tc := range []struct {
		kind      string
		good, bad []string
	}{
		{"listen",
			[]string{"127.0.0.1:8080", "0.0.0.0:0", "[::1]:80", ":8080", "localhost:8080", "192.0.2.1:65535"},
			[]string{"8080", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "host:8080", "[fe80::1%eth0]:80", "127.0.0.1:http", "http://127.0.0.1:80"}},
		{"sms-by", []string{"tencent", "alibaba", "console"}, []string{"Tencent", "aliyun", "tencent "}},
		{"sms-key", []string{"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "LTAI5tExample"}, []string{"short", "with space 12", "with-hyphen-12"}},
		{"sms-secret", []string{"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"}, []string{"short", "with space 1234567", strings.Repeat("x", 129)}},
		{"sms-app", []string{"1400006666"}, []string{"14", "SMS_140000", "1400006666 "}},
		{"loopback", []string{"127.0.0.1:0", "[::1]:1", "localhost:1"}, []string{"0.0.0.0:1", ":1", "192.0.2.1:1", "x"}},
		{"public-url",
			[]string{"https://a.example", "https://a.example/", "https://a.example:8443", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80", "http://wx.localhost"},
			[]string{"http://a.example", "a.example", "//a.example", "https://", "https:///x", "https://a.example/x", "https://a.example?x=1", "https://a.example?", "https://a.example#x", "https://u:p@a.example", "ftp://a.example", "https://a.example:", "https://a.example:99999", "https://a b", "http://localhost.example"}},
		{"api-base", []string{"https://api.weixin.qq.com", "http://sim:8081"}, []string{"", "api.weixin.qq.com", "https://h/cgi-bin"}},
		{"service-url", []string{"https://h", "https://h/", "https://h.example:8443/v1/lookup", "http://127.0.0.1:8090/lookup"},
			[]string{"", "h/lookup", "https://h/lookup?key=1", "https://h/?", "https://h/#x", "https://u:p@h/lookup", "ftp://h/x", "https:///x", "https://h:99999/x"}},
		{"bearer", []string{"0123456789abcdef", "eyJhbGciOi.J9_-~+/x==", strings.Repeat("x", 512)}, []string{"short", "with space 12345678", strings.Repeat("x", 513), "0123456789abcdef\n", "=0123456789abcdef"}},
		{"mongodb-uri",
			[]string{"mongodb://h", "mongodb://u:p%40@h1:1,h2:2/db?replicaSet=rs0", "mongodb+srv://u:p@cluster.example.com/db"},
			[]string{"h:27017", "http://h", "mongodb://", "mongodb://h:99999999", "mongodb://h/?readPreference=x", "mongodb+srv://", "mongodb+srv://h:27017"}},
		{"redis-url",
			[]string{"redis://h", "rediss://u:p@h:1/2", "unix:///run/redis.sock", "redis://h:26379?master_name=m&addr=i:26379", "redis://h:1?addr=i:2"},
			[]string{"h:6379", "http://h", "redis://", "redis://h/x", "redis://h?nonsense=1", "redis://h:1?addr=i:2&nonsense=1", "redis://h:1?master_name=m&nonsense=1"}},
		{"prefixes", []string{"10.0.0.0/8", "127.0.0.1", "10.0.0.0/8 , ::1/128"}, []string{"x", "10.0.0.0/33", "10.0.0.0/8,", "0.0.0.0/0", "::/0"}},
		{"hosts", []string{"h5.example.com", "a.example.com:8443, B.example.com"}, []string{"", "localhost", "https://a.example.com", "a.example.com/", "a b.com", "a.example.com,", "*.example.com", "a.example.com:0", "u@a.example.com"}},
		{"verify-files", []string{"MP_verify_0123456789abcDEF.txt=0123456789abcDEF", "MP_verify_0123456789abcDEF.txt=a, Ab12.txt=b_-"},
			[]string{"", "x", "MP_verify_short.txt=", "../a.txt=b", "a.txt=b,a.txt=c", "a.html=b", "a.txt=b c", "a.txt=b,"}},
		{"dir", []string{dir, filepath.Join(dir, "new"), "."}, []string{file, filepath.Join(dir, "no", "new"), "a\x00b", filepath.Join(file, "x")}},
		{"file", []string{file}, []string{dir, empty, large, filepath.Join(dir, "no"), "a\x00b", "/dev/null"}},
		{"keyset", []string{goodKeyset(t)}, []string{"x", "{}", "[]", `{"aead":{},"prf":{}}`, `{"primaryKeyId":1,"key":[{}]}`, `{"aead":{"primaryKeyId":1,"key":[{}]},"prf":{"primaryKeyId":1,"key":[]}}`, `{"aead":{"primaryKeyId":1,"key":[{}]},"prf":{"primaryKeyId":1,"key":[{}]},"x":{}}`}},
		{"appid", []string{goodAppID}, []string{"wx0123", "wx0123456789ABCDEF", goodAppID + "0", " " + goodAppID, goodAppID + "\n"}},
		{"app-secret", []string{goodSecret}, []string{goodSecret[1:], strings.ToUpper(goodSecret), goodSecret + "\n"}},
		{"token", []string{"abc", goodToken, strings.Repeat("a", 32)}, []string{"ab", strings.Repeat("a", 33), "a_b", "令牌令牌"}},
		{"aes-key", []string{goodAESKey}, []string{goodAESKey[1:], goodAESKey + "=", goodAESKey[1:] + "!", goodAESKey + "A"}},
		{"mode", []string{"safe", "plain"}, []string{"compatible", "SAFE"}},
		{"words", []string{"0371-12345678（工作日 9:00–17:00）", "a <b> & \"c\"", strings.Repeat("问", 100)}, []string{" ", strings.Repeat("问", 101), "a\nb", "a\tb", "a\x00b", "a\u202eb", "a\u200bb", "\xff"}},
		{"share", []string{"warn", "block"}, []string{"WARN", "off", "block\n"}},
		{"log-level", []string{"debug", "info", "Warn", "ERROR"}, []string{"trace", "info+1", "0"}},
		{"quiet-hours", []string{"22:00-07:00", "00:00-23:59", "off"}, []string{"22-7", "24:00-07:00", "22:00-07:60", "22:00", "07:00-07:00", "on", "22:00–07:00"}},
		{"grace", []string{"1s", "5m", "20s"}, []string{"0", "999ms", "5m1s", "20", "-20s", "x"}},
		{"megabytes", []string{"1", "20"}, []string{"0", "21", "-1", "1.5", "x"}},
		{"limit", []string{"1", "1000000"}, []string{"0", "1000001", "-1", "1.5", "x"}},
		{"concurrency", []string{"1", "1000"}, []string{"0", "1001", "-1", "1.5", "x"}},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			t.Parallel()
			for _, text := range tc.good {
				if _, err := settingKinds[tc.kind](text); err != nil {
					t.Errorf("%q is refused: %v", text, err)
				}
			}
			for _, text := range tc.bad {
				if value, err := settingKinds[tc.kind](text); err == nil {
					t.Errorf("%q is taken as %v", text, value)
				}
			}
		})
	}
}

func FuzzKinds(f *testing.F) {
	for name := range settingKinds {
		f.Add(name, "x")
	}
	f.Add("public-url", "https://[::1]:80")
	f.Add("listen", ":80")
	f.Add("keyset", `{"aead":{"primaryKeyId":1}}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		parse, ok := settingKinds[name]
		if !ok || name == "dir" || strings.HasSuffix(name, "file") { // these look at the disk
			return
		}
		if _, err := parse(text); err != nil && len(text) > 6 && strings.Contains(err.Error(), text) {
			t.Errorf("the refusal repeats the value: %v", err)
		}
	})
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	got, err := parseQuietHours("21:30-06:05")
	if want := (QuietHours{From: 21*time.Hour + 30*time.Minute, To: 6*time.Hour + 5*time.Minute}); err != nil || got != want {
		t.Errorf("parseQuietHours = %v, %v, want %v", got, err, want)
	}
}

func TestBaseURLWithoutPublicURL(t *testing.T) {
	t.Parallel()
	for listening, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:8080":   "http://127.0.0.1:8080",
		"[::]:8080":      "http://[::1]:8080",
		"192.0.2.1:80":   "http://192.0.2.1:80",
	} {
		if got := (&Settings{}).BaseURL(netip.MustParseAddrPort(listening)).String(); got != want {
			t.Errorf("BaseURL(%s) = %s, want %s", listening, got, want)
		}
	}
}

func TestRedisClient(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis://h:1": "*redis.Client", "redis://h:1?addr=i:2": "*redis.ClusterClient", "redis://h:1?master_name=m": "*redis.Client",
	} {
		client, err := (&Settings{RedisURL: NewSecret(text)}).RedisClient()
		if err != nil {
			t.Fatal(err)
		}
		if got := typeName(client); got != want {
			t.Errorf("RedisClient for %s is a %s, want %s", text, got, want)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := (&Settings{}).RedisClient(); err == nil || !strings.Contains(err.Error(), "REDIS_URL") {
		t.Errorf("RedisClient without REDIS_URL: %v", err)
	}
}
