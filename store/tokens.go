package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"shixi/internship"
)

// SealToken writes a value into a token that only OpenToken of the same kind
// can read and nobody can change: what is asked of a caller in two steps needs
// no row for the time between them.
func (db *DB) SealToken(kind string, value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("store: seal %s token: %w", kind, err)
	}
	sealed, err := db.box.aead.Encrypt(plain, associated("token", kind, ""))
	if err != nil {
		return "", fmt.Errorf("store: seal %s token: %w", kind, err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// OpenToken reads a token of SealToken. Errors: internship.ErrNotFound for one
// that is not ours, of another kind, or was changed.
func (db *DB) OpenToken(kind, token string, value any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return fmt.Errorf("store: open %s token: %w", kind, internship.ErrNotFound)
	}
	plain, err := db.box.aead.Decrypt(sealed, associated("token", kind, ""))
	if err != nil {
		return fmt.Errorf("store: open %s token: %w", kind, internship.ErrNotFound)
	}
	if err := json.Unmarshal(plain, value); err != nil {
		return fmt.Errorf("store: open %s token: %w", kind, internship.ErrInternal.Because(err))
	}
	return nil
}
