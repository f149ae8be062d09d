package acts_test

import (
	"testing"
	"time"

	"shixi/acts/actstest"
)

// TestWorldsHaveOneClock: what is not over in a world is there, however late it is outside.
func TestWorldsHaveOneClock(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	if w.Server.Engine == nil {
		t.Skip("needs the embedded engine")
	}
	use := func() bool {
		t.Helper()
		if _, err := w.Server.Engine.DeleteExpired(); err != nil {
			t.Fatal(err)
		}
		fresh, err := w.DB.UseNonce(t.Context(), "key", "nonce", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	if !use() || use() {
		t.Error("a nonce within its hour")
	}
	if w.Pass(time.Hour); !use() {
		t.Error("a nonce that is over")
	}
}
