package acts_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

func TestFrozenEnterprise(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx, e, other := t.Context(), w.Passed("甲"), w.Enterprise("乙")
	position, theirs := e.Position("焊工", 3), other.Position("电工", 1)
	running, waiting := w.NewStudent("卢晓东").Applies(position), w.NewStudent("马丽").Applies(position)
	if _, err := w.Acts.Accept(ctx, e.Staff, running.ID); err != nil {
		t.Fatal(err)
	}
	w.Pass(time.Minute)
	e.Frozen()
	if offers := offered(t, w); len(offers) != 1 || offers[0] != theirs.ID {
		t.Errorf("offered %v", offers)
	}
	if _, err := w.NewStudent("张三").TryApply(position); !errors.Is(err, internship.ErrFrozen) {
		t.Errorf("applies: %v", err)
	}
	if _, err := w.Acts.Accept(ctx, e.Staff, waiting.ID); !errors.Is(err, internship.ErrFrozen) {
		t.Errorf("accepts: %v", err)
	}
	draft, err := w.Acts.CreatePosition(ctx, e.Staff, actstest.Terms("钳工", 1))
	if err != nil {
		t.Errorf("a new position: %v", err)
	}
	if _, _, err := w.Acts.PublishPosition(ctx, e.Staff, draft.ID, actstest.Publication()); !errors.Is(err, internship.ErrFrozen) {
		t.Errorf("publishes: %v", err)
	}
	if _, err := w.Acts.Approve(ctx, w.School, running.ID); err != nil {
		t.Errorf("a running placement goes on: %v", err)
	}
	w.React("placements", waiting.ID)
	if got, err := w.DB.Placements.Get(ctx, waiting.ID); err != nil || got.State != internship.Applied {
		t.Errorf("an application from before the freeze: %s %v", got.State, err)
	}
	if _, err := w.Acts.Lift(ctx, actstest.Platform, e.ID); err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID)
	if offers := offered(t, w); len(offers) != 2 {
		t.Errorf("after the lift: %v", offers)
	}
	if _, err := w.Acts.Accept(ctx, e.Staff, waiting.ID); err != nil {
		t.Errorf("accepts after the lift: %v", err)
	}
}

// offered are the positions that the world's school may choose.
func offered(t *testing.T, w *actstest.World) []string {
	t.Helper()
	page, err := w.DB.OfferedPositions(t.Context(), w.School.SchoolID, store.OfferFilter{Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(page.Items))
	for i, p := range page.Items {
		ids[i] = p.ID
	}
	return ids
}

// TestApplicationAtTheInstantOfAFreeze got past the check before it: it lapses.
func TestApplicationAtTheInstantOfAFreeze(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 1)
	e.Frozen()
	w.Pass(time.Second)
	if _, err := w.DB.Enterprises.Update(t.Context(), e.ID, func(x *internship.Enterprise) error { x.State = internship.Active; return nil }); err != nil {
		t.Fatal(err)
	}
	read, err := w.DB.Positions.Update(t.Context(), position.ID, func(p *internship.Position) error {
		p.OpenTo = p.HiddenFrom // as it was read before the freeze
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	late := w.NewStudent("卢晓东").Applies(read)
	if _, err := w.DB.Enterprises.Update(t.Context(), e.ID, func(x *internship.Enterprise) error { x.State = internship.Frozen; return nil }); err != nil {
		t.Fatal(err)
	}
	w.React("placements", late.ID)
	if got, err := w.DB.Placements.Get(t.Context(), late.ID); err != nil || got.StateLabel() != "已失效（企业暂停招收）" {
		t.Errorf("%v %v", got, err)
	}
}

// TestFreezeLiftFreeze runs the three reactions in every order and at once, over more than one page of positions: in the
// end all are hidden. A position that is published meanwhile is hidden too.
func TestFreezeLiftFreeze(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	side := w.Process(w.Open(nil))
	ctx, e := t.Context(), w.Passed("甲")
	const positions = 60
	first := e.Position("焊工 0", 1)
	for n := range positions - 1 {
		more := *first
		more.Root = internship.Root{ID: fmt.Sprint("pos_more", n)}
		more.CreatedAt = first.CreatedAt.Add(time.Duration(n) * time.Second)
		if _, err := w.DB.Positions.Create(ctx, &more); err != nil {
			t.Fatal(err)
		}
	}
	late, err := w.Acts.CreatePosition(ctx, e.Staff, e.Terms("电工", 1))
	if err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID)
	reason := internship.ReasonInput{Reason: "调查"}
	var events []internship.Event
	for n, step := range []func() error{
		func() error { _, err := w.Acts.Freeze(ctx, actstest.Platform, e.ID, reason); return err },
		func() error { _, err := w.Acts.Lift(ctx, actstest.Platform, e.ID); return err },
		func() error {
			_, _, err := w.Acts.PublishPosition(ctx, e.Staff, late.ID, actstest.Publication())
			return err
		},
		func() error { _, err := side.Freeze(ctx, actstest.Platform, e.ID, reason); return err },
	} {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
	}
	if events, err = w.DB.Outbox(ctx, "enterprises", e.ID); err != nil || len(events) != 3 {
		t.Fatalf("%d events %v", len(events), err)
	}
	published, err := w.DB.Outbox(ctx, "positions", late.ID)
	if err != nil {
		t.Fatal(err)
	}
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	var wg sync.WaitGroup
	for i, event := range append(events, published...) {
		at := []*acts.Acts{w.Acts, side}[i%2]
		wg.Go(func() {
			for _, r := range acts.ReactionsTo(event.Kind) {
				for cursor, more := "", true; more; more = cursor != "" {
					next, err := r.Run(at, ctx, event, cursor)
					if err != nil {
						t.Error(err)
						return
					}
					cursor = next
				}
			}
		})
	}
	wg.Wait()
	if left := offered(t, w); len(left) != 0 {
		t.Errorf("%d positions of a frozen enterprise are shown", len(left))
	}
	if _, err := w.Acts.Lift(ctx, actstest.Platform, e.ID); err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID)
	if shown := offered(t, w); len(shown) != positions+1 {
		t.Errorf("%d of %d are shown again", len(shown), positions+1)
	}
}

func TestSchoolsAreToldOfAFreeze(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	other, _ := w.NewSchool("410088", "洛阳市某职业学校")
	open, own := w.Passed("甲"), w.Enterprise("乙")
	open.Position("焊工", 1)
	open.Frozen()
	own.Frozen()
	if _, err := w.DB.NumberEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	for school, want := range map[string]int{w.School.SchoolID: 2, other.SchoolID: 1} {
		rows, err := w.Acts.Events(t.Context(), acts.Partner{Kind: internship.BySchool, SchoolID: school}, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		frozen := 0
		for _, r := range rows {
			if r.Kind == internship.EnterpriseFrozen {
				frozen++
			}
		}
		if frozen != want {
			t.Errorf("%s is told of %d freezes, want %d", school, frozen, want)
		}
	}
}

// TestBlacklistedIsRefusedEverywhere tries every act by which an enterprise, a school or a student could go on.
func TestBlacklistedIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx, e := t.Context(), w.Passed("甲")
	position := e.Position("焊工", 2)
	waiting := w.NewStudent("马丽").Applies(position)
	if _, err := w.DB.Enterprises.Update(ctx, e.ID, func(x *internship.Enterprise) error { x.State = internship.Blacklisted; return nil }); err != nil {
		t.Fatal(err)
	}
	p, student := w.Applicant(), w.NewStudent("卢晓东")
	form := p.Form("甲", e.Code)
	for name, act := range map[string]func() error{
		"register": func() error { _, err := w.Acts.Register(ctx, p.Token, form, acts.Device{}); return err },
		"enter": func() error {
			_, err := w.Acts.EnterEnterprise(ctx, w.School, internship.EntryInput{Name: "甲", Code: e.Code})
			return err
		},
		"nominate": func() error {
			_, err := w.Acts.Nominate(ctx, actstest.StudentsApp, student.Student.ID, internship.NominationInput{Name: "甲", Code: e.Code, Contact: "王", Mobile: "13500000001"})
			return err
		},
		"resubmit": func() error { _, err := w.Acts.Resubmit(ctx, e.Staff, e.Resubmission(form)); return err },
		"change": func() error {
			_, err := w.Acts.RequestChange(ctx, e.Staff, internship.ChangeInput{Name: "乙", Code: e.Code, LegalPerson: "张明", CertificateKind: "营业执照",
				Certificate: e.File(e.ID, e.Staff.AccountID, internship.FileCertificate)})
			return err
		},
		"profile": func() error {
			_, err := w.Acts.CompleteProfile(ctx, e.Staff, internship.ProfileInput{LegalPerson: "张明", Contact: "王", Phone: "0393-8888888", Intro: "x",
				Industry: "制造业", Staff: 9, Address: actstest.Address()})
			return err
		},
		"write a position": func() error { _, err := w.Acts.CreatePosition(ctx, e.Staff, actstest.Terms("电工", 1)); return err },
		"edit": func() error {
			_, err := w.Acts.EditPosition(ctx, e.Staff, position.ID, actstest.Terms("焊工", 2))
			return err
		},
		"apply":  func() error { _, err := student.TryApply(position); return err },
		"accept": func() error { _, err := w.Acts.Accept(ctx, e.Staff, waiting.ID); return err },
		"publish": func() error {
			_, _, err := w.Acts.PublishPosition(ctx, e.Staff, position.ID, actstest.Publication())
			return err
		},
	} {
		if err := act(); !errors.Is(err, internship.ErrBlacklisted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEntryByTextMessage: the code goes to a contact's mobile once for each code; a landline gets none.
func TestEntryByTextMessage(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	in := internship.EntryInput{Name: "示例电子", Code: actstest.USCC(1), Contact: "王经理", Phone: "13300000001"}
	ctx := store.WithOp(t.Context(), "op_entry")
	for range 2 {
		e, err := w.Acts.EnterEnterprise(ctx, w.School, in)
		if err != nil || !e.Texted {
			t.Fatalf("%+v %v", e, err)
		}
		kind, params, _ := w.SMS("13300000001")
		if kind != "activation" || params["code"] != e.Code || params["school"] != "郑州市某职业学校" || params["days"] != "30" || params["link"] != "https://shixi.test/h5/activate?code="+in.Code {
			t.Errorf("%s %v", kind, params)
		}
	}
	texts := func() int {
		rows, err := w.DB.SMSesTo(t.Context(), "13300000001", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	if texts() != 1 {
		t.Errorf("%d text messages for one code", texts())
	}
	e, err := w.DB.EnterpriseByCode(t.Context(), in.Code, internship.USCC)
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := w.Acts.RenewCode(t.Context(), w.School, e.ID, internship.RenewalInput{})
	if err != nil || !renewed.Texted || texts() != 2 {
		t.Errorf("%+v %v, %d text messages", renewed, err, texts())
	}
	other, _ := w.NewSchool("410088", "洛阳市某职业学校")
	again, err := w.Acts.EnterEnterprise(t.Context(), other, in)
	if err != nil || again.Texted || again.Code != "" || len(again.Enterprise.Recommenders) != 2 || texts() != 2 {
		t.Errorf("a further school: %+v %v", again, err)
	}
	in.Code, in.Phone = actstest.USCC(2), "0393-8888888"
	if e, err := w.Acts.EnterEnterprise(t.Context(), w.School, in); err != nil || e.Texted {
		t.Errorf("a landline: %+v %v", e, err)
	}
	waiting := w.Registered("自荐电子")
	joined, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "自荐电子", Code: waiting.Code, Phone: "13300000002"})
	if err != nil || joined.Code != "" || joined.Enterprise.State != internship.UnderReview || !joined.Enterprise.RecommendedBy(w.School.SchoolID) {
		t.Errorf("one that registered itself: %+v %v", joined, err)
	}
}

// TestInvitationsAreFew: one mobile is written to three times in a month, whoever nominates.
func TestInvitationsAreFew(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	w.Acts.Home = nil
	nominate := func(n int64) acts.Nomination {
		t.Helper()
		got, err := w.Acts.Nominate(t.Context(), actstest.StudentsApp, w.NewStudent("卢晓东").Student.ID,
			internship.NominationInput{Name: "示例", Code: actstest.USCC(n), Contact: "王", Mobile: "13500000001"})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if n := nominate(1); n.Texted {
		t.Error("an invitation without a link")
	}
	w.Acts.Home = home(t)
	for n := range int64(5) {
		if got := nominate(10 + n); got.Texted != (n < 3) {
			t.Errorf("nomination %d: %t", n, got.Texted)
		}
	}
	if kind, params, _ := w.SMS("13500000001"); kind != "invitation" || params["student"] != "卢**" || params["link"] != "https://shixi.test/join" {
		t.Errorf("%s %v", kind, params)
	}
}

func home(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse("https://shixi.test")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestAnIndustryThatBecomesBarred: an enterprise that published as a factory and then says that it is an internet café
// takes nobody, and its positions are hidden until it is a factory again (domain.md §3.1).
func TestAnIndustryThatBecomesBarred(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx, e := t.Context(), w.Enterprise("甲")
	position := e.Position("焊工", 2)
	waiting := w.NewStudent("马丽").Applies(position)
	says := func(industry string) {
		t.Helper()
		_, err := w.Acts.CompleteProfile(ctx, e.Staff, internship.ProfileInput{LegalPerson: "张明", Contact: "王", Phone: "0393-8888888", Intro: "x",
			Industry: industry, Staff: 1000, Address: actstest.Address()})
		if err != nil {
			t.Fatal(err)
		}
		w.React("enterprises", e.ID)
	}
	says("网吧活动")
	if offers := offered(t, w); len(offers) != 0 {
		t.Errorf("offered %v", offers)
	}
	if _, err := w.NewStudent("张三").TryApply(position); !errors.Is(err, internship.ErrIndustryBarred) {
		t.Errorf("applies: %v", err)
	}
	if _, err := w.Acts.Accept(ctx, e.Staff, waiting.ID); !errors.Is(err, internship.ErrIndustryBarred) {
		t.Errorf("accepts: %v", err)
	}
	says("酒吧服务") // another such place: nothing to follow
	e.Frozen()
	if _, err := w.Acts.Lift(ctx, actstest.Platform, e.ID); err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID)
	if offers := offered(t, w); len(offers) != 0 {
		t.Errorf("offered after a lift: %v", offers)
	}
	says("制造业")
	if offers := offered(t, w); len(offers) != 1 {
		t.Errorf("offered again: %v", offers)
	}
	if _, err := w.Acts.Accept(ctx, e.Staff, waiting.ID); err != nil {
		t.Errorf("accepts again: %v", err)
	}
}

// TestNoTextWithoutAnAddress: a message that could lead nowhere is not sent, and the platform's resending voids no code.
func TestNoTextWithoutAnAddress(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	w.Acts.Home = nil
	e, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "示例电子", Code: actstest.USCC(1), Contact: "王经理", Phone: "13300000001"})
	if err != nil || e.Texted || e.Code == "" {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := w.Acts.Resend(t.Context(), actstest.Platform, e.Enterprise.ID); !errors.Is(err, internship.ErrUnavailable) {
		t.Errorf("resent: %v", err)
	}
	kept, err := w.DB.Enterprises.Get(t.Context(), e.Enterprise.ID)
	if err != nil || kept.Activation.Hash != e.Enterprise.Activation.Hash {
		t.Errorf("the code was replaced: %v", err)
	}
}
