package handlers

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shixi/acts"
	"shixi/wxmsg"
)

// The account of the published samples (wechat.md §4).
const (
	sampleToken = "AAAAA"
	sampleKey   = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	sampleAppID = "wxba5fad812f8e6fb9"
)

// sampleAt is when the published safe-mode sample was sent.
const sampleAt = 1714112445

// fakeFollowers records what the events ask for and does what it is told.
type fakeFollowers struct {
	mu    sync.Mutex
	calls []string
	scan  acts.Scan
	err   error
	wait  func(context.Context) error
}

func (f *fakeFollowers) call(ctx context.Context, parts ...string) error {
	if f.wait != nil {
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, strings.Join(parts, " "))
	return f.err
}

func (f *fakeFollowers) Scanned(ctx context.Context, openID, scene string) (acts.Scan, error) {
	return f.scan, f.call(ctx, "scanned", openID, scene)
}
func (f *fakeFollowers) Followed(ctx context.Context, openID string) error {
	return f.call(ctx, "followed", openID)
}
func (f *fakeFollowers) Unfollowed(ctx context.Context, openID string) error {
	return f.call(ctx, "unfollowed", openID)
}
func (f *fakeFollowers) Receipt(ctx context.Context, msgID int64, openID, status string, _ time.Time) error {
	return f.call(ctx, "receipt", strconv.FormatInt(msgID, 10), openID, status)
}

func (f *fakeFollowers) done() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

// memoryDedupe counts its commands.
type memoryDedupe struct {
	mu       sync.Mutex
	marked   map[string]bool
	commands int
	err      error
}

func (d *memoryDedupe) Seen(_ context.Context, key string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commands++
	return d.marked[key], d.err
}

func (d *memoryDedupe) Mark(_ context.Context, key string, _ time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commands++
	if d.err == nil {
		d.marked[key] = true
	}
	return d.err
}

// callbackWorld is one account's address with everything around it faked.
type callbackWorld struct {
	app *fiber.App
	callback
	acts   *fakeFollowers
	dedupe *memoryDedupe
	log    *bytes.Buffer
	mode   wxmsg.Mode
}

// newCallbackWorld mounts the address of the sample account; its clock stands
// at the given Unix second.
func newCallbackWorld(tb testing.TB, mode wxmsg.Mode, now int64) *callbackWorld {
	tb.Helper()
	w := &callbackWorld{acts: &fakeFollowers{}, dedupe: &memoryDedupe{marked: map[string]bool{}}, log: &bytes.Buffer{}, mode: mode}
	clock := func() time.Time { return time.Unix(now, 0) }
	receiver, err := wxmsg.NewReceiver(wxmsg.CallbackConfig{AppID: sampleAppID, Token: sampleToken, AESKey: sampleKey, Mode: mode, Now: clock})
	if err != nil {
		tb.Fatal(err)
	}
	w.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	w.callback = callback{account: "oa", receiver: receiver, dedupe: w.dedupe, effect: serviceAccountEvents(w.acts, clock, testLink),
		budget: callbackBudget, now: clock, log: slog.New(slog.NewTextHandler(w.log, nil))}
	w.mount(w.app, "/wx/callback/oa")
	return w
}

// testLink is the page of a log-in code.
func testLink(id string) string { return "https://shixi.test/wx/qr/" + id }

// forget begins anew, for the next of many requests.
func (w *callbackWorld) forget() {
	w.acts.calls, w.dedupe.marked = nil, map[string]bool{}
	w.log.Reset()
}

// callbackAnswer is what came back.
type callbackAnswer struct {
	status int
	kind   string
	body   string
}

// do sends a request through the router without a network.
func (w *callbackWorld) do(method, query, contentType string, body []byte) callbackAnswer {
	return straightThrough(w.app, method, "/wx/callback/oa?"+query, contentType, body)
}

func straightThrough(app *fiber.App, method, uri, contentType string, body []byte) callbackAnswer {
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, nil, nil)
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI(uri)
	ctx.Request.Header.SetContentType(contentType)
	ctx.Request.SetBody(body)
	app.Handler()(&ctx)
	return callbackAnswer{ctx.Response.StatusCode(), string(ctx.Response.Header.ContentType()), string(ctx.Response.Body())}
}

// event posts a message as the platform does in the world's mode.
func (w *callbackWorld) event(tb testing.TB, format wxmsg.Format, at int64, message string) callbackAnswer {
	tb.Helper()
	query, body := platformPost(tb, w.mode, format, message, at)
	return w.do("POST", query, "text/xml", body)
}

// platformPost seals and signs a message; each call takes another nonce, as
// WeChat's repetitions do.
func platformPost(tb testing.TB, mode wxmsg.Mode, format wxmsg.Format, message string, at int64) (query string, body []byte) {
	tb.Helper()
	nonce := strconv.Itoa(int(nonceCount.next()))
	q := url.Values{"timestamp": {strconv.FormatInt(at, 10)}, "nonce": {nonce}, "openid": {"o_query"}}
	q.Set("signature", wxmsg.Signature(sampleToken, q.Get("timestamp"), nonce))
	if mode == wxmsg.Plain {
		return q.Encode(), []byte(message)
	}
	c := sampleCipher(tb)
	encrypted, err := c.Encrypt([]byte(message), [16]byte{byte(len(message)), 7})
	if err != nil {
		tb.Fatal(err)
	}
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", c.Sign(q.Get("timestamp"), nonce, encrypted))
	if format == wxmsg.JSON {
		return q.Encode(), []byte(`{"ToUserName":"gh_1","Encrypt":"` + encrypted + `"}`)
	}
	return q.Encode(), []byte("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>")
}

// readXML reads a reply's XML.
func readXML(tb testing.TB, body string, into any) {
	tb.Helper()
	if err := xml.Unmarshal([]byte(body), into); err != nil {
		tb.Fatal(err)
	}
}

func sampleCipher(tb testing.TB) *wxmsg.Cipher {
	tb.Helper()
	c, err := wxmsg.NewCipher(sampleToken, sampleKey, sampleAppID)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// nonceCounter gives numbers that were not given before.
type nonceCounter struct {
	mu sync.Mutex
	n  int64
}

func (c *nonceCounter) next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

var nonceCount nonceCounter

// xmlEvent writes an event in XML; fields are name and value in turn.
func xmlEvent(openID, event string, at int64, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event>", openID, at, event)
	for i := 0; i+1 < len(fields); i += 2 {
		fmt.Fprintf(&b, "<%s>", fields[i])
		_ = xml.EscapeText(&b, []byte(fields[i+1]))
		fmt.Fprintf(&b, "</%s>", fields[i])
	}
	return b.String() + "</xml>"
}

// craft seals a message with any length field and padding byte; padding -1
// pads rightly.
func craft(tb testing.TB, message []byte, length uint32, padding int) string {
	tb.Helper()
	data := binary.BigEndian.AppendUint32(make([]byte, 16), length)
	data = append(append(data, message...), sampleAppID...)
	pad := 32 - len(data)%32
	if padding < 0 {
		padding = pad
	}
	data = append(data, bytes.Repeat([]byte{byte(padding)}, pad)...)
	key := make([]byte, 32) // of the sample's EncodingAESKey
	block, err := aes.NewCipher(key)
	if err != nil {
		tb.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}
