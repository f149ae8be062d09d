package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

func typeName(v any) string { return reflect.TypeOf(v).String() }

// loadTable reads the settings as the program does, from the environment and from flags.
func loadTable(t *testing.T, getenv func(string) string, flags ...string) *loaded {
	t.Helper()
	var grammar struct {
		Settings Settings `embed:""`
	}
	given := givenFlags{}
	parser, err := kong.New(&grammar, settingMappers(given)...)
	if err != nil {
		t.Fatal(err)
	}
	table := settingsTable(parser)
	if _, err := parser.Parse(flags); err != nil {
		t.Fatal(err)
	}
	return load(&grammar.Settings, table, given, getenv)
}

// wx runs the program.
func wx(t *testing.T, getenv func(string) string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err, getenv)
	return code, out.String(), err.String()
}

// The names of the settings are a promise to operators.
func TestSettingNames(t *testing.T) {
	t.Parallel()
	want := strings.Fields(`LISTEN DATA_DIR PUBLIC_URL MONGODB_URI REDIS_URL EMBEDDED_MONGODB_LISTEN EMBEDDED_REDIS_LISTEN
		KEYSET WX_API_BASE WX_OPEN_BASE
		WX_OA_APPID WX_OA_SECRET WX_OA_TOKEN WX_OA_AES_KEY WX_OA_MODE WX_MP_APPID WX_MP_SECRET WX_MP_TOKEN WX_MP_AES_KEY WX_MP_MODE
		WX_VERIFY_FILES PAGE_HOSTS
		WX_TEMPLATES SMS_PROVIDER SMS_KEY_ID SMS_KEY_SECRET SMS_APP_ID SMS_TEMPLATES SMS_ENDPOINT REGISTRY_URL REGISTRY_TOKEN PARTNER_KEYS WEBHOOK_ALLOW_LOOPBACK QUIET_HOURS INTERN_SHARE SUPPORT TRUSTED_PROXIES
		LOGIN_ADDRESS_HOURLY LOGIN_ADDRESS_DAILY SMS_ADDRESS_HOURLY SMS_ADDRESS_DAILY PUZZLES_ADDRESS_HOURLY PUZZLES_ADDRESS_DAILY WORKER_CONCURRENCY CERTIFICATE_MB DOCUMENT_MB SHUTDOWN_GRACE LOG_LEVEL`)
	var got []string
	for _, s := range loadTable(t, environment()).table {
		got = append(got, s.name)
		if want := strings.ToLower(strings.ReplaceAll(s.name, "_", "-")); s.flag.Name != want {
			t.Errorf("the flag of %s is --%s, want --%s", s.name, s.flag.Name, want)
		}
		if s.help == "" || s.reason == "" || settingKinds[s.kind] == nil {
			t.Errorf("%s: help %q, reason %q, kind %q: each must be there", s.name, s.help, s.reason, s.kind)
		}
		if isSecret := s.target.Type() == reflect.TypeFor[Secret](); isSecret != s.secret {
			t.Errorf("%s is a Secret: %v, is marked secret: %v", s.name, isSecret, s.secret)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want, +got):\n%s", diff)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := writeFile(t, goodToken, 0o600)
	env := environment("LISTEN", "127.0.0.1:1", "LOG_LEVEL", "warn", "DATA_DIR", "", "WX_OA_TOKEN_FILE", file)
	l := loadTable(t, env, "--listen=127.0.0.1:2", "--quiet-hours", "off", "--log-level=")
	got := map[string]string{}
	for _, s := range l.table {
		got[s.name] = s.shown() + " by " + s.source
	}
	for name, want := range map[string]string{
		"LISTEN":      "127.0.0.1:2 by flag",
		"QUIET_HOURS": "off by flag",
		"LOG_LEVEL":   "info by default",
		"DATA_DIR":    "- by default",
		"WX_OA_TOKEN": "*** by file of WX_OA_TOKEN_FILE",
	} {
		if got[name] != want {
			t.Errorf("%s = %s, want %s", name, got[name], want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string // a part of each, "" for none at all
	}{
		"help":            {[]string{"help"}, exitOK, "Commands:\n  serve", ""},
		"help of command": {[]string{"help", "config"}, exitOK, "--explain", ""},
		"--help":          {[]string{"--help"}, exitOK, "WX_OA_SECRET or WX_OA_SECRET_FILE", ""},
		"nothing":         {nil, exitUsage, "", "expected one of"},
		"unknown command": {[]string{"nope"}, exitUsage, "", "unexpected argument nope"},
		"unknown flag":    {[]string{"config", "--nope=x"}, exitUsage, "", "unknown flag --nope"},
		"no value":        {[]string{"config", "--listen"}, exitUsage, "", "expects a value"},
		"flag as value":   {[]string{"config", "--listen", "--explain"}, exitUsage, "", "expects a value"},
		"version":         {[]string{"version"}, exitOK, "wx ", ""},
		"keyset":          {[]string{"keyset"}, exitOK, `{"aead":{`, ""},
		"config":          {[]string{"config"}, exitOK, "WORKER_CONCURRENCY       60", ""},
		"config, wrong":   {[]string{"config", "--log-level=x"}, exitUsage, "LOG_LEVEL                (unusable)", "  - LOG_LEVEL must be debug, info, warn or error"},
		"explain":         {[]string{"config", "--explain"}, exitOK, "Default: 60. A send takes about 300 ms", ""},
		"secret flag":     {[]string{"config", "--wx-oa-token=abc"}, exitUsage, "WX_OA_TOKEN              ***", "warning: WX_OA_TOKEN was given as a flag"},
		"version, wrong":  {[]string{"version", "--log-level=x"}, exitOK, "wx ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := wx(t, environment(), tc.args...)
			if code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if !strings.Contains(stdout, tc.stdout) || tc.stdout == "" && stdout != "" {
				t.Errorf("stdout %q, want %q in it", stdout, tc.stdout)
			}
			if !strings.Contains(stderr, tc.stderr) || tc.stderr == "" && stderr != "" {
				t.Errorf("stderr %q, want %q in it", stderr, tc.stderr)
			}
		})
	}
}

func TestVersionOfTheLinker(t *testing.T) {
	t.Parallel()
	if got := currentVersion(); got == "" || strings.ContainsAny(got, " \n") {
		t.Errorf("currentVersion = %q", got)
	}
}

// probe is a command as later ones are: it asks for what it needs.
type probe struct {
	run func(context.Context, *Settings, *slog.Logger) error `kong:"-"`
}

func (p *probe) Run(ctx context.Context, s *Settings, log *slog.Logger) error {
	return p.run(ctx, s, log)
}

// runProbe runs a command that asks for checked settings and a logger.
func runProbe(t *testing.T, getenv func(string) string, do func(context.Context, *Settings, *slog.Logger) error) (code int, stderr string) {
	t.Helper()
	grammar := struct {
		Settings Settings `embed:""`
		Probe    probe    `cmd:""`
	}{Probe: probe{run: do}}
	given := givenFlags{}
	parser, err := kong.New(&grammar, append(settingMappers(given), kong.BindTo(t.Context(), (*context.Context)(nil)))...)
	if err != nil {
		t.Fatal(err)
	}
	table := settingsTable(parser)
	parsed, err := parser.Parse([]string{"probe"})
	if err != nil {
		t.Fatal(err)
	}
	settings := load(&grammar.Settings, table, given, getenv)
	var buffer bytes.Buffer
	if err := bindChecked(parsed, settings, &buffer); err != nil {
		t.Fatal(err)
	}
	code = finish(&buffer, parsed.Run(), settings.redactor())
	return code, buffer.String()
}

func TestCommandGetsCheckedSettings(t *testing.T) {
	t.Parallel()
	keys := writeFile(t, "x", 0o644)
	code, stderr := runProbe(t, environment("LOG_LEVEL", "warn", "PARTNER_KEYS", keys), func(_ context.Context, s *Settings, log *slog.Logger) error {
		log.Info("not logged")
		log.Warn("logged", "path_is_set", s.PartnerKeys == keys)
		return nil
	})
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if code != exitOK || len(lines) != 2 || !strings.Contains(lines[0], "PARTNER_KEYS names a file") || !strings.Contains(lines[1], `"path_is_set":true`) {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

func TestCommandDoesNotRunOnWrongSettings(t *testing.T) {
	t.Parallel()
	code, stderr := runProbe(t, environment("LISTEN", "x", "LOG_LEVEL", "y"), func(context.Context, *Settings, *slog.Logger) error {
		t.Error("the command ran")
		return nil
	})
	if code != exitUsage || !strings.Contains(stderr, "LISTEN must be") || !strings.Contains(stderr, "LOG_LEVEL must be") {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

func TestCommandFails(t *testing.T) {
	t.Parallel()
	code, stderr := runProbe(t, environment(), func(context.Context, *Settings, *slog.Logger) error { return errors.New("serve: port taken") })
	if code != exitFailed || stderr != "wx: serve: port taken\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}
