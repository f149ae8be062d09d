package wxmsg

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What can be wrong with a key or an envelope. Match with errors.Is. None of
// them carries key, token or message.
var (
	// ErrKey: the token, the EncodingAESKey or the app id can't be used.
	ErrKey = errors.New("wxmsg: unusable callback key")
	// ErrBase64: the envelope is not base64.
	ErrBase64 = errors.New("wxmsg: envelope is not base64")
	// ErrCipherLength: the ciphertext is empty or not whole AES blocks.
	ErrCipherLength = errors.New("wxmsg: ciphertext is not whole blocks")
	// ErrPadding: the padding is not PKCS#7 with 1..32 bytes.
	ErrPadding = errors.New("wxmsg: bad padding")
	// ErrFrame: the length field does not fit the decrypted bytes.
	ErrFrame = errors.New("wxmsg: bad message length")
	// ErrAppID: the message was made for another account.
	ErrAppID = errors.New("wxmsg: message is for another app id")
	// ErrMessageSize: a message to encrypt is larger than MaxBody.
	ErrMessageSize = errors.New("wxmsg: message too large")
)

const (
	encodedKeyLen = 43 // EncodingAESKey as the console shows it: base64 of 32 bytes without "="
	padBlock      = 32 // PKCS#7 over 32-byte blocks, twice AES's own block (wechat.md §4.1)
	randomLen     = 16
	lengthLen     = 4

	// MaxBody is the largest callback body and API answer accepted, in bytes.
	// Real ones are a few kilobytes; 1 MB leaves room for long menus and lists.
	MaxBody = 1 << 20
)

// Cipher encrypts and decrypts the callback envelope of one account
// (wechat.md §4.1). It is safe for concurrent use.
type Cipher struct {
	token string
	appID string
	iv    []byte
	block cipher.Block
}

// NewCipher builds the cipher of one account. encodingAESKey is the 43
// characters of the console; its last character may leave non-zero trailing
// bits, which is legal, so it is not decoded strictly. Fails with ErrKey when
// anything is missing or malformed.
func NewCipher(token, encodingAESKey, appID string) (*Cipher, error) {
	if token == "" {
		return nil, fmt.Errorf("%w: no token", ErrKey)
	}
	if appID == "" {
		return nil, fmt.Errorf("%w: no app id", ErrKey)
	}
	if len(encodingAESKey) != encodedKeyLen {
		return nil, fmt.Errorf("%w: EncodingAESKey has %d characters, needs %d", ErrKey, len(encodingAESKey), encodedKeyLen)
	}
	key, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%w: EncodingAESKey is not base64 of 32 bytes", ErrKey)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return &Cipher{token: token, appID: appID, iv: key[:aes.BlockSize], block: block}, nil
}

// Sign returns the msg_signature of an encrypted payload.
func (c *Cipher) Sign(timestamp, nonce, encrypted string) string {
	return Signature(c.token, timestamp, nonce, encrypted)
}

// Decrypt opens a base64 envelope and returns the message inside. The caller
// checks the signature first. It never panics; errors are ErrBase64,
// ErrCipherLength, ErrPadding, ErrFrame and ErrAppID.
func (c *Cipher) Decrypt(encrypted string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encrypted))
	if err != nil {
		return nil, ErrBase64
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes", ErrCipherLength, len(data))
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(data, data)
	plain, err := unpad(data)
	if err != nil {
		return nil, err
	}
	return c.unframe(plain)
}

// unpad removes 1..32 bytes of PKCS#7.
func unpad(data []byte) ([]byte, error) {
	n := int(data[len(data)-1])
	if n < 1 || n > padBlock || n > len(data) {
		return nil, ErrPadding
	}
	for _, b := range data[len(data)-n:] {
		if int(b) != n {
			return nil, ErrPadding
		}
	}
	return data[:len(data)-n], nil
}

// unframe takes the message out of random(16) + length(4) + message + app id.
func (c *Cipher) unframe(plain []byte) ([]byte, error) {
	if len(plain) < randomLen+lengthLen {
		return nil, ErrFrame
	}
	rest := plain[randomLen+lengthLen:]
	// Compared as 64 bits: 0xFFFFFFFF must not turn negative where int has 32.
	size := uint64(binary.BigEndian.Uint32(plain[randomLen:]))
	if size > uint64(len(rest)) {
		return nil, ErrFrame
	}
	if !bytes.Equal(rest[size:], []byte(c.appID)) {
		return nil, ErrAppID
	}
	return rest[:size:size], nil
}

// Encrypt seals a message into a base64 envelope. random is 16 unpredictable
// bytes; the fixed IV of the protocol makes them the only thing that varies.
// Fails with ErrMessageSize above MaxBody.
func (c *Cipher) Encrypt(message []byte, random [16]byte) (string, error) {
	if len(message) > MaxBody {
		return "", fmt.Errorf("%w: %d bytes", ErrMessageSize, len(message))
	}
	size := randomLen + lengthLen + len(message) + len(c.appID)
	pad := padBlock - size%padBlock
	data := make([]byte, 0, size+pad)
	data = append(data, random[:]...)
	data = binary.BigEndian.AppendUint32(data, uint32(len(message)))
	data = append(data, message...)
	data = append(data, c.appID...)
	data = append(data, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data), nil
}

// Signature is WeChat's callback signature: the lower-case hex SHA-1 of its
// arguments sorted and joined. With the encrypted payload as rest it is the
// msg_signature. SHA-1 is the protocol's choice.
func Signature(token, timestamp, nonce string, rest ...string) string {
	parts := append([]string{token, timestamp, nonce}, rest...)
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}
