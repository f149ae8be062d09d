package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestComposeKnowsEverySetting: what an operator sets for the whole
// installation reaches its parts. What a container decides itself, and what is
// for trials, is left out.
func TestComposeKnowsEverySetting(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Part struct {
			Environment map[string]any
			Secrets     []string
		} `yaml:"x-wx"`
		Secrets map[string]any
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	own := []string{"LISTEN", "DATA_DIR", "EMBEDDED_MONGODB_LISTEN", "EMBEDDED_REDIS_LISTEN", "WEBHOOK_ALLOW_LOOPBACK"}
	names := map[string]bool{}
	for _, s := range loadTable(t, environment()).table {
		names[s.name], names[s.name+"_FILE"] = true, s.secret
		_, plain := file.Part.Environment[s.name]
		_, byFile := file.Part.Environment[s.name+"_FILE"]
		if plain == byFile != slices.Contains(own, s.name) {
			t.Errorf("%s: by its value %v, by a file %v", s.name, plain, byFile)
		}
	}
	for name, value := range file.Part.Environment {
		if !names[name] {
			t.Errorf("%s is no setting", name)
		}
		if path, ok := value.(string); ok && strings.HasSuffix(name, "_FILE") {
			secret := strings.TrimPrefix(path, "/run/secrets/")
			if _, known := file.Secrets[secret]; !known || !slices.Contains(file.Part.Secrets, secret) {
				t.Errorf("%s: the parts are not given %s", name, path)
			}
		}
	}
}
