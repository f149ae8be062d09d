package wxmsg

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// The samples WeChat publishes with its callback documentation.
const (
	sampleToken = "AAAAA"
	sampleAppID = "wxba5fad812f8e6fb9"
	sampleEnc   = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
	sampleMsg   = `{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`
)

var sampleKey = strings.Repeat("A", 43)

func mustCipher(tb testing.TB, token, key, appID string) *Cipher {
	tb.Helper()
	c, err := NewCipher(token, key, appID)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestSignatureOfPublishedSamples(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, want, token, timestamp, nonce string
		rest                                []string
	}{
		{"URL verification", "f464b24fc39322e44b38aa78f5edd27bd1441696", sampleToken, "1714036504", "1514711492", nil},
		{"plain push", "899cf89e464efb63f54ddac96b0a0a235f53aa78", sampleToken, "1714037059", "486452656", nil},
		{"safe push, the query's own signature", "6c5c811b55cc85e0e1b54100749188c20beb3f5d", sampleToken, "1714112445", "415670741", nil},
		{"safe push", "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", sampleToken, "1714112445", "415670741", []string{sampleEnc}},
		{"legacy sample", "82c962d39941aa48552f90ef55aa323dc620cc10", "pamtest", "1409304348", "xxxxxx",
			[]string{"jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="}},
	}
	for _, c := range cases {
		if got := Signature(c.token, c.timestamp, c.nonce, c.rest...); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDecryptPublishedSamples(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, token, key, appID, encrypted, want string }{
		{"safe push", sampleToken, sampleKey, sampleAppID, sampleEnc, sampleMsg},
		{"legacy sample with a non-canonical key", "pamtest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxb11529c136998cb6",
			"jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==", "我是中文abcd123"},
	}
	for _, c := range cases {
		got, err := mustCipher(t, c.token, c.key, c.appID).Decrypt(c.encrypted)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestEncryptPublishedSamples(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, token, key, appID, random, message, want string }{
		{"JSON reply", sampleToken, sampleKey, sampleAppID, "707722b803182950", `{"demo_resp":"good luck"}`,
			"ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="},
		{"legacy sample", "pamtest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxb11529c136998cb6", "aaaabbbbccccdddd", "我是中文abcd123",
			"jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="},
	}
	for _, c := range cases {
		got, err := mustCipher(t, c.token, c.key, c.appID).Encrypt([]byte(c.message), [16]byte([]byte(c.random)))
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	reply := mustCipher(t, sampleToken, sampleKey, sampleAppID).Sign("1713424427", "415670741", cases[0].want)
	if want := "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"; reply != want {
		t.Errorf("reply signature: got %s, want %s", reply, want)
	}
}

func TestEncryptRoundTripsEveryPadding(t *testing.T) {
	t.Parallel()
	c := mustCipher(t, sampleToken, sampleKey, sampleAppID)
	for n := range 70 {
		want := bytes.Repeat([]byte{'x'}, n)
		sealed, err := c.Encrypt(want, [16]byte{byte(n)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Decrypt(sealed)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %q, %v", n, got, err)
		}
	}
}

// seal encrypts raw plaintext blocks, so that tests can break what is inside.
func seal(c *Cipher, plain []byte) string {
	data := bytes.Clone(plain)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

// frame builds random + length + message + app id with a chosen length field,
// padded to 32 bytes.
func frame(size uint32, rest string) []byte {
	data := append(make([]byte, randomLen), binary.BigEndian.AppendUint32(nil, size)...)
	data = append(data, rest...)
	pad := padBlock - len(data)%padBlock
	return append(data, bytes.Repeat([]byte{byte(pad)}, pad)...)
}

func TestDecryptRefusesHostileInput(t *testing.T) {
	t.Parallel()
	c := mustCipher(t, sampleToken, sampleKey, sampleAppID)
	badPad := func(b byte) string {
		data := frame(2, "hi"+sampleAppID)
		data[len(data)-1] = b
		return seal(c, data)
	}
	cases := []struct {
		name, encrypted string
		want            error
	}{
		{"empty", "", ErrCipherLength},
		{"not base64", "!!!!", ErrBase64},
		{"not whole blocks", base64.StdEncoding.EncodeToString(make([]byte, 17)), ErrCipherLength},
		{"padding 0", badPad(0), ErrPadding},
		{"padding 33", badPad(33), ErrPadding},
		{"padding 255", badPad(255), ErrPadding},
		{"padding longer than the data", seal(c, bytes.Repeat([]byte{17}, 16)), ErrPadding},
		{"padding bytes differ", seal(c, append(make([]byte, 30), 1, 2)), ErrPadding},
		{"only padding", seal(c, bytes.Repeat([]byte{32}, 32)), ErrFrame},
		{"length 0xFFFFFFFF", seal(c, frame(0xFFFFFFFF, "hi"+sampleAppID)), ErrFrame},
		{"length past the end", seal(c, frame(100, "hi"+sampleAppID)), ErrFrame},
		{"length swallows the app id", seal(c, frame(uint32(2+len(sampleAppID)), "hi"+sampleAppID)), ErrAppID},
		{"length too short", seal(c, frame(1, "hi"+sampleAppID)), ErrAppID},
		{"another account", seal(c, frame(2, "hiwxb11529c136998cb6")), ErrAppID},
	}
	for _, tc := range cases {
		got, err := c.Decrypt(tc.encrypted)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: got %q, %v, want %v", tc.name, got, err, tc.want)
		}
	}
	other := mustCipher(t, sampleToken, sampleKey, "wxb11529c136998cb6")
	if _, err := other.Decrypt(sampleEnc); !errors.Is(err, ErrAppID) {
		t.Errorf("sample opened by another account: %v", err)
	}
}

func TestNewCipherFailsClosed(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, token, key, appID string }{
		{"no token", "", sampleKey, sampleAppID},
		{"no key", sampleToken, "", sampleAppID},
		{"no app id", sampleToken, sampleKey, ""},
		{"short key", sampleToken, sampleKey[1:], sampleAppID},
		{"long key", sampleToken, sampleKey + "A", sampleAppID},
		{"key is not base64", sampleToken, strings.Repeat("*", 43), sampleAppID},
		{"key with line breaks", sampleToken, sampleKey[:39] + "\n\n\n\n", sampleAppID},
	}
	for _, c := range cases {
		if _, err := NewCipher(c.token, c.key, c.appID); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", c.name, err)
		}
	}
}

func TestEncryptRefusesTooMuch(t *testing.T) {
	t.Parallel()
	c := mustCipher(t, sampleToken, sampleKey, sampleAppID)
	if _, err := c.Encrypt(make([]byte, MaxBody+1), [16]byte{}); !errors.Is(err, ErrMessageSize) {
		t.Errorf("got %v, want ErrMessageSize", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	c := mustCipher(f, sampleToken, sampleKey, sampleAppID)
	f.Add(sampleEnc)
	f.Add("")
	f.Add(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	f.Add(seal(c, frame(0xFFFFFFFF, "hi"+sampleAppID)))
	f.Fuzz(func(t *testing.T, encrypted string) {
		message, err := c.Decrypt(encrypted)
		if err != nil {
			return
		}
		again, err := c.Encrypt(message, [16]byte{})
		if err != nil {
			t.Skip() // larger than a message we would send
		}
		back, err := c.Decrypt(again)
		if err != nil || !bytes.Equal(back, message) {
			t.Fatalf("round trip of %q: %q, %v", message, back, err)
		}
	})
}

// FuzzDecryptPlain reaches behind the encryption: it breaks the plaintext.
func FuzzDecryptPlain(f *testing.F) {
	c := mustCipher(f, sampleToken, sampleKey, sampleAppID)
	f.Add(frame(2, "hi"+sampleAppID))
	f.Fuzz(func(t *testing.T, plain []byte) {
		plain = plain[:len(plain)/aes.BlockSize*aes.BlockSize]
		_, _ = c.Decrypt(seal(c, plain))
	})
}

func BenchmarkDecrypt(b *testing.B) {
	c := mustCipher(b, sampleToken, sampleKey, sampleAppID)
	b.SetBytes(int64(len(sampleMsg)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Decrypt(sampleEnc); err != nil {
			b.Fatal(err)
		}
	}
}
