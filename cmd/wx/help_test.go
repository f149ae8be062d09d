package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Whoever asks for the help of one command is not told of forty settings of the others.
func TestHelpOfACommandTellsItsSettings(t *testing.T) {
	t.Parallel()
	for command, c := range map[string]struct{ has, lacks string }{
		"serve":           {"WX_OA_SECRET SMS_PROVIDER", ""},
		"worker":          {"WX_OA_SECRET REDIS_URL", ""},
		"config":          {"WX_OA_SECRET LISTEN", ""},
		"migrate":         {"MONGODB_URI KEYSET LOG_LEVEL", "LISTEN REDIS_URL WX_OA_SECRET"},
		"sms":             {"MONGODB_URI KEYSET --retry", "SMS_PROVIDER WX_OA_SECRET LISTEN"},
		"webhooks":        {"MONGODB_URI", "WX_OA_SECRET PARTNER_KEYS"},
		"webhooks resume": {"MONGODB_URI <key>", "WX_OA_SECRET PARTNER_KEYS"},
		"quota":           {"MONGODB_URI REDIS_URL WX_OA_SECRET", "SMS_PROVIDER LISTEN"},
		"sim":             {"WX_OA_SECRET SMS_KEY_ID", "SMS_ADDRESS_DAILY MONGODB_URI"},
		"demo":            {"LISTEN --once", "MONGODB_URI WX_OA_SECRET PARTNER_KEYS"},
		"healthcheck":     {"LISTEN", "LOG_LEVEL EMBEDDED_MONGODB_LISTEN"},
		"keyset":          {"", "Settings, MONGODB_URI"},
		"version":         {"", "Settings, MONGODB_URI"},
	} {
		code, stdout, stderr := wx(t, environment(), append(strings.Fields(command), "--help")...)
		if code != exitOK || stderr != "" {
			t.Errorf("%s: exit code %d, %s", command, code, stderr)
		}
		for _, want := range strings.Fields(c.has) {
			if !strings.Contains(stdout, want) {
				t.Errorf("the help of %s lacks %s", command, want)
			}
		}
		for _, other := range strings.Fields(c.lacks) {
			if strings.Contains(stdout, other) {
				t.Errorf("the help of %s tells of %s", command, other)
			}
		}
		if all := strings.Contains(stdout, allSettings); all != (c.lacks != "") {
			t.Errorf("the help of %s says where all settings are: %v", command, all)
		}
	}
}

// A misspelt name in a command's tag would show nothing, without a word.
func TestSettingsOfCommandsExist(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{}, settingMappers(givenFlags{})...)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		for _, name := range strings.Fields(command.Tag.Get("settings")) {
			found := 0
			for _, flag := range parser.Model.Flags {
				if isNamed(name, flag.Name) {
					found++
				}
			}
			if found == 0 {
				t.Errorf("%s asks for the setting %s, which is none", command.Name, name)
			}
		}
	}
}
