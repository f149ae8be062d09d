package handlers_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
	"shixi/wxmsg"
)

// stage is a world around one enterprise in one state: all that can belong to it, everybody who may ask for that, and
// strangers who ask for what is not theirs.
type stage struct {
	*partners
	state string
	e     *actstest.Enterprise
	// people are the accounts of owner, hr and mentor.
	people []*internship.Account
	actors map[string]actor

	drafts, unwanted, recruiting, closing, ending []*internship.Position
	shown                                         *internship.Position
	waiting, refusable, approvable                []*internship.Placement
	applied                                       *internship.Placement
	chooser, elsewhere                            *actstest.Student
	colleague, leaver                             *internship.Account
	certificate, plan                             string
	recoveries                                    []string
	registration, resubmission                    any
	recovery                                      internship.RecoveryInput
	// foreigner is the students' app that acts for a student of another school.
	foreigner string
	mobiles   int
	// further are sessions of the people, to be ended.
	further [3]string
}

// actor is one who calls.
type actor interface {
	do(method, path string, body any) answer
	upload(path string, parts ...part) answer
}

// upload posts a form that is signed.
func (p partner) upload(path string, parts ...part) answer {
	mediaType, body := form(p.w.TB, parts...)
	return caller{p.w, p.sign(http.MethodPost, path, body, p.w.Now(), rand.Text())}.with("Content-Type", mediaType).do(http.MethodPost, path, body)
}

// newStage builds the world while the enterprise is 正常, and then brings it into the state.
func newStage(tb testing.TB, state string) *stage {
	tb.Helper()
	s := &stage{partners: newPartners(tb), state: state, actors: map[string]actor{}}
	s.Acts.Limits = acts.Limits{AddressHour: 1e6, AddressDay: 1e6, PuzzlesHour: 1e6, PuzzlesDay: 1e6, SMSHour: 1e6, SMSDay: 1e6}
	s.app = s.wholeApp()
	s.e = s.enterprise("A")
	s.staff()
	s.work()
	s.doors()
	b := s.enterprise("B")
	s.actors["stranger"], s.actors["stranger's hr"], s.actors["stranger's mentor"] = s.owner(b), s.session(s.hire(b, "hr")), s.session(s.hire(b, "mentor"))
	s.actors["school"], s.actors["other school"], s.actors["students"], s.actors["platform"] = s.school, s.other, s.students, s.platform
	s.actors["anonymous"] = s.anyone()
	if state == internship.Frozen {
		s.e.Frozen() // its positions stand aside
	}
	s.set(nil)
	return s
}

// wholeApp has every route that settings may switch on.
func (s *stage) wholeApp() *handlers.App {
	s.TB.Helper()
	receiver, err := wxmsg.NewReceiver(wxmsg.CallbackConfig{AppID: "wxba5fad812f8e6fb9", Token: "AAAAA", AESKey: strings.Repeat("A", 43), Mode: wxmsg.Safe, Now: s.Now})
	s.must(err)
	p := &platform{wechat: s.wechat, used: map[string]bool{}, snapshots: map[string]bool{}, follower: map[string]acts.Follower{}, away: map[string]bool{}, unions: map[string]string{}}
	s.Acts.WeChat, s.Acts.Phones, s.Acts.Pages, s.Acts.Followers = p, p, p, p
	return handlers.New(handlers.Options{Acts: s.Acts, Log: s.Acts.Log, PartnerKeys: s.keys, Budget: time.Minute, PublicURL: &url.URL{Scheme: "https", Host: "shixi.test"},
		ServiceAccount: receiver, MiniProgram: receiver, VerifyFiles: map[string]string{"MP_verify_ABCDEFGHIJKLMNOP.txt": "matrix"}})
}

func (s *stage) must(err error) {
	s.TB.Helper()
	if err != nil {
		s.TB.Fatal(err)
	}
}

// set brings the enterprise back into its state, with something else changed.
func (s *stage) set(change func(*internship.Enterprise)) {
	s.TB.Helper()
	_, err := s.DB.Enterprises.Update(s.TB.Context(), s.e.ID, func(e *internship.Enterprise) error {
		e.State, e.Waiting, e.OwnerID, e.RegisteredAt, e.Round = s.state, nil, s.e.Staff.AccountID, s.Now(), 1
		e.Registry, e.Activation = &internship.RegistryCheck{Outcome: internship.RegistryMatch}, nil
		if change != nil {
			change(e)
		}
		return nil
	})
	s.must(err)
}

// staff are the people: owner, hr, mentor, and one who was removed.
func (s *stage) staff() {
	s.TB.Helper()
	boss, err := s.DB.Accounts.Get(s.TB.Context(), s.e.Staff.AccountID)
	s.must(err)
	s.people = []*internship.Account{boss, s.hire(s.e, "hr"), s.hire(s.e, "mentor")}
	s.logIn()
	s.moreSessions()
	gone := s.hire(s.e, "hr")
	s.actors["removed"] = s.session(gone)
	s.must(s.Acts.RemoveAccount(s.TB.Context(), s.e.Staff, gone.ID))
	s.colleague, s.leaver = s.hire(s.e, "mentor"), s.hire(s.e, "hr")
}

// logIn gives each of the people a session.
func (s *stage) logIn() {
	for i, role := range []string{"owner", "hr", "mentor"} {
		s.actors[role] = s.session(s.people[i])
	}
}

func (s *stage) hire(e *actstest.Enterprise, role string) *internship.Account {
	s.TB.Helper()
	x, err := s.Acts.AddAccount(s.TB.Context(), e.Staff, internship.AccountInput{Name: "李专员", Mobile: s.mobile(), Role: role})
	s.must(err)
	return x
}

// mobile is one that nobody has.
func (s *stage) mobile() string {
	s.mobiles++
	return fmt.Sprintf("131%08d", s.mobiles)
}

// session is a further one of an account.
func (s *stage) session(x *internship.Account) caller {
	s.TB.Helper()
	token := "sx_" + rand.Text()
	s.log.never(token)
	s.must(s.DB.AddSession(s.TB.Context(), store.Session{ID: acts.TokenHash(token), AccountID: x.ID, EnterpriseID: x.EnterpriseID, Name: x.Name, Role: x.Role,
		Epoch: x.Epoch, Device: "测试", CreatedAt: s.Now(), Expires: s.Now().Add(time.Hour)}))
	return s.as(token)
}

// work are positions and placements, two of each that somebody may use up.
func (s *stage) work() {
	s.TB.Helper()
	ctx := s.TB.Context()
	s.chooser, s.elsewhere = s.NewStudent("卢晓东"), s.NewStudent("张三")
	s.shown = s.e.Position("焊工", 9)
	s.plan, s.certificate = s.shown.Terms.Plan, s.e.Upload(internship.FileCertificate)
	s.applied = s.chooser.Applies(s.shown)
	row := func() *internship.Placement { return s.NewStudent("李四").Applies(s.shown) }
	signed := func(p *internship.Position) *internship.Placement {
		x, err := s.Acts.Accept(ctx, s.e.Staff, s.NewStudent("王五").Applies(p).ID)
		s.must(err)
		return x
	}
	for range 2 {
		for _, list := range []*[]*internship.Position{&s.drafts, &s.unwanted} {
			p, err := s.Acts.CreatePosition(ctx, s.e.Staff, s.e.Terms("电工", 2))
			s.must(err)
			*list = append(*list, p)
		}
		s.recruiting, s.closing = append(s.recruiting, s.e.Position("钳工", 2)), append(s.closing, s.e.Position("车工", 2))
		ending := s.e.Position("铣工", 2)
		signed(ending)
		s.ending = append(s.ending, ending)
		s.waiting, s.refusable = append(s.waiting, row()), append(s.refusable, row())
	}
	for range 3 {
		s.approvable = append(s.approvable, signed(s.shown))
	}
	x, err := s.Acts.PutStudent(ctx, s.Other, "1", studentInput(1))
	s.must(err)
	s.foreigner = x.ID
}

// doors are those who proved a mobile, and the forms of whoever wants in.
func (s *stage) doors() {
	s.TB.Helper()
	ctx := s.TB.Context()
	applicant := s.Applicant()
	form := applicant.Form("A", s.e.Code)
	form.Registrant.IDNumber = actstest.IDNumber(77)
	s.registration, s.resubmission = form, s.e.Resubmission(form)
	s.actors["applicant"] = s.as(applicant.Token)
	claim := func() (acts.Admitted, internship.RecoveryInput) {
		pass := s.Admit(internship.CodeForRecovery, s.mobile())
		s.log.never(pass.Token)
		return pass, internship.RecoveryInput{Code: actstest.USCC(900 + int64(s.mobiles)), Name: "王经理", IDNumber: actstest.IDNumber(88),
			Certificate: s.File(pass.Pass.ID, pass.Pass.ID, internship.FileCertificate)}
	}
	for range 2 {
		pass, in := claim()
		r, err := s.Acts.Recover(ctx, pass.Token, in)
		s.must(err)
		s.recoveries = append(s.recoveries, r.ID)
	}
	pass, in := claim()
	in.Code = s.e.Code
	s.recovery, s.actors["claimant"] = in, s.as(pass.Token)
	s.log.never(applicant.Token)
}

// documents are all that is kept, by version, to see that refusals change nothing. Tries are counted and files looked for
// in other collections.
func (s *stage) documents() map[string]string {
	s.TB.Helper()
	ctx, out := s.TB.Context(), map[string]string{}
	for _, name := range []string{"enterprises", "accounts", "positions", "placements", "students", "plans", "schools", "recoveries", "sessions", "files", "events"} {
		rows, err := s.Server.Raw(s.TB).Collection(name).Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}})
		s.must(err)
		var all []bson.M
		s.must(rows.All(ctx, &all))
		for _, row := range all {
			out[fmt.Sprint(name, " ", row["_id"])] = fmt.Sprint(row["version"], row["state"])
		}
	}
	return out
}

// ids are all that belong to the enterprise, its people and students.
func (s *stage) ids() []string {
	out := []string{s.e.ID, s.plan, s.certificate, s.chooser.Student.ID, s.shown.ID, s.applied.ID, s.colleague.ID, s.leaver.ID}
	for _, p := range slices.Concat(s.drafts, s.unwanted, s.recruiting, s.closing, s.ending) {
		out = append(out, p.ID)
	}
	for _, p := range slices.Concat(s.waiting, s.refusable, s.approvable) {
		out = append(out, p.ID)
	}
	for _, x := range s.people {
		out = append(out, x.ID)
	}
	return out
}

// unknown is the same question for ids that nothing has: their ends are turned round. Of several in the path the last is asked
// about; the student before it is one for whom the students' app may act.
func (s *stage) unknown(path string, body any) (string, any) {
	s.TB.Helper()
	turned := func(id string) string {
		tail := []rune(id[len(id)-8:])
		slices.Reverse(tail)
		return id[:len(id)-8] + string(tail)
	}
	found := anyID.FindAllStringIndex(path, -1)
	if n := len(found); n > 0 {
		at := found[n-1]
		path = path[:at[0]] + turned(path[at[0]:at[1]]) + path[at[1]:]
	}
	if body == nil {
		return path, nil
	}
	return path, anyID.ReplaceAllStringFunc(string(rawBody(s.TB, body)), turned)
}

// anyID finds ids, and those of sessions, which are hashes.
var anyID = regexp.MustCompile(`[a-z]{3}_[A-Z2-7]{26}|[0-9a-f]{64}`)

// likeness is all that an answer tells, but for the number of the request.
func (a answer) likeness() string {
	h := a.header.Clone()
	for _, name := range []string{"X-Request-Id", "Date"} {
		h.Del(name)
	}
	body := regexp.MustCompile(`"requestId":"[^"]*"`).ReplaceAllString(string(a.body), "")
	return fmt.Sprint(a.status, " ", h, " ", body)
}

// moreSessions gives each of the people a session that may be ended.
func (s *stage) moreSessions() {
	for i, x := range s.people {
		token, _ := strings.CutPrefix(s.session(x).header.Get("Authorization"), "Bearer ")
		s.further[i] = acts.TokenHash(token)
	}
}

// visit opens a page, which is not in the documentation.
func (s *stage) visit(name, method, path string) int {
	s.TB.Helper()
	req := httptest.NewRequest(method, "https://shixi.test"+path, nil)
	switch x := s.actors[name].(type) {
	case caller:
		req.Header = x.header.Clone()
	case partner:
		req.Header = x.sign(method, path, nil, s.Now(), rand.Text())
	}
	res, err := s.app.Fiber().Test(req, -1)
	s.must(err)
	s.must(res.Body.Close())
	return res.StatusCode
}
