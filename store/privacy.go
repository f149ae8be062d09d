package store

import (
	"bytes"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// lookupBytes is the length of a look-up hash: 128 bits can't be met by chance.
const lookupBytes = 16

// box seals personal data at rest and makes the keyed hashes for look-up.
type box struct {
	aead tink.AEAD
	prf  *prf.Set
}

// keysets is the JSON form of KEYSET: one Tink keyset to seal, one to look up.
type keysets struct {
	AEAD json.RawMessage `json:"aead"`
	PRF  json.RawMessage `json:"prf"`
}

// NewKeyset makes a fresh keyset for personal data, as JSON for the setting
// KEYSET. Whoever loses it loses the data; whoever has it can read them.
func NewKeyset() (string, error) {
	seal, err := cleartext(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", err
	}
	look, err := cleartext(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(keysets{AEAD: seal, PRF: look})
	return string(out), err
}

func openBox(text string) (*box, error) {
	var k keysets
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return nil, fmt.Errorf("store: keyset is not JSON with aead and prf: %w", err)
	}
	seal, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(k.AEAD)))
	if err != nil {
		return nil, fmt.Errorf("store: keyset aead: %w", err)
	}
	look, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(k.PRF)))
	if err != nil {
		return nil, fmt.Errorf("store: keyset prf: %w", err)
	}
	b := &box{}
	if b.aead, err = aead.New(seal); err != nil {
		return nil, fmt.Errorf("store: keyset aead: %w", err)
	}
	if b.prf, err = prf.NewPRFSet(look); err != nil {
		return nil, fmt.Errorf("store: keyset prf: %w", err)
	}
	return b, nil
}

// sealAll encrypts every non-empty field, bound to collection, field and id,
// makes its look-up hash, and replaces it by that hash inside the holds.
func (b *box) sealAll(collection, id string, fields map[string]*string, holds []string, sealed *map[string][]byte, lookup *map[string]string) error {
	for name, value := range fields {
		if *value == "" {
			continue
		}
		data, err := b.aead.Encrypt([]byte(*value), associated(collection, name, id))
		if err != nil {
			return fmt.Errorf("seal %s: %w", name, err)
		}
		if *sealed == nil {
			*sealed, *lookup = map[string][]byte{}, map[string]string{}
		}
		(*sealed)[name], (*lookup)[name] = data, b.lookup(*value)
		for i, h := range holds {
			holds[i] = replacePart(h, *value, (*lookup)[name])
		}
	}
	return nil
}

func (b *box) openAll(collection, id string, fields map[string]*string, sealed map[string][]byte) error {
	for name, data := range sealed {
		field, ok := fields[name]
		if !ok {
			continue
		}
		plain, err := b.aead.Decrypt(data, associated(collection, name, id))
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		*field = string(plain)
	}
	return nil
}

// lookup is the keyed hash of a personal value.
func (b *box) lookup(value string) string {
	sum, err := b.prf.ComputePrimaryPRF([]byte(value), lookupBytes)
	if err != nil {
		return "unavailable" // only for lengths beyond the PRF's, which lookupBytes is not
	}
	return hex.EncodeToString(sum)
}

func associated(collection, field, id string) []byte {
	return []byte(collection + "\x00" + field + "\x00" + id)
}

// replacePart replaces the parts of a hold that equal a personal value.
func replacePart(hold, value, by string) string {
	parts := strings.Split(hold, ":")
	for i, p := range parts {
		if p == value {
			parts[i] = by
		}
	}
	return strings.Join(parts, ":")
}

// cleartext makes a new keyset as Tink's JSON.
func cleartext(template *tinkpb.KeyTemplate) (json.RawMessage, error) {
	handle, err := keyset.NewHandle(template)
	if err != nil {
		return nil, fmt.Errorf("store: new keyset: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("store: new keyset: %w", err)
	}
	return out.Bytes(), nil
}

// Blind is the keyed hash of a personal value, for keys that must not show it.
func (db *DB) Blind(value string) string { return db.box.lookup(value) }

// secretBytes is the length of a secret: as much as a random token's.
const secretBytes = 32

// Secret is a keyed secret of something that only one caller knows, such as a
// token that the same caller must get again when the first answer was lost. It
// consists of the letters A to Z and the digits 2 to 7.
func (db *DB) Secret(of string) (string, error) {
	sum, err := db.box.prf.ComputePrimaryPRF([]byte("secret\x00"+of), secretBytes)
	if err != nil {
		return "", fmt.Errorf("store: secret: %w", err)
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum), nil
}
