package internship

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// submission is a checked form without fault.
func submission() Submission {
	return Submission{
		Core: Core{Name: "示例电子", Code: "91410900MA4ABCD173", CodeKind: USCC, LegalPerson: "张明", CertificateKind: "营业执照", Certificate: "fil_1"},
		Profile: Profile{Address: Address{Province: "410000", City: "410900", County: "410902", Detail: "新华街 260 号"}, Contact: "王经理", Phone: "0393-8888888",
			Intro: "电子产品", Industry: "制造业", Staff: 100},
	}
}

// registered waits for review, and the registry has confirmed it.
func registered(t *testing.T) *Enterprise {
	t.Helper()
	e := &Enterprise{}
	if err := e.Register(submission(), "acc_1", doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	asked(t, e, RegistryMatch)
	return e
}

func asked(t *testing.T, e *Enterprise, outcome string) {
	t.Helper()
	if noted, err := e.NoteRegistry(e.Round, RegistryCheck{Outcome: outcome}, doBy(BySystem)); !noted || err != nil {
		t.Fatalf("%t %v", noted, err)
	}
}

// in is a registered enterprise in a state, with a change waiting.
func in(t *testing.T, state string) *Enterprise {
	t.Helper()
	if state == Entered {
		return entered(t)
	}
	e := registered(t)
	e.State = state
	c := e.Core()
	c.Name = "示例科技"
	e.Waiting = &CoreChange{Core: c, At: noon, Registry: &RegistryCheck{Outcome: RegistryMatch}}
	return e
}

// moves are the acts of the table with all that they need but state and actor.
func moves() map[string]func(*Enterprise, Do) error {
	reason := func(do Do) Do { do.Note = "原因"; return do }
	return map[string]func(*Enterprise, Do) error{
		"recommend": func(e *Enterprise, do Do) error {
			return e.Recommend(&School{Root: Root{ID: "sch_9"}, Name: "九校"}, do)
		},
		"pass":            func(e *Enterprise, do Do) error { return e.Pass(e.Round, do) },
		"return":          func(e *Enterprise, do Do) error { return e.Return(e.Round, reason(do)) },
		"resubmit":        func(e *Enterprise, do Do) error { return e.Resubmit(submission(), do) },
		"complete":        func(e *Enterprise, do Do) error { return e.CompleteProfile(ProfileUpdate{Profile: e.Profile}, do) },
		"withdraw_change": func(e *Enterprise, do Do) error { return e.WithdrawChange(do) },
		"pass_change":     func(e *Enterprise, do Do) error { return e.PassChange(e.Round, do) },
		"return_change":   func(e *Enterprise, do Do) error { return e.ReturnChange(e.Round, reason(do)) },
		"freeze":          func(e *Enterprise, do Do) error { return e.Freeze(reason(do)) },
		"lift":            func(e *Enterprise, do Do) error { return e.Lift(do) },
		"reveal":          func(e *Enterprise, do Do) error { return e.Reveal(reason(do)) },
		"request_change": func(e *Enterprise, do Do) error {
			e.Waiting = nil
			c := e.Core()
			c.LegalPerson = "李四"
			return e.RequestChange(c, do)
		},
	}
}

// TestEveryActInEveryStateByEverySide holds the acts against the table: what
// the table doesn't allow is refused and leaves the enterprise as it was.
func TestEveryActInEveryStateByEverySide(t *testing.T) {
	t.Parallel()
	for name, move := range moves() {
		tr := enterpriseMachine.transition(name)
		for _, state := range enterpriseMachine.States {
			for _, side := range []ActorKind{ByEnterprise, ByStudent, BySchool, ByPlatform, BySystem} {
				e := in(t, state.Name)
				before := *e
				history := len(e.History)
				err := move(e, doBy(side))
				allowed := slices.Contains(tr.From, state.Name) && slices.Contains(tr.By, side)
				if name == "withdraw_change" || name == "pass_change" || name == "return_change" {
					allowed = allowed && before.Waiting != nil
				}
				switch {
				case allowed && err != nil:
					t.Errorf("%s in %s by %s: %v", name, state.Name, side, err)
				case !allowed && err == nil:
					t.Errorf("%s in %s by %s is let through", name, state.Name, side)
				case !allowed && (e.State != before.State || len(e.History) != history || e.Reason != before.Reason):
					t.Errorf("%s in %s by %s leaves traces", name, state.Name, side)
				case state.Name == Blacklisted && side != ByPlatform && side != BySystem && !errors.Is(err, ErrBlacklisted) &&
					!errors.Is(err, ErrNoChange):
					t.Errorf("%s of a blacklisted one by %s: %v", name, side, err)
				case allowed && len(e.History) != history+1:
					t.Errorf("%s in %s writes %d lines of history", name, state.Name, len(e.History)-history)
				}
			}
		}
	}
}

func TestReviewRefusals(t *testing.T) {
	t.Parallel()
	platform, reason := doBy(ByPlatform), doBy(ByPlatform)
	reason.Note = "证件不清晰"
	nominated := func() *Enterprise {
		e := &Enterprise{Name: "示例电子", Code: "91410900MA4ABCD173", CodeKind: USCC}
		if err := e.Nominate(Nominator{StudentID: "stu_1"}, doBy(ByStudent)); err != nil {
			t.Fatal(err)
		}
		return e
	}
	with := func(change func(*Enterprise)) *Enterprise {
		e := registered(t)
		change(e)
		return e
	}
	for name, c := range map[string]struct {
		e    *Enterprise
		do   func(*Enterprise) error
		want error
	}{
		"PassNominated":   {nominated(), func(e *Enterprise) error { return e.Pass(0, platform) }, ErrNotRegistered},
		"ReturnNominated": {nominated(), func(e *Enterprise) error { return e.Return(0, reason) }, ErrNotRegistered},
		"PassOtherRound":  {registered(t), func(e *Enterprise) error { return e.Pass(2, platform) }, ErrStaleRound},
		"ReturnOther":     {registered(t), func(e *Enterprise) error { return e.Return(0, reason) }, ErrStaleRound},
		"PassUnasked":     {with(func(e *Enterprise) { e.Registry = nil }), func(e *Enterprise) error { return e.Pass(1, platform) }, ErrRegistryPending},
		"PassMismatchNoID": {with(func(e *Enterprise) { e.Registry.Outcome = RegistryMismatch }),
			func(e *Enterprise) error { return e.Pass(1, platform) }, ErrRegistrantMissing},
		"PassUnverifiedNoID": {with(func(e *Enterprise) { e.CodeUnverified = true }), func(e *Enterprise) error { return e.Pass(1, platform) }, ErrRegistrantMissing},
		"PassMismatchID": {with(func(e *Enterprise) { e.Registry.Outcome, e.HasID = RegistryMismatch, true }),
			func(e *Enterprise) error { return e.Pass(1, platform) }, nil},
		"ReturnNoReason": {registered(t), func(e *Enterprise) error { return e.Return(1, platform) }, ErrInvalid},
		"FreezeNoReason": {in(t, Active), func(e *Enterprise) error { return e.Freeze(platform) }, ErrInvalid},
		"RevealNoReason": {in(t, Active), func(e *Enterprise) error { return e.Reveal(platform) }, ErrInvalid},
		"ChangeNothing": {with(func(e *Enterprise) { e.State = Active }), func(e *Enterprise) error { return e.RequestChange(e.Core(), doBy(ByEnterprise)) },
			ErrNothingChanged},
		"ChangeTwice": {in(t, Active), func(e *Enterprise) error { return e.RequestChange(Core{Name: "x"}, doBy(ByEnterprise)) }, ErrChangeWaiting},
		"LegalPersonInProfile": {in(t, Active), func(e *Enterprise) error {
			p := e.Profile
			p.LegalPerson = "李四"
			return e.CompleteProfile(ProfileUpdate{Profile: p}, doBy(ByEnterprise))
		}, ErrCoreLocked},
		"CertificateInProfile": {in(t, Active), func(e *Enterprise) error {
			return e.CompleteProfile(ProfileUpdate{Profile: e.Profile, CertificateKind: "营业执照", Certificate: "fil_2"}, doBy(ByEnterprise))
		}, ErrCoreLocked},
		"ResubmitNoID": {with(func(e *Enterprise) { e.State, e.Registry.Outcome = Returned, RegistryNotFound }),
			func(e *Enterprise) error { return e.Resubmit(submission(), doBy(ByEnterprise)) }, ErrInvalid},
		"ClaimRegistered":  {registered(t), func(e *Enterprise) error { return e.Claim(submission(), "acc_2", doBy(ByEnterprise)) }, ErrRegistered},
		"Claim":            {nominated(), func(e *Enterprise) error { return e.Claim(submission(), "acc_2", doBy(ByEnterprise)) }, nil},
		"InviteNominated":  {nominated(), func(e *Enterprise) error { return e.InviteAgain(Activation{}, platform) }, nil},
		"InviteRegistered": {registered(t), func(e *Enterprise) error { return e.InviteAgain(Activation{}, platform) }, ErrRegistered},
	} {
		if err := c.do(c.e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestReturnedComesBackForReview(t *testing.T) {
	t.Parallel()
	e := registered(t)
	do := doBy(ByPlatform)
	do.Note = "证件不清晰"
	if err := e.Return(1, do); err != nil || e.State != Returned || e.Reason != "证件不清晰" {
		t.Fatalf("%v %+v", err, e)
	}
	again := submission()
	again.Core.Certificate = "fil_2"
	if err := e.Resubmit(again, doBy(ByEnterprise)); err != nil || e.State != UnderReview || e.Reason != "" || e.Round != 2 || e.Registry != nil {
		t.Fatalf("%v %+v", err, e)
	}
	if noted, err := e.NoteRegistry(1, RegistryCheck{Outcome: RegistryMatch}, doBy(BySystem)); noted || err != nil {
		t.Errorf("an answer about the round before is kept: %t %v", noted, err)
	}
	asked(t, e, RegistryMatch)
	if err := e.Pass(2, doBy(ByPlatform)); err != nil || e.State != Active || e.Certificate != "fil_2" {
		t.Errorf("%v %+v", err, e)
	}
	if diff := cmp.Diff([]string{AllSchools}, e.Outbox[len(e.Outbox)-1].Audience); diff != "" {
		t.Errorf("every school hears of it: %s", diff)
	}
}

func TestClaimKeepsTheSource(t *testing.T) {
	t.Parallel()
	e := &Enterprise{}
	if err := e.Nominate(Nominator{StudentID: "stu_1", SchoolName: "一校"}, doBy(ByStudent)); err != nil {
		t.Fatal(err)
	}
	if since, waits := e.ReviewedSince(); waits || !since.Equal(noon) {
		t.Error("a draft waits for the platform")
	}
	later := doBy(ByEnterprise)
	later.At = noon.Add(time.Hour)
	if err := e.Claim(submission(), "acc_1", later); err != nil || e.Source != FromStudent || e.Nominator.SchoolName != "一校" || e.OwnerID != "acc_1" {
		t.Errorf("%v %+v", err, e)
	}
	if since, waits := e.ReviewedSince(); !waits || !since.Equal(later.At) {
		t.Errorf("waits %t since %s", waits, since)
	}
}

func TestChangeIsInForceOnceItPasses(t *testing.T) {
	t.Parallel()
	e := registered(t)
	if err := e.Pass(1, doBy(ByPlatform)); err != nil {
		t.Fatal(err)
	}
	c := e.Core()
	c.Name, c.Certificate = "示例科技", "fil_2"
	if err := e.RequestChange(c, doBy(ByEnterprise)); err != nil || e.Name != "示例电子" || e.Round != 2 {
		t.Fatalf("%v %+v", err, e)
	}
	if err := e.PassChange(2, doBy(ByPlatform)); !errors.Is(err, ErrRegistryPending) {
		t.Errorf("before the registry: %v", err)
	}
	asked(t, e, RegistryMismatch)
	if err := e.PassChange(1, doBy(ByPlatform)); !errors.Is(err, ErrStaleRound) {
		t.Errorf("another round: %v", err)
	}
	if err := e.PassChange(2, doBy(ByPlatform)); err != nil || e.Core() != c || e.Waiting != nil || !e.LastChange.Passed {
		t.Errorf("%v %+v", err, e)
	}
	if got := e.History[len(e.History)-1].Note; got != "名称由「示例电子」变更为「示例科技」；更换证件扫描件" {
		t.Errorf("history %q", got)
	}
}

func TestCodeThatFailsItsCheckDigit(t *testing.T) {
	t.Parallel()
	in := EntryInput{Name: "示例电子", Code: "91410900MA4ABCD174"}
	_, err := in.Parse()
	e, ok := errors.AsType[*Error](err)
	if !ok || len(e.Fields) != 1 || e.Fields[0].Code != "check_digit" ||
		e.Fields[0].Message != "统一社会信用代码校验不通过，请对照证件逐位核对；如证件上确实如此，请勾选「代码与证件一致」后提交，由平台人工核实" {
		t.Errorf("got %+v", err)
	}
	in.CodeConfirmed = true
	if e, err := in.Parse(); err != nil || !e.CodeUnverified || e.Code != "91410900MA4ABCD174" || e.CodeKind != USCC {
		t.Errorf("%+v %v", e, err)
	}
	in.Code = "91410900MA4ABCD173"
	if e, err := in.Parse(); err != nil || e.CodeUnverified {
		t.Errorf("a code that fits is flagged: %v", err)
	}
	in.Code = "9141090"
	if _, err := in.Parse(); err == nil {
		t.Error("a code of another form is taken because it was confirmed")
	}
}

func TestFrozenPositionsAreHidden(t *testing.T) {
	t.Parallel()
	e, p := registered(t), &Position{State: Recruiting, OpenTo: []string{AllSchools}}
	freeze, lift := doBy(ByPlatform), doBy(ByPlatform)
	freeze.Note = "调查"
	if err := e.Pass(1, doBy(ByPlatform)); err != nil {
		t.Fatal(err)
	}
	p.Reach = e.Reach
	var seen []Enterprise
	for _, step := range []func() error{func() error { return e.Freeze(freeze) }, func() error { return e.Lift(lift) }, func() error { return e.Freeze(freeze) }} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, *e)
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {0, 2, 1}, {1, 0, 2}} {
		q := *p
		for _, i := range order {
			q.Follow(&seen[i])
		}
		if q.OfferedTo("sch_1") || !slices.Equal(q.HiddenFrom, []string{AllSchools}) {
			t.Errorf("read in the order %v: open to %v", order, q.OpenTo)
		}
		if err := e.Freeze(freeze); !errors.Is(err, ErrWrongState) {
			t.Errorf("frozen twice: %v", err)
		}
	}
	if err := e.Lift(lift); err != nil {
		t.Fatal(err)
	}
	if p.Follow(e); !p.OfferedTo("sch_1") || p.HiddenFrom != nil {
		t.Errorf("after the lift: %v", p.OpenTo)
	}
}

// TestOnlyReviewAsksForAnIDNumber (G-05): not of one that a school entered with
// a code that fails its check digit, nor of one whose change was passed although
// the registry had something else.
func TestOnlyReviewAsksForAnIDNumber(t *testing.T) {
	t.Parallel()
	for _, s := range enterpriseMachine.States {
		reviewed := s.Name == UnderReview || s.Name == Returned
		for _, e := range []*Enterprise{{State: s.Name, CodeUnverified: true}, {State: s.Name, Review: Review{Registry: &RegistryCheck{Outcome: RegistryMismatch}}}} {
			if e.NeedsID() != reviewed {
				t.Errorf("%s: asked for it: %t", s.Label, e.NeedsID())
			}
			e.HasID = true
			if e.NeedsID() {
				t.Errorf("%s: asked for what is known", s.Label)
			}
		}
	}
}
