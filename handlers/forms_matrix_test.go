package handlers_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// sender is somebody who calls: a person, the holder of a pass, a partner.
type sender interface {
	do(method, path string, body any) answer
}

// formRoute is where a form of internship.Forms is submitted, with a good one.
type formRoute struct {
	who          sender
	method, path string
	good         tree
	// elsewhere are fields that don't stand in the body: in the path, or in the key.
	elsewhere []string
	// taken are codes that may fail their check digit here, because a person looks at what was submitted.
	taken []string
	// mayLack: nothing need be submitted, for which null stands, too.
	mayLack bool
}

// formRoutes are the routes of every form.
func formRoutes(w *partners) map[string]formRoute {
	tb := w.TB
	e := w.enterprise("A")
	position, student, waiting := e.Position("焊工", 2), w.NewStudent("卢晓东"), w.Registered("自荐电子")
	placement := student.Applies(position)
	applicant, minor := w.Applicant(), studentInput(1)
	minor.Guardian = internship.GuardianInput{Name: "卢建国", Mobile: "13700000000"}
	registration := applicant.Form("示例电子", actstest.USCC(900))
	registration.Website, registration.Registrant.IDNumber = "https://example.com", actstest.IDNumber(900)
	registration.Address = actstest.Address()
	resubmission := e.Resubmission(registration)
	scan := w.File(e.ID, e.Staff.AccountID, internship.FileCertificate)
	profile := internship.ProfileInput{LegalPerson: "张明", CertificateKind: registration.CertificateKind, Certificate: scan, Contact: "李工", Phone: "0393-6666666",
		Website: "https://example.com", Intro: "研发", Industry: registration.Industry, Staff: 120, Address: actstest.Address()}
	change := internship.ChangeInput{CertificateKind: registration.CertificateKind, Certificate: scan, Name: "示例", Code: actstest.USCC(901), LegalPerson: "张明"}
	entry := entryInput(902, "示例")
	entry.Contact, entry.Phone = "王经理", "0393-6666666"
	me, anyone, ticket := w.owner(e), w.anyone(), w.ticket()
	code, mobile := "123456", "13800000000"
	recovery := internship.RecoveryInput{Code: actstest.USCC(903), Name: "王经理", IDNumber: actstest.IDNumber(901), Certificate: "fil_1"}
	colleague := w.colleague(e)
	return map[string]formRoute{
		"position":     {who: me, method: "POST", path: "/api/v1/positions", good: treeOf(tb, actstest.Terms("焊工", 1))},
		"publication":  {who: me, method: "POST", path: "/api/v1/positions/" + position.ID + "/publish", good: treeOf(tb, actstest.Publication())},
		"entry":        {who: w.school, method: "POST", path: "/partner/v1/enterprises", good: treeOf(tb, entry)},
		"renewal":      {who: w.school, method: "POST", path: "/partner/v1/enterprises/" + w.enteredBySchool(entryInput(905, "待激活")) + "/activation-code", good: tree{"contact": "王经理", "phone": "13800000000"}, mayLack: true},
		"registration": {who: w.as(applicant.Token), method: "POST", path: "/api/v1/registration", good: treeOf(tb, registration)},
		"resubmission": {who: me, method: "POST", path: "/api/v1/enterprise/resubmit", good: treeOf(tb, resubmission)},
		"change":       {who: me, method: "POST", path: "/api/v1/enterprise/change", good: treeOf(tb, change)},
		"nomination":   {who: w.students, method: "POST", path: "/partner/v1/students/" + student.Student.ID + "/nominations", good: treeOf(tb, nominationInput(1))},
		"profile":      {who: me, method: "PUT", path: "/api/v1/enterprise", good: treeOf(tb, profile)},
		"activation":   {who: anyone, method: "POST", path: "/api/v1/activation", good: treeOf(tb, w.entered())},
		"account":      {who: me, method: "POST", path: "/api/v1/accounts", good: tree{"name": "李专员", "mobile": "13700000001", "role": "hr"}},
		"role":         {who: me, method: "PUT", path: "/api/v1/accounts/" + colleague, good: tree{"name": "李专员", "role": "hr"}},
		"plan":         {who: w.school, method: "PUT", path: "/partner/v1/plans/2026-9", good: treeOf(tb, planInput()), elsewhere: []string{"number"}},
		"student":      {who: w.school, method: "PUT", path: "/partner/v1/students/S9", good: treeOf(tb, minor), elsewhere: []string{"number"}},
		"school":       {who: w.school, method: "PUT", path: "/partner/v1/school", good: tree{"name": "某学校"}, elsewhere: []string{"code"}},
		"refusal":      {who: me, method: "POST", path: "/api/v1/placements/refuse", good: tree{"ids": []any{placement.ID}}},
		"pass":         {who: w.platform, method: "POST", path: review(waiting.ID, "/pass"), good: tree{"round": 9}},
		"return":       {who: w.platform, method: "POST", path: review(waiting.ID, "/return"), good: tree{"round": 9, "reason": "不清晰"}},
		"reason":       {who: w.platform, method: "POST", path: review(waiting.ID, "/freeze"), good: tree{"reason": "调查"}},
		"smsCode":      {who: anyone, method: "POST", path: "/api/v1/sms-codes", good: tree{"mobile": mobile, "purpose": "login", "ticket": ticket}},
		"mobilePass":   {who: anyone, method: "POST", path: "/api/v1/registration/pass", good: tree{"mobile": mobile, "smsCode": code}},
		"smsLogin":     {who: anyone, method: "POST", path: "/api/v1/login/sms", good: tree{"mobile": mobile, "smsCode": code}},
		"reset":        {who: anyone, method: "POST", path: "/api/v1/password/reset", good: tree{"mobile": mobile, "smsCode": code, "password": "Another-2026"}},
		"password":     {who: me, method: "PUT", path: "/api/v1/me/password", good: tree{"old": actstest.Password, "password": "Another-2026"}},
		"mobile":       {who: me, method: "PUT", path: "/api/v1/me/mobile", good: tree{"mobile": mobile, "smsCode": code, "password": actstest.Password}},
		"recovery": {who: w.as(applicant.Token), method: "POST", path: "/api/v1/recoveries", good: treeOf(tb, recovery),
			taken: []string{"code"}},
	}
}

// enteredBySchool is the id of an enterprise that waits for activation.
func (w *partners) enteredBySchool(in internship.EntryInput) string {
	w.TB.Helper()
	return read[handlers.Entry](w.school.post("/partner/v1/enterprises", in).ok(http.StatusCreated)).Enterprise.ID
}

// colleague is a further person of the enterprise's staff.
func (w *partners) colleague(e *actstest.Enterprise) string {
	w.TB.Helper()
	x, err := w.Acts.AddAccount(w.TB.Context(), e.Staff, internship.AccountInput{Name: "李专员", Mobile: "13700000002", Role: "hr"})
	if err != nil {
		w.TB.Fatal(err)
	}
	return x.ID
}

// spoilMore are the values that no form may take in any field of text, as JSON.
func spoilMore() map[string]json.RawMessage {
	return map[string]json.RawMessage{
		"NUL": json.RawMessage(`"a\u0000b"`), "half a character": json.RawMessage(`"a\ud800b"`), "the other half": json.RawMessage(`"a\udc00"`),
		"joined emoji": json.RawMessage(`"👨‍👩‍👧"`), "byte order mark": json.RawMessage(`"a\ufeffb"`), "line separator": json.RawMessage(`"a\u2028b"`),
		"filler": json.RawMessage(`"\u3164"`), "escape": json.RawMessage(`"\u001b[31m"`), "deep list": json.RawMessage(strings.Repeat("[", 2000) + strings.Repeat("]", 2000)),
		"deep object": json.RawMessage(strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000)),
		"megabyte":    json.RawMessage(`"` + strings.Repeat("长", 5_000) + `"`),
	}
}

// TestEveryFieldOfEveryForm spoils each field of each form of the domain in every way: the answer names the field in
// Chinese, once, and nothing is stored. A form without a route fails: it must be thought of.
func TestEveryFieldOfEveryForm(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	routes := formRoutes(w)
	before := w.everything()
	for _, form := range internship.Forms() {
		r, known := routes[form.Name]
		if !known {
			t.Errorf("the form %s is submitted nowhere: give it a route in formRoutes", form.Name)
			continue
		}
		delete(routes, form.Name)
		for _, f := range form.Fields {
			if slices.Contains(r.elsewhere, f.Name) {
				continue
			}
			values := spoil(f)
			for what, raw := range spoilMore() {
				values[what] = bad{wrapRaw(f, raw), []string{"format", "type", "choice", "range", "date", "check_digit", "too_long", "required"}}
			}
			maps.Copy(values, wrongCheckDigit(f, r))
			for what, bad := range values {
				body := r.good.set(f.Name, bad.value)
				if what == "missing" {
					body = r.good.without(f.Name)
				}
				p := r.who.do(r.method, r.path, body).refused(internship.ErrInvalid)
				if len(p.Errors) != 1 || !strings.HasPrefix(p.Errors[0].Field, f.Name) || !slices.Contains(bad.codes, p.Errors[0].Code) {
					t.Errorf("%s, %s %s: %v, want %s with one of %v", form.Name, f.Name, what, fields(p), f.Name, bad.codes)
				}
			}
		}
		for _, body := range []string{"{", "[]", `"x"`, "null", "{}{}", `{"name":"\ud800`, "\xff", strings.Repeat("[", 20000), `{"a":` + strings.Repeat("[", 20000)} {
			if body != "null" || !r.mayLack {
				r.who.do(r.method, r.path, body).refused(internship.ErrBadRequest)
			}
		}
		if p := r.who.do(r.method, r.path, r.good.set("surprise", 1)).refused(internship.ErrInvalid); !cmp.Equal(fields(p), []string{"surprise=unknown"}) {
			t.Errorf("%s: an unknown field: %v", form.Name, fields(p))
		}
	}
	for name := range routes {
		t.Errorf("%s is no form any more", name)
	}
	if diff := cmp.Diff(before, w.everything()); diff != "" {
		t.Errorf("something was stored (-before, +after):\n%s", diff)
	}
	if strings.Contains(w.log.String(), `"level":"ERROR"`) {
		t.Error("a refusal is logged as an error")
	}
}

func wrapRaw(f internship.Field, raw json.RawMessage) any {
	if f.Most > 0 {
		return []any{raw}
	}
	return raw
}

// wrongCheckDigit are codes and numbers with one wrong character.
func wrongCheckDigit(f internship.Field, r formRoute) map[string]bad {
	good, _ := r.good.get(f.Name).(string)
	isCode := strings.Contains(f.Label, "信用代码") || strings.Contains(f.Label, "身份证号")
	if !isCode || good == "" || slices.Contains(r.taken, f.Name) {
		return nil
	}
	last, other := good[len(good)-1], byte('3')
	if last == other {
		other = '4'
	}
	return map[string]bad{"wrong check digit": {good[:len(good)-1] + string(other), []string{"check_digit"}},
		"too short": {good[:len(good)-1], []string{"format"}}, "letters": {strings.Repeat("Z", len(good)), []string{"format"}}}
}

func (t tree) get(path string) any {
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return t[head]
	}
	switch inner := t[head].(type) {
	case map[string]any:
		return tree(inner).get(rest)
	case tree:
		return inner.get(rest)
	}
	return nil
}

// TestHostileTextIsText submits what is poison elsewhere: it is text, taken or refused as such.
func TestHostileTextIsText(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	routes := formRoutes(w)
	for _, form := range internship.Forms() {
		r := routes[form.Name]
		for _, f := range form.Fields {
			if slices.Contains(r.elsewhere, f.Name) || f.Greatest > 0 || f.Most > 0 || r.who == nil {
				continue
			}
			for _, text := range []string{`'; DROP TABLE enterprises; --`, `{"$ne": null}`, `$where: sleep(9)`, `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`,
				`{{.enterprise}}`, `%s%n`, `../../etc/passwd`, "=cmd|'/c calc'!A1", `\`, `\u0000`, `𠮷野家`, `é́`} {
				a := r.who.do(r.method, r.path, r.good.set(f.Name, text))
				if a.status >= http.StatusInternalServerError || !strings.Contains(a.header.Get("Content-Type"), "json") || a.header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s, %s = %q: %d %s", form.Name, f.Name, text, a.status, a.body)
				}
				var p handlers.Problem
				a.into(&p)
				if p.Code == internship.ErrInvalid.Code && !slices.ContainsFunc(p.Errors, func(e handlers.FieldProblem) bool { return strings.HasPrefix(e.Field, f.Name) }) {
					t.Errorf("%s, %s = %q: %v", form.Name, f.Name, text, fields(p))
				}
			}
		}
	}
}
