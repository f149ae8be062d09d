package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// noon is the instant at which tests begin: far ahead, so that no server's own
// clock takes an expiring row away.
var noon = time.Date(2046, 11, 26, 12, 0, 0, 0, internship.Zone)

// clock is a clock that moves by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: noon} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// openAt opens a database whose clock is moved by hand.
func openAt(tb testing.TB) (*storetest.Server, *store.DB, *clock) {
	tb.Helper()
	s, c := storetest.Start(tb), newClock()
	return s, s.Open(tb, func(o *store.Options) { o.Now = c.Now }), c
}

// engine skips a test that only the embedded engine can run.
func engine(t *testing.T, s *storetest.Server) {
	t.Helper()
	if s.Engine == nil {
		t.Skip("needs the embedded engine")
	}
}

func school(id string) *internship.School {
	return &internship.School{Root: internship.Root{ID: id}, Code: id, Name: "一校"}
}

// rename is a change that leaves a line in the history.
func rename(name string) func(*internship.School) error {
	return func(s *internship.School) error {
		s.Keep(name, internship.Do{By: internship.Actor{Kind: internship.BySchool}, At: noon})
		return nil
	}
}

func create[T any, P interface {
	*T
	store.Aggregate
}](tb testing.TB, c *store.Collection[T, P], doc P) P {
	tb.Helper()
	saved, err := c.Create(tb.Context(), doc)
	if err != nil {
		tb.Fatal(err)
	}
	return saved
}

// placement is the n-th application at an enterprise, one minute after the one
// before, each of another student for another position.
func placement(enterprise string, n int) *internship.Placement {
	return &internship.Placement{
		Root:         internship.Root{ID: fmt.Sprintf("plc_%s_%06d", enterprise, n)},
		EnterpriseID: enterprise, SchoolID: "sch_1", SchoolName: "一校", PlanID: "pln_1",
		PositionID: fmt.Sprintf("pos_%d", n), StudentID: fmt.Sprintf("stu_%s_%d", enterprise, n),
		Student: internship.Applicant{Name: "卢晓东", Birth: "2007-03-15", Grade: "2024"}, PlanFirstDay: "2027-01-04", PlanLastDay: "2027-07-03",
		State: internship.Applied, Slot: 1, AppliedAt: noon.Add(time.Duration(n) * time.Minute),
	}
}

// begun is a placement with the event of its application in the outbox.
func begun(tb testing.TB, enterprise string, n int) *internship.Placement {
	tb.Helper()
	p := placement(enterprise, n)
	p.State = ""
	if err := p.Begin(internship.Do{By: internship.Actor{Kind: internship.ByStudent}, At: p.AppliedAt}); err != nil {
		tb.Fatal(err)
	}
	return p
}

func account(id, mobile string) *internship.Account {
	return &internship.Account{Root: internship.Root{ID: id}, EnterpriseID: "ent_1", Name: "王经理", Mobile: mobile,
		Role: internship.HR, State: internship.AccountActive, CreatedAt: noon}
}

// race runs n at once and counts the successes and the refusals that match;
// anything else fails the test.
func race(t *testing.T, n int, do func(i int) error, refused func(error) bool) (won, lost int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case refused(err):
				lost++
			default:
				t.Errorf("racer %d: %v", i, err)
			}
		})
	}
	close(start)
	wg.Wait()
	return won, lost
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func held(kind string) func(error) bool {
	return func(err error) bool { return store.Held(err, kind) }
}

// sow inserts n copies of a stored document without the store, each altered in
// the fields that alter names: for lists too long to be made one by one.
func sow(tb testing.TB, s *storetest.Server, collection, id string, n int, alter func(i int) map[string]any) {
	tb.Helper()
	coll := s.Raw(tb).Collection(collection)
	var template bson.D
	if err := coll.FindOne(tb.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&template); err != nil {
		tb.Fatal(err)
	}
	template = slices.DeleteFunc(template, func(e bson.E) bool { return e.Key == "holds" })
	batch := make([]any, 0, n)
	for i := range n {
		doc, fields := slices.Clone(template), alter(i)
		for k := range doc {
			if v, ok := fields[doc[k].Key]; ok {
				doc[k].Value = v
			}
		}
		batch = append(batch, doc)
	}
	if _, err := coll.InsertMany(tb.Context(), batch); err != nil {
		tb.Fatal(err)
	}
}
