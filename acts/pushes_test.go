package acts_test

import (
	"testing"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// An instant that the feed shows in RFC 3339 reads in a message as people
// write it; a word that is no instant stays.
func TestMessagesWriteInstantsInTheirOwnWay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	e := internship.Event{ID: "plc_1.1.0", Kind: internship.PlacementApplied, At: at, Data: map[string]string{
		"appliedAt": at.In(internship.Zone).Format(time.RFC3339), "startAt": "即日", "reason": "2026-11-23T12:00:00+08:00"}}
	staff := []*internship.Account{{Root: internship.Root{ID: "acc_1"}, Role: internship.Owner}}
	pushes := acts.PushesFor(e, staff, func(string) store.Work { return store.Work{} })
	if len(pushes) != 1 {
		t.Fatalf("%d pushes", len(pushes))
	}
	for word, want := range map[string]string{"appliedAt": "2026-11-23 12:00:00", "at": "2026-11-23 12:00:00", "startAt": "即日", "reason": "2026-11-23T12:00:00+08:00"} {
		if got := pushes[0].Data[word]; got != want {
			t.Errorf("%s = %q, want %q", word, got, want)
		}
	}
}
