// Package actstest builds worlds for tests that read like the domain:
// world.Enterprise("A").Position("焊工", 2), world.Student("卢晓东").Applies(position).
package actstest

import (
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// Start is the instant at which worlds begin: a Monday noon in the enrolment.
var Start = time.Date(2026, 11, 23, 12, 0, 0, 0, internship.Zone)

// Password is that of every account.
const Password = "Shixi-2026"

// World is a database with a school and its plan.
type World struct {
	TB     testing.TB
	Server *storetest.Server
	DB     *store.DB
	Acts   *acts.Acts
	School acts.Partner
	Plan   *internship.Plan
	clock  *atomic.Int64
	serial *atomic.Int64
}

// New makes a world in which nobody is yet but one school with one plan.
// alter changes the store's options.
func New(tb testing.TB, alter func(*store.Options)) *World {
	tb.Helper()
	w := &World{TB: tb, clock: new(atomic.Int64), serial: new(atomic.Int64)}
	w.clock.Store(Start.UnixNano())
	w.Server = storetest.StartAt(tb, w.Now)
	w.DB = w.Open(alter)
	w.Acts = w.Process(w.DB)
	w.School, w.Plan = w.NewSchool("410099", "郑州市某职业学校")
	return w
}

// Process is what a process does with the world's database.
func (w *World) Process(db *store.DB) *acts.Acts {
	a := acts.New(db, nil, acts.Apps{ServiceAccount: "wx0000000000000001", MiniProgram: "wx0000000000000002"}, slog.New(slog.DiscardHandler))
	a.Captcha, a.Hasher.Derive = Puzzles{}, Derive
	a.Home = &url.URL{Scheme: "https", Host: "shixi.test"}
	return a
}

// Derive is argon2id with little memory: what a password costs, which is most of
// what a small world does, is another test's matter.
func Derive(password, salt []byte) []byte { return argon2.IDKey(password, salt, 1, 8, 1, 32) }

// Open opens the world's database once more, as a second process would.
func (w *World) Open(alter func(*store.Options)) *store.DB {
	w.TB.Helper()
	return w.Server.Open(w.TB, func(o *store.Options) {
		o.Now = w.Now
		if alter != nil {
			alter(o)
		}
	})
}

// Now is the world's clock; it stands still until Pass.
func (w *World) Now() time.Time { return time.Unix(0, w.clock.Load()) }

// Pass lets time go by.
func (w *World) Pass(d time.Duration) { w.clock.Add(int64(d)) }

// NewSchool is a further school with a plan of its own.
func (w *World) NewSchool(code, name string) (acts.Partner, *internship.Plan) {
	w.TB.Helper()
	ctx := w.TB.Context()
	p := acts.Partner{Kind: internship.BySchool, SchoolID: internship.SchoolID(code), Key: "key-" + code}
	_, err := w.Acts.PutSchool(ctx, p, code, internship.SchoolInput{Name: name})
	w.must(err)
	plan, err := w.Acts.PutPlan(ctx, p, "2026-1", internship.PlanInput{Name: "2024 级电子技术应用岗位实习", Grade: "2024", Major: "电子技术应用",
		FirstDay: "2027-01-04", LastDay: "2027-07-03", EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31"})
	w.must(err)
	return p, plan
}

func (w *World) must(err error) {
	w.TB.Helper()
	if err != nil {
		w.TB.Fatal(err)
	}
}

func (w *World) next() int64 { return w.serial.Add(1) }

// Enterprise is an activated enterprise with a complete profile and an owner.
type Enterprise struct {
	*World
	ID     string
	Code   string
	Mobile string
	Staff  acts.Staff
	Token  string
	// plan is the file of its 实习方案, kept when first asked for.
	plan func() string
}

// Enterprise enters and activates an enterprise recommended by the school.
func (w *World) Enterprise(name string) *Enterprise {
	w.TB.Helper()
	ctx, n := w.TB.Context(), w.next()
	e := &Enterprise{World: w, Code: USCC(n), Mobile: fmt.Sprintf("138%08d", n)}
	entry, err := w.Acts.EnterEnterprise(ctx, w.School, internship.EntryInput{Name: name, Code: e.Code})
	w.must(err)
	quiet := *w.Acts
	quiet.NoSMS = true // how the mobile is verified is the matter of few tests
	opened, err := quiet.Activate(ctx, internship.ActivationInput{Code: e.Code, ActivationCode: entry.Code, Mobile: e.Mobile, Name: "王经理", Password: Password}, acts.Device{Name: "测试", ID: "the device of " + e.Code}, "127.0.0.1")
	w.must(err)
	e.ID, e.Token = entry.Enterprise.ID, opened.Token
	e.Staff = acts.Staff{AccountID: opened.Session.AccountID, EnterpriseID: e.ID, Name: "王经理", Role: internship.Owner, Session: opened.Session.ID}
	_, err = w.Acts.CompleteProfile(ctx, e.Staff, internship.ProfileInput{LegalPerson: "张明", Contact: "王经理", Phone: "0393-8888888", Intro: "电子产品", Industry: "制造业", Staff: 1000,
		Address: internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "新华街 260 号"}})
	w.must(err)
	e.plan = sync.OnceValue(func() string { return e.Upload(internship.FilePlan) })
	return e
}

// Terms is a position form that may be saved, and published once it names a
// plan's file (see Enterprise.Terms).
func Terms(name string, headcount int) internship.PositionInput {
	return internship.PositionInput{Name: name, Department: "技术部", Salary: "2K-3K", ReferenceWage: 2500, Education: "不限",
		Headcount: headcount, StaffInPost: min(5*headcount, 1000), Majors: []string{"电子技术应用"}, Occupation: 2,
		Address: internship.WorkplaceInput{Province: "410000", City: "410900", County: "410902", Detail: "新华街 260 号"},
		Lodging: "2-4人间", NightShift: "无夜班", Overtime: "无加班", EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31", Description: "参与产品开发"}
}

// Publication makes the whole current declaration.
func Publication() internship.PublicationInput {
	current := internship.CurrentDeclaration()
	return internship.PublicationInput{Declaration: internship.DeclarationInput{Version: current.Version, Accepted: current.Codes()}}
}

// Terms is a complete position form of the enterprise.
func (e *Enterprise) Terms(name string, headcount int) internship.PositionInput {
	e.TB.Helper()
	in := Terms(name, headcount)
	in.PlanFile = e.plan()
	return in
}

// Upload keeps a small file of a kind for the enterprise and gives its id.
func (e *Enterprise) Upload(kind string) string {
	e.TB.Helper()
	return e.File(e.ID, e.Staff.AccountID, kind)
}

// Position is a published position of the enterprise.
func (e *Enterprise) Position(name string, headcount int) *internship.Position {
	e.TB.Helper()
	p, err := e.Acts.CreatePosition(e.TB.Context(), e.Staff, e.Terms(name, headcount))
	e.must(err)
	return e.Publishes(p)
}

// Publishes publishes a position, which must succeed.
func (e *Enterprise) Publishes(p *internship.Position) *internship.Position {
	e.TB.Helper()
	p, _, err := e.Acts.PublishPosition(e.TB.Context(), e.Staff, p.ID, Publication())
	e.must(err)
	return p
}

// Student is a student of the world's school whom its plan means.
type Student struct {
	*World
	*internship.Student
}

// StudentsApp is the students' side of the partner API.
var StudentsApp = acts.Partner{Kind: internship.ByStudent, Key: "students"}

// NewStudent adds a student.
func (w *World) NewStudent(name string) *Student {
	w.TB.Helper()
	n := w.next()
	s, err := w.Acts.PutStudent(w.TB.Context(), w.School, fmt.Sprintf("S%06d", n), internship.StudentInput{Name: name, IDNumber: IDNumber(n),
		Mobile: fmt.Sprintf("139%08d", n), Education: "中专", Grade: "2024", Major: "电子技术应用"})
	w.must(err)
	return &Student{World: w, Student: s}
}

// TryApply applies for a position as it is given.
func (s *Student) TryApply(p *internship.Position) (*internship.Placement, error) {
	return s.Acts.Apply(s.TB.Context(), StudentsApp, acts.Application{StudentID: s.Student.ID, PlanID: s.Plan.ID, PositionID: p.ID, Edition: p.Published})
}

// Applies applies for a position, which must succeed.
func (s *Student) Applies(p *internship.Position) *internship.Placement {
	s.TB.Helper()
	placement, err := s.TryApply(p)
	s.must(err)
	return placement
}

// React runs the reactions to every event that waits in a document, as the
// relay and its jobs would, and takes the events out.
func (w *World) React(collection, id string) {
	w.TB.Helper()
	ctx := w.TB.Context()
	events, err := w.DB.Outbox(ctx, collection, id)
	w.must(err)
	w.must(w.DB.AddEvents(ctx, events))
	for _, e := range events {
		for _, r := range acts.ReactionsTo(e.Kind) {
			for cursor, more := "", true; more; more = cursor != "" {
				cursor, err = r.Run(w.Acts, ctx, e, cursor)
				w.must(err)
			}
		}
	}
	w.must(w.DB.TakeOut(ctx, collection, id, events))
}
