package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A demo that was killed leaves its folder, with its keys, to the next one; those of others and of running ones stay.
func TestClearDemos(t *testing.T) {
	t.Parallel()
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	killed := fmt.Sprintf("shixi-demo-%d-1", ended.Process.Pid)
	stay := []string{fmt.Sprintf("shixi-demo-%d-2", os.Getpid()), "shixi-demo-0-1", "shixi-demo--1-1", "shixi-demo-x-1", "shixi-demo-123", "other"}
	for _, name := range append([]string{killed}, stay...) {
		if err := os.Mkdir(filepath.Join(parent, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(parent, name, "partners.yaml"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clearDemos(parent)
	for _, name := range stay {
		if _, err := os.Stat(filepath.Join(parent, name, "partners.yaml")); err != nil {
			t.Errorf("%s was cleared away", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(parent, killed)); !cmp.Equal(left, []string(nil)) {
		t.Errorf("left: %v", left)
	}
}
