package acts_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"shixi/acts"
	"shixi/acts/actstest"
)

// TestPasswordsCostWhatIsAdvised: argon2id with 19 MiB and two passes, and a salt of its own for each; other tests hash by
// less.
func TestPasswordsCostWhatIsAdvised(t *testing.T) {
	t.Parallel()
	h := acts.NewHasher(1, 1, time.Minute)
	phc, err := h.Hash(t.Context(), actstest.Password)
	if err != nil {
		t.Fatal(err)
	}
	encoded, found := strings.CutPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$")
	text, sum, _ := strings.Cut(encoded, "$")
	salt, err := base64.RawStdEncoding.DecodeString(text)
	if !found || err != nil || len(salt) != 16 {
		t.Fatalf("%s: %v", phc, err)
	}
	if want := argon2.IDKey([]byte(actstest.Password), salt, 2, 19<<10, 1, 32); sum != base64.RawStdEncoding.EncodeToString(want) {
		t.Errorf("%s is another hash", phc)
	}
	for password, want := range map[string]bool{actstest.Password: true, "Wrong-2026": false} {
		if fits, err := h.Fits(t.Context(), password, phc); fits != want || err != nil {
			t.Errorf("%s: %t %v", password, fits, err)
		}
	}
	if again, err := h.Hash(t.Context(), actstest.Password); err != nil || strings.Contains(again, text) {
		t.Errorf("salted alike: %s, %s, %v", phc, again, err)
	}
}
