package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
)

// happened numbers n new events of a school.
func happened(t *testing.T, db *store.DB, n int, school string) {
	t.Helper()
	events := make([]internship.Event, n)
	for i := range events {
		events[i] = internship.Event{ID: store.NewID(t.Context(), "evt"), Kind: internship.PlacementApplied, At: noon, Audience: []string{school}}
	}
	if err := db.AddEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	for done := 1; done > 0; {
		var err error
		if done, err = db.NumberEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func subscriber(t *testing.T, db *store.DB, id string) store.Subscriber {
	t.Helper()
	all, err := db.Subscribers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no subscriber %s among %+v", id, all)
	return store.Subscriber{}
}

// tell tells of everything numbered and returns of how many events.
func tell(t *testing.T, db *store.DB) (total int) {
	t.Helper()
	for {
		n, err := db.TellSubscribers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

// rest brings a subscriber to rest, with all it wants delivered.
func rest(t *testing.T, db *store.DB, id string) {
	t.Helper()
	s, err := db.ClaimSubscriber(t.Context(), id, "me", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	s.Cursor = max(s.Cursor, s.Wanted)
	if ok, err := db.RestSubscriber(t.Context(), s); !ok || err != nil {
		t.Fatal(ok, err)
	}
}

func TestTellingWakesThoseConcerned(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	if n := tell(t, db); n != 0 {
		t.Errorf("told of %d events, nobody was there", n)
	}
	happened(t, db, 3, "sch_1")
	for id, school := range map[string]string{"one": "sch_1", "two": "sch_2", "all": ""} {
		if err := db.AddSubscriber(t.Context(), id, school, -1); err != nil {
			t.Fatal(err)
		}
		if err := db.AddSubscriber(t.Context(), id, "sch_9", 0); err != nil { // there already
			t.Fatal(err)
		}
		if s := subscriber(t, db, id); s.Cursor != 3 || s.Wanted != 3 || s.Audience != school {
			t.Errorf("new: %+v", s)
		}
		rest(t, db, id)
	}
	if n := tell(t, db); n != 0 {
		t.Errorf("told of %d events from before", n)
	}
	clock.Pass(time.Hour)
	happened(t, db, 700, "sch_1")
	if n := tell(t, db); n != 700 {
		t.Errorf("told of %d events, want 700", n)
	}
	for id, want := range map[string]string{"one": store.JobWaiting, "two": store.SubscriberLive, "all": store.JobWaiting} {
		s := subscriber(t, db, id)
		if s.State != want || s.State == store.JobWaiting && (s.Wanted != 703 || !s.Next.Equal(noon.Add(time.Hour))) {
			t.Errorf("%s: %+v, want %s", id, s, want)
		}
	}
	rest(t, db, "one")
	rest(t, db, "all")
	happened(t, db, 1, internship.AllSchools)
	tell(t, db)
	for _, id := range []string{"one", "two", "all"} {
		s := subscriber(t, db, id)
		if s.State != store.JobWaiting || s.Wanted != 704 {
			t.Errorf("told to every school, %s: %+v", id, s)
		}
		if n, err := db.Behind(t.Context(), &s); n != map[string]int{"one": 1, "two": 1, "all": 1}[id] || err != nil {
			t.Errorf("%s is behind by %d, %v", id, n, err)
		}
	}
	rest(t, db, "two")
	due, err := db.DueRows(t.Context(), "subscribers", time.Minute, 10)
	if err != nil || len(due) != 2 {
		t.Errorf("due %+v, %v", due, err)
	}
	if _, err := db.ClaimSubscriber(t.Context(), "two", "me", time.Minute); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("claimed one at rest: %v", err)
	}
}

// New events don't bring a failing one's next attempt forward, wake no dead or
// paused one, and are known to all of them.
func TestTellingLeavesStatesAlone(t *testing.T) {
	t.Parallel()
	_, db, _ := openAt(t)
	states := map[string]string{"failing": store.JobWaiting, "dead": store.SubscriberDead, "paused": store.SubscriberPaused}
	for id := range states {
		if err := db.AddSubscriber(t.Context(), id, "sch_1", -1); err != nil {
			t.Fatal(err)
		}
		s, err := db.ClaimSubscriber(t.Context(), id, "me", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		s.State, s.Next, s.Failures, s.FailingSince, s.Error = store.JobWaiting, noon.Add(time.Hour), 7, noon, "status 500"
		if id == "dead" {
			s.State = store.SubscriberDead
		}
		if ok, err := db.SaveSubscriber(t.Context(), s); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for _, want := range []bool{true, false} {
		if ok, err := db.PauseSubscriber(t.Context(), "paused"); ok != want || err != nil {
			t.Errorf("paused %v, %v", ok, err)
		}
	}
	if ok, err := db.PauseSubscriber(t.Context(), "dead"); ok || err != nil {
		t.Errorf("paused a dead one: %v", err)
	}
	happened(t, db, 2, "sch_1")
	tell(t, db)
	for id, state := range states {
		s := subscriber(t, db, id)
		if s.State != state || s.Wanted != 2 || id == "failing" && !s.Next.Equal(noon.Add(time.Hour)) {
			t.Errorf("%s: %+v", id, s)
		}
		if n, err := db.Behind(t.Context(), &s); n != 2 || err != nil {
			t.Errorf("%s is behind by %d, %v", id, n, err)
		}
	}
	for id, want := range map[string]bool{"dead": true, "failing": true, "paused": false, "none": false} {
		ok, err := db.ResumeSubscriber(t.Context(), id, store.SubscriberDead, store.JobWaiting)
		if ok != want || err != nil {
			t.Errorf("resumed %s: %v, %v", id, ok, err)
		}
	}
	if s := subscriber(t, db, "dead"); s.State != store.JobWaiting || s.Failures != 0 || !s.FailingSince.IsZero() || s.Error != "" || !s.Next.Equal(noon) || s.Cursor != 0 {
		t.Errorf("resumed: %+v", s)
	}
	if _, err := db.ClaimSubscriber(t.Context(), "dead", "me", time.Minute); err != nil {
		t.Fatal(err)
	}
	if ok, err := db.ResumeSubscriber(t.Context(), "dead", store.JobWaiting); ok || err != nil {
		t.Errorf("resumed one that is being served: %v", err)
	}
}

// Between the worker's last look and its rest more is wanted: it does not come
// to rest. A claim that was lost writes nothing at all.
func TestNoRestWhileMoreIsWanted(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	if err := db.AddSubscriber(t.Context(), "one", "sch_1", -1); err != nil {
		t.Fatal(err)
	}
	s, err := db.ClaimSubscriber(t.Context(), "one", "me", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	happened(t, db, 1, "sch_1")
	tell(t, db)
	if ok, err := db.RestSubscriber(t.Context(), s); ok || err != nil {
		t.Fatalf("at rest: %v", err)
	}
	if ok, err := db.NoteSubscriber(t.Context(), s, time.Minute); !ok || err != nil || s.Wanted != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	clock.Pass(2 * time.Minute)
	other, err := db.ClaimSubscriber(t.Context(), "one", "other", time.Minute)
	if err != nil || !other.Lost {
		t.Fatalf("%+v, %v", other, err)
	}
	s.Cursor = 99
	for what, write := range map[string]func() (bool, error){
		"note": func() (bool, error) { return db.NoteSubscriber(t.Context(), s, time.Minute) },
		"rest": func() (bool, error) { return db.RestSubscriber(t.Context(), s) },
		"save": func() (bool, error) { return db.SaveSubscriber(t.Context(), s) },
	} {
		if ok, err := write(); ok || err != nil {
			t.Errorf("%s of a lost claim: %v, %v", what, ok, err)
		}
	}
	other.Cursor = 1
	if ok, err := db.RestSubscriber(t.Context(), other); !ok || err != nil {
		t.Error(ok, err)
	}
	if s := subscriber(t, db, "one"); s.Cursor != 1 || s.State != store.SubscriberLive || s.Owner != "" {
		t.Errorf("%+v", s)
	}
}

// However many number and tell at once, everybody wants the last event.
func TestManyTellAtOnce(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	for n := range 5 {
		if err := db.AddSubscriber(t.Context(), fmt.Sprint("key-", n), []string{"", "sch_1"}[n%2], -1); err != nil {
			t.Fatal(err)
		}
	}
	race(t, 20, func(i int) error {
		events := []internship.Event{{ID: fmt.Sprintf("evt_%d.1.0", i), Audience: []string{"sch_1"}}}
		if err := sides[i%2].AddEvents(t.Context(), events); err != nil {
			return err
		}
		return errors.Join(second(sides[i%2].NumberEvents(t.Context())), second(sides[i%2].TellSubscribers(t.Context())))
	}, is(internship.ErrNotFound))
	happened(t, db, 1, "sch_1")
	tell(t, db)
	for n := range 5 {
		if s := subscriber(t, db, fmt.Sprint("key-", n)); s.Wanted != 21 {
			t.Errorf("%+v", s)
		}
	}
}
