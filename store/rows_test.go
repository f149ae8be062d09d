package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
)

// push is the n-th push of an account, one minute after the one before.
func push(account string, n int) store.Push {
	at := noon.Add(time.Duration(n) * time.Minute)
	return store.Push{ID: fmt.Sprintf("psh_%s_%03d", account, n), Kind: "signup", AccountID: account, EnterpriseID: "ent_1", PlacementID: "plc_1", Urgency: "normal",
		Work: store.NewWork(at, at, 5*time.Second)}
}

func addPushes(t *testing.T, db *store.DB, pushes ...store.Push) {
	t.Helper()
	if err := db.AddPushes(t.Context(), pushes); err != nil {
		t.Fatal(err)
	}
}

func TestOneOfTwentyWorkersClaimsARow(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	addPushes(t, db, push("acc_1", 0))
	if err := db.AddJobs(t.Context(), []store.Job{{ID: "job_1", Work: store.NewWork(noon, noon, time.Second)}}); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		won, lost := race(t, 20, func(i int) error {
			_, _, err := sides[i%2].ClaimPush(t.Context(), "psh_acc_1_000", fmt.Sprint("w", i), time.Minute)
			return err
		}, is(internship.ErrNotFound))
		if won != 1 || lost != 19 {
			t.Errorf("round %d: push claimed by %d", round, won)
		}
		won, lost = race(t, 20, func(i int) error {
			return second(sides[i%2].ClaimJob(t.Context(), "job_1", fmt.Sprint("w", i), time.Minute))
		}, is(internship.ErrNotFound))
		if won != 1 || lost != 19 {
			t.Errorf("round %d: job claimed by %d", round, won)
		}
		clock.Pass(time.Minute) // the owner died
	}
	p, fresh, err := db.ClaimPush(t.Context(), "psh_acc_1_000", "me", time.Minute)
	if err != nil || fresh || !p.Lost || !p.Doubt || p.Attempt != 3 {
		t.Errorf("fresh %v, %+v, %v", fresh, p, err)
	}
	job, err := db.ClaimJob(t.Context(), "job_1", "me", time.Minute)
	if err != nil || !job.Lost || job.Attempt != 3 {
		t.Errorf("%+v, %v", job, err)
	}
}

func TestOutcomeCountsOnlyWhileTheClaimLasts(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	if err := db.AddJobs(t.Context(), []store.Job{{ID: "job_1", Work: store.NewWork(noon, noon, time.Second)}}); err != nil {
		t.Fatal(err)
	}
	late, err := db.ClaimJob(t.Context(), "job_1", "late", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	clock.Pass(time.Minute)
	job, err := db.ClaimJob(t.Context(), "job_1", "me", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	late.State = store.JobDone
	if ok, err := db.SaveJob(t.Context(), late); ok || err != nil {
		t.Errorf("late outcome: %v %v", ok, err)
	}
	if ok, err := db.NoteJob(t.Context(), late, time.Minute); ok || err != nil {
		t.Errorf("late note: %v %v", ok, err)
	}
	job.Cursor = "page 2"
	if ok, err := db.NoteJob(t.Context(), job, time.Minute); !ok || err != nil {
		t.Errorf("note: %v %v", ok, err)
	}
	job.State, job.Error = store.JobStuck, "broken"
	if ok, err := db.SaveJob(t.Context(), job); !ok || err != nil {
		t.Errorf("outcome: %v %v", ok, err)
	}
	stuck, err := db.StuckJobs(t.Context(), 10)
	if err != nil || len(stuck) != 1 || stuck[0].Cursor != "page 2" || stuck[0].Error != "broken" {
		t.Errorf("stuck %+v %v", stuck, err)
	}
	if n, _, err := db.Troubles(t.Context()); n != 1 || err != nil {
		t.Errorf("%d in trouble %v", n, err)
	}
	for _, want := range []bool{true, false} {
		if ok, err := db.RetryJob(t.Context(), "job_1"); ok != want || err != nil {
			t.Errorf("put back to work: %v %v", ok, err)
		}
	}
	if job, err = db.ClaimJob(t.Context(), "job_1", "me", time.Minute); err != nil || job.Cursor != "page 2" || job.Attempt != 1 {
		t.Errorf("%+v %v", job, err)
	}
}

// TestSweepWakesLessAndLessOften counts the wakes of a row that no worker
// serves: the grace doubles with each, up to 32 times.
func TestSweepWakesLessAndLessOften(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	addPushes(t, db, push("acc_1", 0))
	var after []time.Duration
	last := noon
	for len(after) < 8 {
		rows, err := db.DueRows(t.Context(), "pushes", 10*time.Second, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 1 {
			if rows[0].Generation != len(after)+1 || rows[0].Urgency != "normal" {
				t.Errorf("wake %+v", rows[0])
			}
			after = append(after, clock.Now().Sub(last))
			last = clock.Now()
		}
		clock.Pass(5 * time.Second)
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{5 * s, 10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 320 * s, 320 * s}, after); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
	if p, _, err := db.ClaimPush(t.Context(), "psh_acc_1_000", "me", time.Minute); err != nil || p.Generation != 0 {
		t.Errorf("a claim counts anew: %+v %v", p, err)
	}
}

func TestEmptiedQueueHearsOfWhatMayBeServed(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	addPushes(t, db, push("acc_1", 0), push("acc_1", 1), push("acc_1", 60))
	clock.Pass(2 * time.Minute)
	if _, _, err := db.ClaimPush(t.Context(), "psh_acc_1_000", "me", time.Hour); err != nil {
		t.Fatal(err)
	}
	if rows, err := db.DueRows(t.Context(), "pushes", time.Hour, 100); err != nil || len(rows) != 1 {
		t.Fatalf("due: %v %v", rows, err)
	}
	rows, err := db.ServableRows(t.Context(), "pushes", clock.Now().Add(2*time.Hour), 3*time.Hour, 100)
	if err != nil || len(rows) != 1 || rows[0].ID != "psh_acc_1_001" {
		t.Errorf("neither claimed nor early: %v %v", rows, err)
	}
}

func TestNoticesPageAndAreRead(t *testing.T) {
	t.Parallel()
	_, db, _ := openAt(t)
	var want []string
	for n := range 7 {
		addPushes(t, db, push("acc_1", n), push("acc_2", n))
		want = append(want, push("acc_1", n).ID)
	}
	addPushes(t, db, push("acc_1", 3), push("acc_1", 7)) // one of them is there already
	want = append(want, push("acc_1", 7).ID)
	slices.Reverse(want)
	got := pages(t, func(p *store.Push) string { return p.ID }, func(after string) (store.PushPage, error) {
		return db.Notices(t.Context(), "acc_1", after, 3)
	}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
	n, err := db.MarkRead(t.Context(), "acc_1", []string{want[0], want[1], push("acc_2", 0).ID, "psh_none"})
	if err != nil || n != 2 {
		t.Errorf("marked %d %v", n, err)
	}
	for account, want := range map[string]int{"acc_1": 6, "acc_2": 7, "acc_3": 0} {
		if n, err := db.Unread(t.Context(), account); n != want || err != nil {
			t.Errorf("%s has %d unread, want %d (%v)", account, n, want, err)
		}
	}
	trail, err := db.Deliveries(t.Context(), "plc_1")
	if err != nil || len(trail) != 15 || !slices.IsSortedFunc(trail, func(a, b *store.Push) int { return b.CreatedAt.Compare(a.CreatedAt) }) {
		t.Errorf("trail of %d %v", len(trail), err)
	}
	if _, err := db.Push(t.Context(), "psh_none"); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("unknown push: %v", err)
	}
}
