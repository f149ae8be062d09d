package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/internship"
)

// TestEventsFeed follows a sign-up through the feed: every event once, in
// order and numbered without a gap; a school sees its own.
func TestEventsFeed(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	winner, loser := w.enterprise("胜出企业"), w.enterprise("落选企业")
	student := w.NewStudent("卢晓东")
	mine, theirs := student.Applies(winner.Position("焊工", 1)), student.Applies(loser.Position("电工", 1))
	if _, err := w.Acts.Accept(t.Context(), winner.Staff, mine.ID); err != nil {
		t.Fatal(err)
	}
	w.told("enterprises", winner.ID, loser.ID)
	w.Pass(time.Second)
	w.told("placements", mine.ID)
	w.Pass(time.Second)
	w.told("placements", theirs.ID)

	outside, err := w.Acts.EnterEnterprise(t.Context(), w.Other, internship.EntryInput{Name: "外校企业", Code: entryInput(1, "").Code})
	if err != nil {
		t.Fatal(err)
	}
	w.log.never(outside.Code)
	w.told("enterprises", outside.Enterprise.ID)

	all := w.feed(w.platform, 2)
	for i, e := range all {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has number %d", i, e.Seq)
		}
	}
	if diff := cmp.Diff(all, w.feed(w.students, 100)); diff != "" {
		t.Errorf("the students' app sees others (-platform, +students):\n%s", diff)
	}
	kinds := func(events []handlers.Event) (out []string) {
		for _, e := range events {
			if strings.HasPrefix(e.Kind, "placement.") {
				out = append(out, e.Kind+" by "+e.By.Label+e.By.Name)
			}
		}
		return out
	}
	school := w.feed(w.school, 3)
	want := []string{"placement.applied by 学生卢晓东", "placement.accepted by 企业", "placement.applied by 学生卢晓东", "placement.lapsed by 系统"}
	if diff := cmp.Diff(want, kinds(school)); diff != "" {
		t.Errorf("the school's placements (-want, +got):\n%s", diff)
	}
	if len(school) != len(all)-1 {
		t.Errorf("the school sees %d of %d events, want all but the other school's", len(school), len(all))
	}
	if others := w.feed(w.other, 100); len(others) != 1 || others[0].Data["enterprise"] != "外校企业" || others[0].By.Name != "洛阳市某职业学校" {
		t.Errorf("the other school sees %+v", others)
	}

	for _, e := range school {
		for name, word := range e.Data {
			if _, err := time.Parse(time.RFC3339, word); strings.HasSuffix(name, "At") && err != nil {
				t.Errorf("%s of %s is no RFC 3339: %q", name, e.Kind, word)
			}
		}
	}
	lapsed := school[len(school)-1]
	if lapsed.Data["appliedAt"] != "2026-11-23T12:00:00+08:00" {
		t.Errorf("appliedAt = %q", lapsed.Data["appliedAt"])
	}
	if text := fmt.Sprintf("%+v", lapsed); strings.Contains(text, "胜出") || strings.Contains(text, winner.ID) || strings.Contains(text, mine.ID) {
		t.Errorf("the lapse names the other enterprise: %s", text)
	}
	if lapsed.Data["reason"] != internship.SignedByAnother || lapsed.Refs.PlacementID != theirs.ID || lapsed.Refs.EnterpriseID != loser.ID {
		t.Errorf("lapsed = %+v", lapsed)
	}
}

// TestEventsFeedWaits: at the end the cursor stays, and what comes next is
// read from there.
func TestEventsFeedWaits(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	if page := read[handlers.EventPage](w.platform.get("/partner/v1/events").ok(http.StatusOK)); len(page.Items) != 0 || page.Next != 0 {
		t.Errorf("empty feed = %+v", page)
	}
	e := w.enterprise("甲")
	w.told("enterprises", e.ID)
	first := read[handlers.EventPage](w.platform.get("/partner/v1/events?limit=100"))
	if page := read[handlers.EventPage](w.platform.get(fmt.Sprintf("/partner/v1/events?after=%d", first.Next))); len(page.Items) != 0 || page.Next != first.Next {
		t.Errorf("at the end = %+v, want the cursor %d", page, first.Next)
	}
	entry, err := w.Acts.EnterEnterprise(t.Context(), w.School, entryInput(1, "乙"))
	if err != nil {
		t.Fatal(err)
	}
	w.log.never(entry.Code)
	w.told("enterprises", entry.Enterprise.ID)
	page := read[handlers.EventPage](w.platform.get(fmt.Sprintf("/partner/v1/events?after=%d", first.Next)))
	if len(page.Items) != 1 || page.Items[0].Seq != first.Next+1 || page.Items[0].Data["enterprise"] != "乙" {
		t.Errorf("after that = %+v", page)
	}
}

// feed reads all events from the beginning in pages.
func (w *partners) feed(p partner, limit int) []handlers.Event {
	w.TB.Helper()
	var all []handlers.Event
	for after := int64(0); ; {
		page := read[handlers.EventPage](p.get(fmt.Sprintf("/partner/v1/events?after=%d&limit=%d", after, limit)).ok(http.StatusOK))
		if len(page.Items) == 0 {
			return all
		}
		all, after = append(all, page.Items...), page.Next
	}
}
