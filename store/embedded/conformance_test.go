package embedded

import (
	"os"
	"testing"

	"shixi/store/embedded/conformance"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"memory": "", "journal": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, Options{Dir: dir})
			conformance.Run(t, s.URI())
		})
	}
}

// TestConformanceOfServer holds the suite itself to a real server.
func TestConformanceOfServer(t *testing.T) {
	t.Parallel()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		t.Skip("MONGODB_URI is not set")
	}
	conformance.Run(t, uri)
}
