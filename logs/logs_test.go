package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/logs"
)

// line logs once and gives the line, decoded, without its time.
func line(t *testing.T, write func(*slog.Logger), secrets ...string) map[string]any {
	t.Helper()
	var buffer bytes.Buffer
	write(logs.New(&buffer, slog.LevelDebug, secrets...))
	for _, leak := range append([]string{openID, mobile, idNumber, session, appSecret, shortSecret}, secrets...) {
		if strings.Contains(buffer.String(), leak) {
			t.Errorf("%q in the log: %s", leak, buffer.String())
		}
	}
	var got map[string]any
	if err := json.Unmarshal(buffer.Bytes(), &got); err != nil {
		t.Fatalf("the line is not one JSON object: %v\n%s", err, buffer.String())
	}
	delete(got, slog.TimeKey)
	return got
}

type student struct {
	Name     string
	IDNumber string            `json:"id_number"`
	Phone    string            `json:"phone"`
	Note     string            `json:"note"`
	Seen     map[string]string `json:"seen,omitempty"`
	Friend   *student          `json:"friend,omitempty"`
}

type sealed struct{ text string }

func (s sealed) String() string { return s.text }

type valuer struct{ text string }

func (v valuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("openid", v.text), slog.String("of", "to "+v.text))
}

type broken struct{}

func (*broken) Error() string { panic("broken") }

type text struct{ s string }

func (t text) MarshalText() ([]byte, error) { return []byte(t.s), nil }

func TestAttributes(t *testing.T) {
	t.Parallel()
	circle := map[string]any{}
	circle["self"] = circle
	var nilError *broken
	for name, tc := range map[string]struct {
		attr slog.Attr
		want any
	}{
		"private name":      {slog.String("access_token", "x"), "***"},
		"in camel case":     {slog.String("accessToken", "x"), "***"},
		"private number":    {slog.Int("mobile", 1), "***"},
		"bool stays":        {slog.Bool("has_token", true), true},
		"duration stays":    {slog.Duration("token_age", time.Second), float64(time.Second)},
		"text":              {slog.String("to", "to "+openID), "to *openid*"},
		"number of a phone": {slog.Int64("n", 13800138000), "*mobile*"},
		"unsigned":          {slog.Uint64("n", 13800138000), "*mobile*"},
		"float":             {slog.Float64("n", 13800138000), "*mobile*"},
		"other number":      {slog.Int("n", 42), float64(42)},
		"long duration":     {slog.Duration("n", 14*time.Second), float64(14 * time.Second)},
		"error":             {slog.Any("err", fmt.Errorf("send: %w", errors.New("to "+openID))), "send: to *openid*"},
		"joined errors":     {slog.Any("err", errors.Join(errors.New(mobile), errors.New("x"))), "*mobile*\nx"},
		"URL error":         {slog.Any("err", &url.Error{Op: "Get", URL: "https://x/y?secret=" + shortSecret, Err: io.EOF}), `Get "https://x/y?secret=***": EOF`},
		"stringer":          {slog.Any("v", sealed{"id " + idNumber}), "id *id-number*"},
		"text marshaler":    {slog.Any("v", text{"id " + idNumber}), "id *id-number*"},
		"address":           {slog.Any("v", netip.MustParseAddr("127.0.0.1")), "127.0.0.1"},
		"bytes":             {slog.Any("body", []byte(`{"openid":"`+openID+`"}`)), `{"openid":"***"}`},
		"binary":            {slog.Any("body", []byte{0xff, 0xfe}), "(2 bytes)"},
		"raw JSON":          {slog.Any("body", json.RawMessage(`{"secret":"`+appSecret+`"}`)), `{"secret":"***"}`},
		"header": {slog.Any("header", http.Header{"Authorization": {"Bearer " + session}, "Accept": {"*/*"}}),
			map[string]any{"Authorization": "***", "Accept": []any{"*/*"}}},
		"struct": {slog.Any("student", student{Name: "李", IDNumber: "x", Phone: "y", Note: "母 " + mobile, Seen: map[string]string{openID: "z"}, Friend: &student{Phone: "w"}}),
			map[string]any{
				"Name": "李", "id_number": "***", "phone": "***", "note": "母 *mobile*", "seen": map[string]any{"*openid*": "z"},
				"friend": map[string]any{"Name": "", "id_number": "***", "phone": "***", "note": ""},
			}},
		"numbers in a struct": {slog.Any("n", []int64{13800138000, 7}), []any{"*mobile*", float64(7)}},
		"nil":                 {slog.Any("v", nil), nil},
		"nil error":           {slog.Any("v", nilError), "(*logs_test.broken)"},
		"circle":              {slog.Any("v", circle), "(map[string]interface {})"},
		"channel":             {slog.Any("v", make(chan int)), "(chan int)"},
		"group":               {slog.Group("v", "password", "x", "note", mobile), map[string]any{"password": "***", "note": "*mobile*"}},
		"private group":       {slog.Group("cookies", "a", "x", "b", 2), map[string]any{"a": "***", "b": "***"}},
		"log valuer":          {slog.Any("v", valuer{openID}), map[string]any{"openid": "***", "of": "to *openid*"}},
		"known secret":        {slog.String("v", "a known and secret value"), "a ***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := line(t, func(l *slog.Logger) { l.Info("m", tc.attr) }, "known and secret value")
			delete(got, "level")
			delete(got, "msg")
			key := tc.attr.Key
			if diff := cmp.Diff(map[string]any{key: tc.want}, got); diff != "" {
				t.Errorf("line (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestMessageAndKeys(t *testing.T) {
	t.Parallel()
	got := line(t, func(l *slog.Logger) { l.Warn("to "+openID, "of "+mobile, 1) })
	want := map[string]any{"level": "WARN", "msg": "to *openid*", "of *mobile*": float64(1)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("line (-want, +got):\n%s", diff)
	}
}

func TestAttributesNamedLikeTheBuiltIn(t *testing.T) {
	t.Parallel()
	got := line(t, func(l *slog.Logger) { l.Info("m", "level", "to "+openID) })
	if got["level"] != "to *openid*" {
		t.Errorf("level = %v", got["level"])
	}
}

func TestWithAttrsAndGroups(t *testing.T) {
	t.Parallel()
	got := line(t, func(l *slog.Logger) {
		l = l.With("kind", "push", "token", "x").WithGroup("").WithGroup("wx").With("to", openID).WithGroup("secrets")
		l.InfoContext(logs.WithRequestID(t.Context(), "r-1"), "m", "a", "b")
	})
	want := map[string]any{
		"level": "INFO", "msg": "m", "kind": "push", "token": "***", "request_id": "r-1",
		"wx": map[string]any{"to": "*openid*", "secrets": map[string]any{"a": "***"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("line (-want, +got):\n%s", diff)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	if id := logs.RequestID(context.Background()); id != "" {
		t.Errorf("RequestID of an empty context = %q", id)
	}
	ctx := logs.WithRequestID(t.Context(), "r-1")
	if id := logs.RequestID(ctx); id != "r-1" {
		t.Errorf("RequestID = %q, want r-1", id)
	}
	if got := line(t, func(l *slog.Logger) { l.InfoContext(ctx, "m") }); got["request_id"] != "r-1" {
		t.Errorf("request_id = %v", got["request_id"])
	}
	if _, ok := line(t, func(l *slog.Logger) { l.Info("m") })["request_id"]; ok {
		t.Error("a line without a request has a request_id")
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	var buffer bytes.Buffer
	log := logs.New(&buffer, slog.LevelWarn)
	log.Info("m")
	log.WithGroup("g").Info("m")
	if buffer.Len() > 0 {
		t.Errorf("written below the level: %s", buffer.String())
	}
}

// A long value is cut, and the cut never leaves the half of a private value.
func TestLongValues(t *testing.T) {
	t.Parallel()
	const enough = 100 << 10
	for name, text := range map[string]string{
		"plain":             strings.Repeat("a ", enough),
		"wide":              strings.Repeat("企业", enough),
		"phones":            strings.Repeat(mobile+" ", enough/12),
		"phones, off by 1":  "x" + strings.Repeat(mobile+" ", enough/12),
		"one long password": "password='" + strings.Repeat(mobile+" ", enough/12),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := line(t, func(l *slog.Logger) { l.Info("m", "v", text) })
			v, _ := got["v"].(string)
			if len(v) > 9<<10 || strings.Contains(v, "1380") || strings.ContainsRune(v, '\uFFFD') {
				t.Errorf("%d bytes: %.40q … %q", len(v), v, v[max(0, len(v)-60):])
			}
			if !strings.HasSuffix(v, " bytes)") {
				t.Errorf("nothing says that the value was cut: %q", v[max(0, len(v)-60):])
			}
		})
	}
}

func BenchmarkLogger(b *testing.B) {
	plain := slog.New(slog.NewJSONHandler(io.Discard, nil))
	redacting := logs.New(io.Discard, slog.LevelInfo, appSecret, accessToken, session)
	ctx := logs.WithRequestID(context.Background(), "01J9ZK4T7QX")
	for name, log := range map[string]*slog.Logger{"bare slog": plain, "redacting": redacting} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				log.LogAttrs(ctx, slog.LevelInfo, "push sent",
					slog.String("push_id", "64f0c2a1b3d4e5f6a7b8c9d0"),
					slog.String("kind", "签约申请"),
					slog.Int("errcode", 0),
					slog.Duration("took", 300*time.Millisecond))
			}
		})
	}
}
