package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// Secrets put into every place where one can be put never come out: not by any command, not by the refusal of a
// setting or a flag, not through a log line or an error that repeats them.
func TestNoSecretIsEverShown(t *testing.T) {
	t.Parallel()
	keyset := goodKeyset(t)
	secrets := map[string]string{
		"WX_OA_SECRET": goodSecret, "WX_OA_TOKEN": goodToken, "WX_OA_AES_KEY": goodAESKey, "KEYSET": keyset,
		"MONGODB_URI": "mongodb://operator:Vb8nQ2wErT6y@db/shixi?tlsCertificateKeyFilePassword=Hj5kL9pOiU3z",
		"REDIS_URL":   "redis://operator:Cx4vB7nMqW1e@cache:6379/0",
		"LEAKED":      "Rt6yU8iOpA2s",
	}
	known := []string{goodSecret, goodToken, goodAESKey, "Vb8nQ2wErT6y", "Hj5kL9pOiU3z", "Cx4vB7nMqW1e"}
	known = append(known, keysIn(keyset)...)
	leaks := append([]string{"Rt6yU8iOpA2s", "operator:"}, known...)

	var shown strings.Builder
	try := func(getenv func(string) string, args ...string) {
		_, stdout, stderr := wx(t, getenv, args...)
		shown.WriteString(stdout + stderr)
	}
	tryLog := func(getenv func(string) string) {
		_, stderr := runProbe(t, getenv, func(_ context.Context, s *Settings, log *slog.Logger) error {
			asJSON, err := json.Marshal(s)
			log.Info("settings", "settings", s, "json", string(asJSON), "err", err)
			log.Info(fmt.Sprintf("%v %+v %#v %s", *s, *s, s.OA, s.Keyset))
			for _, text := range known {
				log.Error("failed with "+text, "detail", text, "err", errors.New("x"+text))
			}
			return fmt.Errorf("serve %s: %w", s.MongoDBURI.Reveal(), errors.New(strings.Join(known, ",")))
		})
		if !strings.Contains(stderr, "failed with ***") {
			t.Errorf("the logging command did not run: %s", stderr)
		}
		shown.WriteString(stderr)
	}

	// All where they belong, by variable and by file.
	rest := []string{"WX_OA_APPID", goodAppID, "WX_API_BASE", "http://localhost:1"}
	pairs, files := rest, rest
	for name, secret := range secrets {
		pairs = with(pairs, name, secret)
		files = with(files, name+"_FILE", writeFile(t, secret, 0o644))
	}
	for _, command := range []string{"config", "healthcheck", "version", "--help"} {
		try(environment(pairs...), command)
	}
	try(environment(files...), "config", "--explain")
	tryLog(environment(pairs...))
	tryLog(environment(files...))
	try(environment(with(files, pairs...)...), "config")
	// Each in every place where it doesn't belong.
	for name, secret := range secrets {
		var variables, paths, flags []string
		for _, place := range allNames(t) {
			if place != name && place != "DATA_DIR" && place != "SUPPORT" { // a folder may have any name, and a text be any
				variables = with(variables, place, secret)
				paths = with(paths, place+"_FILE", secret)
				flags = with(flags, "--"+strings.ToLower(strings.ReplaceAll(place, "_", "-"))+"="+secret)
			}
		}
		try(environment(variables...), "config")
		try(environment(paths...), "config", "--explain")
		try(environment(), with([]string{"config"}, flags...)...)
		try(environment(), "config", "--unknown="+secret)
		try(environment(), "config", "--keyset", "-"+secret)
	}
	for _, leak := range leaks {
		if at := strings.Index(shown.String(), leak); at >= 0 {
			t.Errorf("%q is shown: …%s…", leak, shown.String()[max(0, at-200):min(shown.Len(), at+100)])
		}
	}
	if shown.Len() < 10_000 {
		t.Errorf("only %d bytes were shown: the test tests nothing", shown.Len())
	}
}

func allNames(t *testing.T) (names []string) {
	t.Helper()
	for _, s := range loadTable(t, environment()).table {
		names = append(names, s.name)
	}
	return names
}
