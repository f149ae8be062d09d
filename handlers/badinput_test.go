package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

// tree is a form as JSON that a test spoils.
type tree map[string]any

func treeOf(tb testing.TB, form any) tree {
	tb.Helper()
	raw, err := json.Marshal(form)
	if err != nil {
		tb.Fatal(err)
	}
	var t tree
	if err := json.Unmarshal(raw, &t); err != nil {
		tb.Fatal(err)
	}
	return t
}

func (t tree) set(path string, value any) tree {
	out := maps.Clone(t)
	if head, rest, ok := strings.Cut(path, "."); ok {
		inner, _ := out[head].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		out[head] = tree(inner).set(rest, value)
		return out
	}
	out[path] = value
	return out
}

func (t tree) without(path string) tree {
	out := maps.Clone(t)
	if head, rest, ok := strings.Cut(path, "."); ok {
		inner, _ := out[head].(map[string]any)
		out[head] = tree(inner).without(rest)
		return out
	}
	delete(out, path)
	return out
}

// route is one that takes a body.
type route struct {
	method, path string
	good         tree
	form         internship.Form
	signedIn     bool
}

// bodies are all routes that take a body, each with a good one.
func bodies(w *world, position *internship.Position, placement *internship.Placement) map[string]route {
	tb := w.TB
	profile := internship.ProfileInput{LegalPerson: "张明", Contact: "李工", Phone: "0393-6666666", Intro: "研发", Industry: "制造业", Staff: 120,
		Address: internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路 1 号"}}
	selection := internship.Form{Fields: []internship.Field{{Name: "ids", Required: true, Max: 64, Most: 100}}}
	refusal := internship.Form{Fields: append(selection.Fields, internship.RefusalForm().Fields...)}
	login := internship.Form{Fields: []internship.Field{{Name: "name", Required: true, Max: 64}, {Name: "password", Required: true, Max: 64}, internship.TicketField(), {Name: "wechatCode", Max: 128}}}
	ticket := w.ticket()
	return map[string]route{
		"activate":        {"POST", "/api/v1/activation", treeOf(tb, w.entered()), internship.ActivationForm(), false},
		"logIn":           {"POST", "/api/v1/login", tree{"name": "13800000000", "password": actstest.Password, "ticket": ticket}, login, false},
		"solvePuzzle":     {"POST", "/api/v1/captcha/solve", tree{"token": "x", "x": 1}, internship.Form{Fields: []internship.Field{{Name: "token", Required: true, Max: 512, Pattern: `^[0-9A-Za-z_-]+$`}}}, false},
		"sendCode":        {"POST", "/api/v1/sms-codes", tree{"mobile": "13800000000", "purpose": "login", "ticket": ticket}, internship.CodeRequestForm(), false},
		"admitRegistrant": {"POST", "/api/v1/registration/pass", tree{"mobile": "13800000000", "smsCode": "123456"}, internship.MobilePassForm(), false},
		"logInBySMS":      {"POST", "/api/v1/login/sms", tree{"mobile": "13800000000", "smsCode": "123456"}, internship.SMSLoginForm(), false},
		"resetPassword":   {"POST", "/api/v1/password/reset", tree{"mobile": "13800000000", "smsCode": "123456", "password": "Another-2026"}, internship.ResetForm(), false},
		"admitRecovery":   {"POST", "/api/v1/recoveries/pass", tree{"mobile": "13800000000", "smsCode": "123456"}, internship.MobilePassForm(), false},
		"changePassword":  {"PUT", "/api/v1/me/password", tree{"old": actstest.Password, "password": "Another-2026"}, internship.PasswordForm(), true},
		"changeMobile":    {"PUT", "/api/v1/me/mobile", tree{"mobile": "13800000000", "smsCode": "123456", "password": actstest.Password}, internship.MobileForm(), true},
		"addAccount":      {"POST", "/api/v1/accounts", tree{"name": "李专员", "mobile": "13700000001", "role": "hr"}, internship.AccountForm(), true},
		"logInByWechat":   {"POST", "/api/v1/login/wechat", tree{"code": "x"}, internship.Form{Fields: []internship.Field{{Name: "code", Required: true, Max: 128}}}, false},
		"completeProfile": {"PUT", "/api/v1/enterprise", treeOf(tb, profile), internship.ProfileForm(), true},
		"createPosition":  {"POST", "/api/v1/positions", treeOf(tb, actstest.Terms("焊工", 1)), internship.PositionForm(), true},
		"publishPosition": {"POST", "/api/v1/positions/" + position.ID + "/publish", treeOf(tb, actstest.Publication()), internship.PublicationForm(), true},
		"editPosition":    {"PUT", "/api/v1/positions/" + position.ID, treeOf(tb, actstest.Terms("焊工", 1)), internship.PositionForm(), true},
		"accept":          {"POST", "/api/v1/placements/accept", tree{"ids": []any{placement.ID}}, selection, true},
		"refuse":          {"POST", "/api/v1/placements/refuse", tree{"ids": []any{placement.ID}}, refusal, true},
		"readNotices":     {"POST", "/api/v1/notices/read", tree{"ids": []any{"psh_1"}}, selection, true},
	}
}

// TestBadBodies spoils each field of each form in every way: the answer is a
// 422 that names the field in Chinese, and nothing is stored.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 1)
	placement := w.NewStudent("卢晓东").Applies(position)
	before := w.everything()
	routes := bodies(w, position, placement)
	w.Pass(time.Minute)

	for name, r := range routes {
		who := w.anyone()
		if r.signedIn {
			who = w.owner(e)
		}
		for _, f := range r.form.Fields {
			for what, bad := range spoil(f) {
				body := r.good.set(f.Name, bad.value)
				if what == "missing" {
					body = r.good.without(f.Name)
				}
				p := who.do(r.method, r.path, body).refused(internship.ErrInvalid)
				if !slices.ContainsFunc(p.Errors, func(got handlers.FieldProblem) bool {
					return strings.HasPrefix(got.Field, f.Name) && slices.Contains(bad.codes, got.Code)
				}) {
					t.Errorf("%s, %s %s: %v, want %s with one of %v", name, f.Name, what, fields(p), f.Name, bad.codes)
				}
				if len(p.Errors) != 1 {
					t.Errorf("%s, %s %s: %v, want one complaint", name, f.Name, what, fields(p))
				}
			}
		}
		p := who.do(r.method, r.path, r.good.set("surprise", 1)).refused(internship.ErrInvalid)
		if diff := cmp.Diff([]string{"surprise=unknown"}, fields(p)); diff != "" || !strings.Contains(p.Detail, "surprise") {
			t.Errorf("%s: %v %q", name, fields(p), p.Detail)
		}
		for _, body := range []string{"{", "[]", `"x"`, "null", "1", "{}{}", `{"name":"\ud800`, "\xff", strings.Repeat("[", 20000)} {
			who.do(r.method, r.path, body).refused(internship.ErrBadRequest)
		}
		who.do(r.method, r.path, nil).refused(internship.ErrBadRequest)
		for _, kind := range []string{"", "text/plain", "application/xml", "application/json; charset=gbk", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ";"} {
			who.with("Content-Type", kind).do(r.method, r.path, r.good).refused(internship.ErrMediaType)
		}
		who.with("Content-Encoding", "gzip").do(r.method, r.path, r.good).refused(internship.ErrMediaType)
	}
	if diff := cmp.Diff(before, w.everything()); diff != "" {
		t.Errorf("something was stored (-before, +after):\n%s", diff)
	}
	if strings.Contains(w.log.String(), `"level":"ERROR"`) {
		t.Error("a refusal is logged as an error")
	}
}

type bad struct {
	value any
	codes []string
}

// spoil gives every wrong value of a field.
func spoil(f internship.Field) map[string]bad {
	wrap := func(v any) any {
		if f.Most > 0 {
			return []any{v}
		}
		return v
	}
	out := map[string]bad{
		"object instead": {map[string]any{"x": 1}, []string{"type"}},
		"true instead":   {true, []string{"type"}},
	}
	if f.Greatest > 0 {
		out["text"], out["fraction"], out["huge"] = bad{"5", []string{"type"}}, bad{1.5, []string{"type"}}, bad{json.Number("1e99"), []string{"type"}}
		out["too small"], out["too great"] = bad{f.Least - 1, []string{"range", "required"}}, bad{f.Greatest + 1, []string{"range"}}
		out["negative"] = bad{-1, []string{"range"}}
		if f.Required {
			out["missing"] = bad{nil, []string{"required"}}
		} else if f.Least < 2 {
			delete(out, "too small") // 0 is not given
		}
		return out
	}
	out["number instead"] = bad{wrap(7), []string{"type"}}
	hostile := []string{"format", "choice", "range", "date", "check_digit", "too_long"}
	if f.Name != "password" || f.Min > 0 {
		for what, text := range map[string]string{"bidi": "a\u202eb", "zero width": "a\u200bb", "control": "a\x00b", "broken": "a\ufffdb"} {
			out[what] = bad{wrap(text), hostile}
		}
	}
	if f.Max > 0 {
		out["too long"] = bad{wrap(strings.Repeat("长", f.Max+1)), append(hostile, "too_long")}
	}
	if f.Choices != nil {
		out["no choice"] = bad{wrap("别的"), []string{"choice"}}
	}
	if f.Most > 0 {
		out["too many entries"] = bad{slices.Repeat([]any{"x"}, f.Most+1), []string{"too_long", "range"}}
	}
	if f.Required {
		out["missing"], out["null"], out["empty"] = bad{nil, []string{"required", "range"}}, bad{nil, []string{"required", "range"}}, bad{wrap(""), []string{"required"}}
	}
	return out
}

// everything is a rough print of all that acts can change.
func (w *world) everything() map[string]string {
	w.TB.Helper()
	ctx, out := w.TB.Context(), map[string]string{}
	positions, err := w.DB.OfferedPositions(ctx, w.School.SchoolID, store.OfferFilter{Limit: 100})
	if err != nil {
		w.TB.Fatal(err)
	}
	for _, p := range positions.Items {
		out[p.ID] = fmt.Sprintf("%d %s %+v", p.Version, p.State, p.Terms)
		all, err := w.DB.EnterprisePositions(ctx, p.EnterpriseID, store.PositionFilter{Limit: 100})
		if err != nil {
			w.TB.Fatal(err)
		}
		out["positions"] = fmt.Sprint(len(all.Items))
		e, err := w.DB.Enterprises.Get(ctx, p.EnterpriseID)
		if err != nil {
			w.TB.Fatal(err)
		}
		out[e.ID] = fmt.Sprintf("%d %+v", e.Version, e.Profile)
	}
	placements, err := w.DB.SchoolPlacements(ctx, w.School.SchoolID, "", 100)
	if err != nil {
		w.TB.Fatal(err)
	}
	for _, p := range placements.Items {
		out[p.ID] = fmt.Sprintf("%d %s", p.Version, p.State)
	}
	return out
}

func TestAllWrongFieldsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A"))
	form := treeOf(t, actstest.Terms("焊工", 1)).without("department").set("headcount", "five").set("lodging", "别墅").
		set("majors", []any{"电子", 7}).set("enrolTo", "2026-10-01").set("nmae", "x").set("skills", strings.Repeat("长", 1001))
	p := me.post("/api/v1/positions", form).refused(internship.ErrInvalid)
	got := fields(p)
	slices.Sort(got)
	want := []string{"department=required", "enrolTo=range", "headcount=type", "lodging=choice", "majors[1]=type", "nmae=unknown", "skills=too_long"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want, +got):\n%s", diff)
	}
	var messages []string
	for _, f := range p.Errors {
		messages = append(messages, f.Message)
	}
	for _, want := range []string{"实习人数应为整数", "对口专业应为文字", "没有「nmae」这个字段，请检查拼写", "请填写实习部门", "报名截止日期不能早于开始日期"} {
		if !slices.Contains(messages, want) {
			t.Errorf("messages %q lack %q", messages, want)
		}
	}
}

func TestManyWrongFieldsAreAnsweredBriefly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A"))
	form := treeOf(t, actstest.Terms("焊工", 1))
	for i := range 5000 {
		form[fmt.Sprintf("x%d\u202e%s", i, strings.Repeat("长", i%50))] = i
	}
	a := me.post("/api/v1/positions", form)
	if p := a.refused(internship.ErrInvalid); len(p.Errors) > 50 || len(a.body) > 32<<10 {
		t.Errorf("%d fields in %d bytes", len(p.Errors), len(a.body))
	}
	if bytes.Contains(a.body, []byte("\u202e")) {
		t.Error("an invisible character comes back")
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A"))
	for query, want := range map[string]string{
		"positions?limit=abc":                              "limit=type",
		"positions?limit=0":                                "limit=range",
		"positions?limit=101":                              "limit=range",
		"positions?limit=-1":                               "limit=range",
		"positions?limit=99999999999999999999":             "limit=type",
		"positions?state=deleted":                          "state=choice",
		"positions?state=%ff":                              "state=choice",
		"positions?name=" + strings.Repeat("a", 51):        "name=too_long",
		"positions?name=%ff":                               "name=format",
		"positions?name=a%00b":                             "name=format",
		"positions?department=%E2%80%AEa":                  "department=format",
		"positions?nmae=x":                                 "nmae=unknown",
		"positions?%ff=x":                                  "?=unknown",
		"placements?state=recruiting":                      "state=choice",
		"placements?schoolId=%24ne":                        "schoolId=format",
		"placements?positionId=a.b":                        "positionId=format",
		"placements?positionId=" + strings.Repeat("a", 65): "positionId=too_long",
		"placements?name=a%0Ab":                            "name=format",
		"placements?from=yesterday":                        "from=date",
		"placements?from=2026-02-30":                       "from=date",
		"placements?to=2026-13-01":                         "to=date",
		"placements?from=2026-12-01&to=2026-11-01":         "to=range",
		"notices?limit=x":                                  "limit=type",
		"notices?state=x":                                  "state=unknown",
	} {
		p := me.get("/api/v1/" + query).refused(internship.ErrInvalid)
		if diff := cmp.Diff([]string{want}, fields(p)); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", query, diff)
		}
	}
	if p := me.get("/api/v1/positions?state=x").refused(internship.ErrInvalid); p.Detail != "参数 state 应为下列之一：unpublished, recruiting, running, closed" {
		t.Error(p.Detail)
	}
	for _, list := range []string{"positions", "placements", "notices"} {
		for _, cursor := range []string{"x", "%ff", "000000000000-", "%24gt", "0193a4f00000-" + strings.Repeat("a", 200)} {
			me.get("/api/v1/" + list + "?after=" + cursor).refused(internship.ErrBadCursor)
		}
	}
}

func TestHostilePaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A"))
	for _, path := range []string{"/api", "/api/v1", "/api/v1/nothing", "/api/v1/positions/x/y", "/API/V1/me", "/..%2f", "//", "/api/v1/placement"} {
		p := me.do(http.MethodPatch, path, nil)
		if p.status != http.StatusNotFound && p.status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, p.status)
		}
	}
	if a := me.do(http.MethodDelete, "/api/v1/positions/", nil); a.refused(internship.ErrMethod).Status != 405 || a.header.Get("Allow") != "GET, POST, HEAD" {
		t.Errorf("allowed: %q", a.header.Get("Allow"))
	}
	for _, id := range []string{"x", "%00", "%ff", "$ne", "pos_%E5%B2%97", strings.Repeat("a", 3000), "..", "%2e%2e"} {
		for _, kind := range []string{"positions", "placements"} {
			a := me.get("/api/v1/" + kind + "/" + id)
			if a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
				t.Errorf("%s %.20q: %d %s", kind, id, a.status, a.body)
			}
		}
	}
	me.get("/api/v1/positions/x#%zz").refused(internship.ErrBadRequest)
	me.get("/api/v1/positions#%zz").refused(internship.ErrBadRequest)
	me.get("/api/v1/positions/%zz").refused(internship.ErrBadRequest)
	me.get("/api/v1/positions/\xff\xfe").refused(internship.ErrBadRequest)
}

// TestTooLarge sends more than is allowed to a real listener: the answer comes
// before the body is read.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	conn := w.dial()
	fmt.Fprintf(conn, "POST /api/v1/positions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{", e.Token, 10<<20)
	a := readAnswer(t, w, conn)
	a.refused(internship.ErrTooLarge)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}

	conn = w.dial()
	fmt.Fprintf(conn, "POST /api/v1/positions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", e.Token)
	for range 17 {
		fmt.Fprintf(conn, "%x\r\n%s\r\n", 64<<10, strings.Repeat(" ", 64<<10))
	}
	readAnswer(t, w, conn).refused(internship.ErrTooLarge)

	conn = w.dial()
	fmt.Fprintf(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("a", 17<<10))
	readAnswer(t, w, conn).refused(internship.ErrBadRequest)

	conn = w.dial()
	fmt.Fprintf(conn, "nonsense\r\n\r\n")
	readAnswer(t, w, conn).refused(internship.ErrBadRequest)
}

// dial connects to the app, which listens for the rest of the test.
func (w *world) dial() net.Conn {
	w.TB.Helper()
	if w.listener == nil {
		w.listen()
	}
	conn, err := net.Dial("tcp", w.listener.Addr().String())
	if err != nil {
		w.TB.Fatal(err)
	}
	w.TB.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (w *world) listen() {
	w.TB.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.TB.Fatal(err)
	}
	w.serve(listener)
}

func (w *world) serve(listener net.Listener) {
	w.TB.Helper()
	w.listener = listener
	served := make(chan error, 1)
	go func() { served <- w.app.Serve(w.listener) }()
	w.TB.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.app.Shutdown(ctx); err != nil {
			w.TB.Error(err)
		}
		if err := <-served; err != nil {
			w.TB.Error(err)
		}
	})
}
