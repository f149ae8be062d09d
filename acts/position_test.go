package acts_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

// accepts lets an enterprise accept a row, which must succeed.
func accepts(t *testing.T, e *actstest.Enterprise, p *internship.Placement) *internship.Placement {
	t.Helper()
	signed, err := e.Acts.Accept(t.Context(), e.Staff, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func positionState(t *testing.T, w *actstest.World, id string) string {
	t.Helper()
	p, err := w.DB.Positions.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.State
}

// ends takes a signed student back by the school and lets the reactions run.
func ends(t *testing.T, w *actstest.World, p *internship.Placement) {
	t.Helper()
	if _, err := w.Acts.CancelBySchool(t.Context(), w.School, p.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.React("placements", p.ID)
}

func TestFilesOfAPositionAreTheOwn(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e, other := w.Enterprise("甲"), w.Enterprise("乙")
	in := e.Terms("焊工", 1)
	in.Exemption = internship.ExemptionInput{Number: "备 1 号", File: e.Upload(internship.FileExemption)}
	if _, err := w.Acts.CreatePosition(t.Context(), e.Staff, in); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		plan, exemption string
		want            []string
	}{
		"of another":        {other.Upload(internship.FilePlan), "", []string{"planFile"}},
		"of another kind":   {in.Exemption.File, in.PlanFile, []string{"planFile", "exemption.file"}},
		"of nobody":         {"fil_NOBODY", "", []string{"planFile"}},
		"exemption's alone": {in.PlanFile, "fil_NOBODY", []string{"exemption.file"}},
	} {
		bad := in
		bad.PlanFile, bad.Exemption.File = c.plan, c.exemption
		_, err := w.Acts.CreatePosition(t.Context(), e.Staff, bad)
		var got []string
		if refused, ok := errors.AsType[*internship.Error](err); ok && errors.Is(err, internship.ErrInvalid) {
			for _, f := range refused.Fields {
				got = append(got, f.Field)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %v: %s", name, err, diff)
		}
	}
}

// TestPlansOfPublishedEditionsStay: a student who applied under a plan can go
// on reading it, whatever becomes of the position.
func TestPlansOfPublishedEditionsStay(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 1)
	old := position.Terms.Plan
	for range 2 { // the second one is never published
		in := e.Terms("焊工", 1)
		in.PlanFile = e.Upload(internship.FilePlan)
		edited, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		position = edited
	}
	w.Pass(2 * store.FileGrace)
	if _, err := w.DB.SweepFiles(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	for id, there := range map[string]bool{old: true, position.Terms.Plan: true} {
		if _, err := w.DB.OwnFile(t.Context(), e.ID, internship.FilePlan, id); (err == nil) != there {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestShareOfInterns(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	if _, err := w.DB.Enterprises.Update(t.Context(), e.ID, func(e *internship.Enterprise) error {
		e.Profile.Staff = 30 // three interns are 10 %
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	first := e.Position("焊工", 2)
	accepts(t, e, w.NewStudent("卢晓东").Applies(first))
	in := e.Terms("电工", 3)
	p, err := w.Acts.CreatePosition(t.Context(), e.Staff, in)
	if err != nil {
		t.Fatal(err)
	}
	w.Acts.InternShare = internship.ShareBlock
	if _, _, err = w.Acts.PublishPosition(t.Context(), e.Staff, p.ID, actstest.Publication()); !errors.Is(err, internship.ErrTooManyInterns) {
		t.Errorf("1 signed and 3 places of 30: %v", err)
	}
	in.Headcount, in.StaffInPost = 2, 10
	if p, err = w.Acts.EditPosition(t.Context(), e.Staff, p.ID, in); err != nil {
		t.Fatal(err)
	}
	p, warnings, err := w.Acts.PublishPosition(t.Context(), e.Staff, p.ID, actstest.Publication())
	if err != nil || warnings != nil {
		t.Errorf("1 signed and 2 places of 30: %v %v", warnings, err)
	}

	// Of the free places that were published before the counts met, only as
	// many are accepted as the share allows.
	rows := []*internship.Placement{w.NewStudent("马丽").Applies(p), w.NewStudent("张三").Applies(p), w.NewStudent("李四").Applies(first)}
	accepts(t, e, rows[0])
	accepts(t, e, rows[1])
	if _, err := w.Acts.Accept(t.Context(), e.Staff, rows[2].ID); !errors.Is(err, internship.ErrTooManyInterns) {
		t.Errorf("a fourth of 30: %v", err)
	}
	w.Acts.InternShare = internship.ShareWarn
	accepts(t, e, rows[2])
}

func TestEndRecruiting(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 3)
	signed, waiting := w.NewStudent("卢晓东").Applies(position), w.NewStudent("马丽").Applies(position)
	if _, err := w.Acts.EndRecruiting(t.Context(), e.Staff, position.ID); !errors.Is(err, internship.ErrNoInterns) {
		t.Fatalf("nobody signed: %v", err)
	}
	accepts(t, e, signed)
	ended, err := w.Acts.EndRecruiting(t.Context(), e.Staff, position.ID)
	if err != nil || ended.StateLabel() != "实习中" {
		t.Fatalf("%v %v", ended, err)
	}
	if _, err := w.Acts.Accept(t.Context(), e.Staff, waiting.ID); !errors.Is(err, internship.ErrNotRecruiting) {
		t.Errorf("accepted after recruiting: %v", err)
	}
	if _, err := w.NewStudent("张三").TryApply(position); !errors.Is(err, internship.ErrNotRecruiting) {
		t.Errorf("applied after recruiting: %v", err)
	}
	w.React("positions", position.ID)
	expectState(t, w, signed.ID, "企业已同意·待学校")
	expectState(t, w, waiting.ID, "已失效（岗位关闭）")
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, e.Terms("焊工", 3)); !errors.Is(err, internship.ErrWrongState) {
		t.Errorf("edited while interns work on its terms: %v", err)
	}
	ends(t, w, signed)
	if got := positionState(t, w, position.ID); got != internship.Closed {
		t.Errorf("after the last intern: %s", got)
	}
}

func TestLastInternOfSeveral(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 2)
	first, second := w.NewStudent("卢晓东").Applies(position), w.NewStudent("马丽").Applies(position)
	accepts(t, e, first)
	accepts(t, e, second)
	if _, err := w.Acts.EndRecruiting(t.Context(), e.Staff, position.ID); err != nil {
		t.Fatal(err)
	}
	w.React("positions", position.ID)
	ends(t, w, first)
	if got := positionState(t, w, position.ID); got != internship.Running {
		t.Errorf("one intern is left: %s", got)
	}
	ends(t, w, second)
	if got := positionState(t, w, position.ID); got != internship.Closed {
		t.Errorf("none is left: %s", got)
	}
}

// TestTheOnlyInternEndsAtTheInstantOfTheEnd: the count was read before the
// student was taken back, and nothing happens to a placement any more.
func TestTheOnlyInternEndsAtTheInstantOfTheEnd(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 2)
	only := accepts(t, e, w.NewStudent("卢晓东").Applies(position))
	ends(t, w, only)
	if _, err := w.DB.Positions.Update(t.Context(), position.ID, func(p *internship.Position) error {
		return p.EndRecruiting(1, internship.Do{By: internship.System(), At: w.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	w.React("positions", position.ID)
	if got := positionState(t, w, position.ID); got != internship.Closed {
		t.Errorf("%s without interns", got)
	}
}

func TestRecruitingEndsByItself(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	full, short := e.Position("焊工", 1), e.Position("电工", 2)
	accepts(t, e, w.NewStudent("卢晓东").Applies(full))
	late := []*internship.Placement{w.NewStudent("马丽").Applies(short), w.NewStudent("张三").Applies(short), w.NewStudent("李四").Applies(short)}
	midnight := internship.Date("2026-12-31").End()
	w.Pass(midnight.Sub(w.Now()) - time.Second)
	look(t, w)
	if got := positionState(t, w, full.ID); got != internship.Recruiting {
		t.Errorf("before the enrolment is over: %s", got)
	}
	w.Pass(2 * time.Hour)
	look(t, w)
	if got := positionState(t, w, full.ID); got != internship.Running {
		t.Errorf("enrolment over and full: %s", got)
	}
	if got := positionState(t, w, short.ID); got != internship.Recruiting {
		t.Errorf("expiry alone changes no state (G-19): %s", got)
	}
	if rows, err := w.DB.PositionsToLookAt(t.Context(), "2099-01-01", 10); err != nil || len(rows) != 0 {
		t.Errorf("looked at more than once: %v %v", rows, err)
	}

	// From now on the last acceptance ends recruiting.
	for i, p := range late[:2] {
		accepts(t, e, p)
		w.React("placements", p.ID)
		if want := []string{internship.Recruiting, internship.Running}[i]; positionState(t, w, short.ID) != want {
			t.Errorf("%d accepted: %s", i+1, positionState(t, w, short.ID))
		}
	}
	w.React("positions", short.ID)
	expectState(t, w, late[2].ID, "已失效（岗位关闭）")
}

// look does what the sweeper does, twice, with what it found the first time:
// again changes nothing.
func look(t *testing.T, w *actstest.World) {
	t.Helper()
	found, err := w.DB.PositionsToLookAt(t.Context(), acts.LookDay(w.Now()), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(found, found...) {
		if err := w.Acts.EndFilled(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoEditOnePosition: of two who saw the same edition the second is told, and neither a refused edit nor one that
// names no edition does harm.
func TestTwoEditOnePosition(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	p := e.Position("焊工", 1)
	edit := func(name string, seen int) error {
		in := e.Terms(name, 1)
		in.Edition = seen
		_, err := w.Acts.EditPosition(t.Context(), e.Staff, p.ID, in)
		return err
	}
	for _, c := range []struct {
		name string
		seen int
		want error
		is   string
	}{
		{"电工", p.Edition, nil, "电工"},
		{"钳工", p.Edition, internship.ErrTermsChanged, "电工"},
		{"钳工", p.Edition + 2, internship.ErrTermsChanged, "电工"},
		{"钳工", -1, internship.ErrInvalid, "电工"},
		{"钳工", p.Edition + 1, nil, "钳工"},
		{"车工", 0, nil, "车工"},
	} {
		expect(t, c.name, edit(c.name, c.seen), c.want)
		if got, err := w.DB.Positions.Get(t.Context(), p.ID); err != nil || got.Terms.Name != c.is {
			t.Errorf("%s, having seen %d: is %s, %v", c.name, c.seen, got.Terms.Name, err)
		}
	}
}

func TestPublishedAgainIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	p := e.Position("焊工", 1)
	if p.LookOn != "2027-01-01" {
		t.Fatalf("look on %q", p.LookOn)
	}
	in := e.Terms("焊工", 1)
	in.EnrolTo = "2026-12-15"
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, p.ID, in); err != nil {
		t.Fatal(err)
	}
	if rows, err := w.DB.PositionsToLookAt(t.Context(), "2099-01-01", 10); err != nil || len(rows) != 0 {
		t.Errorf("an edited one is looked at: %v %v", rows, err)
	}
	if p = e.Publishes(p); p.LookOn != "2026-12-16" {
		t.Errorf("look on %q", p.LookOn)
	}
}

// TestAFullPositionTakesApplicationsWhenAPlaceIsFreed is G-14.
func TestAFullPositionTakesApplicationsWhenAPlaceIsFreed(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 1)
	signed := accepts(t, e, w.NewStudent("卢晓东").Applies(position))
	next := w.NewStudent("马丽")
	if _, err := next.TryApply(position); !errors.Is(err, internship.ErrPositionFull) {
		t.Fatalf("full: %v", err)
	}
	if got := positionState(t, w, position.ID); got != internship.Recruiting {
		t.Errorf("a full position is %s", got)
	}
	ends(t, w, signed)
	next.Applies(position)
}

// TestAnApplicationToOutdatedTermsGoesBack: it was written after everybody who
// waited had been asked again.
func TestAnApplicationToOutdatedTermsGoesBack(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 1)
	s := w.NewStudent("卢晓东")
	late := s.Applies(position)
	in := e.Terms("焊工", 1)
	in.Lodging = "住宿自理"
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, in); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TryApply(e.Publishes(position)); !errors.Is(err, internship.ErrAlreadyChosen) {
		t.Fatal(err)
	}
	if _, err := w.Acts.Accept(t.Context(), e.Staff, late.ID); !errors.Is(err, internship.ErrReconfirm) {
		t.Errorf("accepted on terms that nobody works on: %v", err)
	}
	w.React("placements", late.ID)
	expectState(t, w, late.ID, "待学生重新确认")
	if _, err := w.NewStudent("马丽").TryApply(position); !errors.Is(err, internship.ErrTermsChanged) {
		t.Errorf("applied to what the student did not see: %v", err)
	}
}

// TestPublishingRacesFreezing: whoever writes last, a frozen enterprise's
// position is hidden once the reactions have run.
func TestPublishingRacesFreezing(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	for range 8 {
		p, err := w.Acts.CreatePosition(t.Context(), e.Staff, e.Terms("焊工", 1))
		if err != nil {
			t.Fatal(err)
		}
		platform := internship.Do{By: internship.Actor{Kind: internship.ByPlatform, ID: "province"}, At: w.Now(), Note: "核查"}
		var both sync.WaitGroup
		both.Go(func() {
			_, _, err := w.Acts.PublishPosition(t.Context(), e.Staff, p.ID, actstest.Publication())
			if err != nil && !errors.Is(err, internship.ErrFrozen) {
				t.Error(err)
			}
		})
		both.Go(func() {
			if _, err := w.DB.Enterprises.Update(t.Context(), e.ID, func(e *internship.Enterprise) error { return e.Freeze(platform) }); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		w.React("enterprises", e.ID)
		w.React("positions", p.ID)
		if _, err := w.Acts.Offer(t.Context(), w.School.SchoolID, p.ID); !errors.Is(err, internship.ErrNotFound) {
			t.Errorf("a frozen enterprise's position is offered: %v", err)
		}
		if _, err := w.DB.Enterprises.Update(t.Context(), e.ID, func(e *internship.Enterprise) error { return e.Lift(platform) }); err != nil {
			t.Fatal(err)
		}
		w.React("enterprises", e.ID)
	}
}

// TestEndOfRecruitingRacesAcceptance through two processes: either the student
// is signed, or the application has lapsed, and the position knows its interns.
func TestEndOfRecruitingRacesAcceptance(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	second := *w.Acts
	second.DB = w.Open(nil)
	e := w.Enterprise("甲")
	for range 8 {
		position := e.Position("焊工", 2)
		signed, waiting := w.NewStudent("卢晓东").Applies(position), w.NewStudent("马丽").Applies(position)
		accepts(t, e, signed)
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := w.Acts.EndRecruiting(t.Context(), e.Staff, position.ID); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			_, err := second.Accept(context.WithoutCancel(t.Context()), e.Staff, waiting.ID)
			if err != nil && !errors.Is(err, internship.ErrNotRecruiting) {
				t.Error(err)
			}
		})
		both.Wait()
		w.React("positions", position.ID)
		w.React("placements", waiting.ID)
		got, err := w.DB.Placements.Get(t.Context(), waiting.ID)
		if err != nil || got.State != internship.Signed && got.State != internship.Lapsed {
			t.Errorf("%+v %v", got, err)
		}
		if state := positionState(t, w, position.ID); state != internship.Running {
			t.Errorf("the position is %s", state)
		}
	}
}
