package acts_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store/embedded"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	p := w.Applicant()
	form := p.Form("示例电子", actstest.USCC(1))
	form.Registrant.IDNumber = actstest.IDNumber(1)
	e := p.Registers(form)
	got := e.Read()
	if got.StateLabel() != "待审核" || got.Source != "自荐" || got.Round != 1 || got.OwnerID != e.Staff.AccountID || !got.HasID || got.Certificate == "" {
		t.Errorf("%+v", got)
	}
	owner, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID)
	if err != nil || owner.State != internship.AccountActive || owner.Role != internship.Owner || owner.Mobile != p.Mobile ||
		owner.IDNumber != form.Registrant.IDNumber || owner.EnterpriseID != e.ID || owner.EnterpriseCode != form.Code {
		t.Errorf("%+v %v", owner, err)
	}
	for _, name := range []string{p.Mobile, form.Code} {
		if _, err := w.Acts.LogIn(t.Context(), acts.Login{Name: name, Password: actstest.Password, Ticket: w.Ticket(), Device: acts.Device{Name: "测试"}, Address: "127.0.0.1"}); err != nil {
			t.Errorf("log in by %s: %v", name, err)
		}
	}
	draft, err := w.Acts.CreatePosition(t.Context(), e.Staff, actstest.Terms("焊工", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Acts.PublishPosition(t.Context(), e.Staff, draft.ID, actstest.Publication()); !errors.Is(err, internship.ErrFrozen) {
		t.Errorf("publishes while under review: %v", err)
	}
}

// TestRegisterAgain hands one form in twice, and with another password.
func TestRegisterAgain(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	p := w.Applicant()
	form := p.Form("示例电子", actstest.USCC(1))
	var wg sync.WaitGroup
	opened := make([]acts.Opened, 6)
	for i := range opened {
		wg.Go(func() {
			var err error
			for opened[i], err = w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"}); errors.Is(err, internship.ErrBusy); {
				opened[i], err = w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, o := range opened[1:] {
		if o.Session.EnterpriseID != opened[0].Session.EnterpriseID || o.Session.AccountID != opened[0].Session.AccountID || o.Token == opened[0].Token {
			t.Errorf("%+v", o.Session)
		}
	}
	if e := p.Registers(form).Read(); e.Round != 1 || len(e.History) != 1 {
		t.Errorf("registered more than once: %+v", e.History)
	}
	form.Password = "Another-2026"
	if _, err := w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrPass) {
		t.Errorf("with another password: %v", err)
	}
	other := p.Form("别的企业", actstest.USCC(2))
	if _, err := w.Acts.Register(t.Context(), p.Token, other, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrPass) {
		t.Errorf("another enterprise with a used pass: %v", err)
	}
}

func TestRegisterRefusals(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	entered, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "已录入", Code: actstest.USCC(901), Contact: "王", Phone: "13300000001"})
	if err != nil {
		t.Fatal(err)
	}
	returned := w.Registered("被退回")
	if _, err := w.Acts.ReturnReview(t.Context(), actstest.Platform, returned.ID, internship.VerdictInput{Round: 1, Reason: "不清晰"}); err != nil {
		t.Fatal(err)
	}
	frozen := w.Passed("被冻结")
	frozen.Frozen()
	barred := w.Passed("黑名单")
	if _, err := w.DB.Enterprises.Update(t.Context(), barred.ID, func(e *internship.Enterprise) error { e.State = internship.Blacklisted; return nil }); err != nil {
		t.Fatal(err)
	}
	staff := w.Enterprise("正常")
	others := int64(0)
	for name, c := range map[string]struct {
		code string
		want error
	}{
		"Entered":                     {entered.Enterprise.Code, internship.ErrEntered},
		"UnderReview":                 {w.Registered("待审核").Code, internship.ErrRegistered},
		"Returned":                    {returned.Code, internship.ErrRegistered},
		"Active":                      {staff.Code, internship.ErrRegistered},
		"Frozen":                      {frozen.Code, internship.ErrRegistered},
		"Blacklisted":                 {barred.Code, internship.ErrBlacklisted},
		"OrganisationCodeOfAnEntered": {entered.Enterprise.Code[8:17], internship.ErrEntered},
	} {
		p := w.Applicant()
		if _, err := w.Acts.Register(t.Context(), p.Token, p.Form("示例", c.code), acts.Device{Name: "测试"}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		others++
		p.Registers(p.Form("另一家", actstest.USCC(5000+others))) // the pass is still good
	}
	if kind, _, _ := w.SMS("13300000001"); kind != "activation" {
		t.Errorf("the newest text message is %q", kind)
	}
	p := w.Applicant()
	form := p.Form("示例", actstest.USCC(77))
	if _, err := w.Acts.Register(t.Context(), "sp_NOTHING", form, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrPass) {
		t.Errorf("without a pass: %v", err)
	}
	form.Certificate = w.Applicant().Form("x", form.Code).Certificate
	if _, err := w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrInvalid) {
		t.Errorf("with another's certificate: %v", err)
	}
	w.Pass(2 * time.Hour)
	if _, err := w.Acts.Register(t.Context(), p.Token, p.Form("示例", form.Code), acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrPass) {
		t.Errorf("after the pass: %v", err)
	}
}

// TestTwoRegisterOneEnterprise races through two replicas: one wins, the other is told, and may register another one.
func TestTwoRegisterOneEnterprise(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	sides := []*acts.Acts{w.Acts, w.Process(w.Open(nil))}
	const racers = 6
	applicants, forms := make([]*actstest.Applicant, racers), make([]internship.RegistrationInput, racers)
	for i := range racers {
		applicants[i] = w.Applicant()
		forms[i] = applicants[i].Form("示例电子", actstest.USCC(1))
	}
	won, lost := race(racers, func(i int) error {
		_, err := sides[i%2].Register(t.Context(), applicants[i].Token, forms[i], acts.Device{Name: "测试"})
		return err
	}, internship.ErrRegistered)
	if won != 1 || lost != racers-1 {
		t.Errorf("%d won, %d lost", won, lost)
	}
	e, err := w.DB.EnterpriseByCode(t.Context(), actstest.USCC(1), internship.USCC)
	if err != nil || e.Round != 1 {
		t.Fatalf("%+v %v", e, err)
	}
	staff, err := w.DB.Staff(t.Context(), e.ID)
	if err != nil || len(staff) != 1 || staff[0].ID != e.OwnerID {
		t.Errorf("%d owners %v", len(staff), err)
	}
	for i, p := range applicants {
		if p.Mobile == staff[0].Mobile {
			continue
		}
		if _, err := sides[i%2].Register(t.Context(), p.Token, p.Form("另一家", actstest.USCC(int64(10+i))), acts.Device{Name: "测试"}); err != nil {
			t.Errorf("a loser can't register another enterprise: %v", err)
		}
	}
}

// TestRegistrationAgainstEntry lets a school enter, a student nominate and the enterprise register itself at one
// instant: one enterprise comes of it, and nobody is left half-way.
func TestRegistrationAgainstEntry(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	other := w.Process(w.Open(nil))
	student := w.NewStudent("卢晓东")
	for n := range int64(8) {
		code := actstest.USCC(100 + n)
		p := w.Applicant()
		form := p.Form("示例电子", code)
		var wg sync.WaitGroup
		var registerErr error
		wg.Go(func() {
			for registerErr = internship.ErrBusy; errors.Is(registerErr, internship.ErrBusy); {
				_, registerErr = other.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"})
			}
		})
		wg.Go(func() {
			_, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "示例电子", Code: code})
			if err != nil && !errors.Is(err, internship.ErrCodeTaken) {
				t.Error(err)
			}
		})
		if n < 4 {
			wg.Go(func() {
				in := internship.NominationInput{Name: "示例电子", Code: code, Contact: "王", Mobile: fmt.Sprintf("135%08d", n)}
				if _, err := w.Acts.Nominate(t.Context(), actstest.StudentsApp, student.Student.ID, in); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		e, err := w.DB.EnterpriseByCode(t.Context(), code, internship.USCC)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case e.State == internship.Entered && !errors.Is(registerErr, internship.ErrEntered), e.State == internship.UnderReview && registerErr != nil:
			t.Errorf("%s: %v", e.State, registerErr)
		}
		account, err := w.DB.AccountByLogin(t.Context(), p.Mobile, "")
		if registerErr == nil && (err != nil || account.ID != e.OwnerID || account.State != internship.AccountActive) {
			t.Errorf("the owner is %+v %v", account, err)
		}
		if registerErr != nil && err == nil {
			t.Errorf("the mobile is still held by %+v", account)
		}
	}
}

func TestClaimOfANominatedEnterprise(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	student, code := w.NewStudent("卢晓东"), actstest.USCC(1)
	in := internship.NominationInput{Name: "示例", Code: code, Contact: "王经理", Mobile: "13500000001"}
	n, err := w.Acts.Nominate(t.Context(), actstest.StudentsApp, student.Student.ID, in)
	if err != nil || n.Known {
		t.Fatalf("%+v %v", n, err)
	}
	p := w.Applicant()
	e := p.Registers(p.Form("示例电子有限公司", code))
	got := e.Read()
	if e.ID != n.Enterprise.ID || got.Source != "学生推荐" || got.Name != "示例电子有限公司" || got.Draft() || got.Nominator.StudentID != student.Student.ID {
		t.Errorf("%+v", got)
	}
	q := w.Applicant()
	if _, err := w.Acts.Register(t.Context(), q.Token, q.Form("别人", code), acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrRegistered) {
		t.Errorf("claimed twice: %v", err)
	}
}

// TestBrokenOffRegistration stops after each step: a repetition comes to the end, and nobody's mobile stays held.
func TestBrokenOffRegistration(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	leftover := func(p *actstest.Applicant, opens string) *internship.Account {
		t.Helper()
		x := &internship.Account{Root: internship.Root{ID: "acc_left" + p.Mobile}, Name: "王", Mobile: p.Mobile, Opens: opens}
		if err := x.Begin(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: w.Now()}); err != nil {
			t.Fatal(err)
		}
		saved, err := w.DB.Accounts.Create(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	p := w.Applicant()
	leftover(p, "ent_NEVER")
	form := p.Form("示例电子", actstest.USCC(1))
	if _, err := w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrBusy) {
		t.Errorf("while the other may still come to its end: %v", err)
	}
	w.Pass(3 * time.Minute)
	p.Registers(form)

	q := w.Applicant()
	account := leftover(q, "ent_left")
	e := &internship.Enterprise{Root: internship.Root{ID: "ent_left"}}
	_, _, err := q.Form("x", actstest.USCC(2)).Parse(w.Now())
	if err != nil {
		t.Fatal(err)
	}
	submission, _, _ := q.Form("示例机械", actstest.USCC(2)).Parse(w.Now())
	if err := e.Register(submission, account.ID, internship.Do{By: account.Actor(), At: w.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.Enterprises.Create(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID) // finishes it
	owner, err := w.DB.Accounts.Get(t.Context(), account.ID)
	if err != nil || owner.State != internship.AccountActive || owner.EnterpriseID != e.ID || owner.EnterpriseCode != actstest.USCC(2) {
		t.Errorf("%+v %v", owner, err)
	}
}

// TestOnePassTwoCodes: two tabs hand in the same scan with one pass under two
// codes. One becomes an enterprise, and the scan stays its own.
func TestOnePassTwoCodes(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	if w.Server.Engine == nil {
		t.Skip("needs the embedded engine")
	}
	p := w.Applicant()
	form := p.Form("示例电子", actstest.USCC(1))
	other := form
	other.Name, other.Code = "示例机械", actstest.USCC(2)
	var second atomic.Bool
	w.Server.Engine.Watch(func(c embedded.Command) embedded.Fault {
		if c.Collection == "passes" && c.Name != "find" && c.Name != "insert" && !second.Swap(true) { // the first is about to end
			if _, err := w.Acts.Register(t.Context(), p.Token, other, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrBusy) && !errors.Is(err, internship.ErrMobileTaken) {
				t.Errorf("the second: %v", err)
			}
		}
		return embedded.Fault{}
	})
	e := p.Registers(form)
	w.Server.Engine.Watch(nil)
	if !second.Load() {
		t.Error("the second did not come in between")
	}
	_, content, err := w.Acts.ReadFile(t.Context(), e.Staff, e.Read().Certificate)
	if err != nil {
		t.Fatalf("the scan of the first: %v", err)
	}
	_ = content.Close()
}

// TestMobileOfABrokenOffRegistration is free for everybody once the
// registration can't come to its end, not only for who registers again.
func TestMobileOfABrokenOffRegistration(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("A")
	left := func(mobile string) {
		t.Helper()
		x := &internship.Account{Root: internship.Root{ID: "acc_left" + mobile}, Name: "王", Mobile: mobile, IDNumber: "410199200701020013", Opens: "ent_NEVER"}
		if err := x.Begin(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: w.Now()}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.DB.Accounts.Create(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	const staff, new, lost = "13500000001", "13500000002", "13500000003"
	for _, mobile := range []string{staff, new, lost} {
		left(mobile)
	}
	add := func() error {
		_, err := w.Acts.AddAccount(t.Context(), e.Staff, internship.AccountInput{Name: "李", Mobile: staff, Role: string(internship.HR)})
		return err
	}
	change := func() error {
		code := w.SMSCode(internship.CodeForMobile, new)
		_, err := w.Acts.ChangeMobile(t.Context(), e.Staff, internship.MobileInput{Mobile: new, SMSCode: code, Password: actstest.Password}, here)
		return err
	}
	expect(t, "an account, while it may come to its end", add(), internship.ErrBusy)
	expect(t, "a change, while it may", change(), internship.ErrBusy)
	w.Pass(3 * time.Minute)
	expect(t, "an account", add(), nil)
	expect(t, "a change of mobile", change(), nil)
	if x, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID); err != nil || x.Mobile != new || x.FormerMobile != e.Mobile || x.Epoch != 1 {
		t.Errorf("%+v, %v", x, err)
	}
	for _, mobile := range []string{staff, new} {
		x, err := w.DB.Accounts.Get(t.Context(), "acc_left"+mobile)
		if err != nil || x.State != internship.AccountRemoved || x.Mobile+x.IDNumber+x.Password != "" {
			t.Errorf("%+v, %v", x, err)
		}
	}

	p := w.Admit(internship.CodeForRecovery, lost)
	r, err := w.Acts.Recover(t.Context(), p.Token, internship.RecoveryInput{Code: e.Code, Name: "王经理", IDNumber: "410199200701020013", Certificate: w.File(p.Pass.ID, p.Pass.ID, internship.FileCertificate)})
	expect(t, "a recovery", err, nil)
	_, err = w.Acts.ApproveRecovery(t.Context(), actstest.Platform, r.ID)
	expect(t, "its approval", err, nil)
}

// TestBrokenOffRegistrationIsSwept: after a day nothing of the person is left, and the mobile is free; one that lacks
// only its last step is finished, and one that came to its end stays as it is.
func TestBrokenOffRegistrationIsSwept(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	left := func(p *actstest.Applicant, opens string) *internship.Account {
		t.Helper()
		x := &internship.Account{Root: internship.Root{ID: "acc_left" + p.Mobile}, Name: "王", Mobile: p.Mobile, IDNumber: actstest.IDNumber(1), Password: "a hash", Opens: opens}
		if err := x.Begin(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: w.Now()}); err != nil {
			t.Fatal(err)
		}
		saved, err := w.DB.Accounts.Create(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	read := func(id string) *internship.Account {
		t.Helper()
		x, err := w.DB.Accounts.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	whole := w.Applicant()
	done := whole.Registers(whole.Form("示例电子", actstest.USCC(1)))
	owner := read(done.Staff.AccountID)
	broken, almost := w.Applicant(), w.Applicant()
	lost, unjoined := left(broken, "ent_NEVER"), left(almost, "ent_left")
	submission, _, err := almost.Form("示例机械", actstest.USCC(2)).Parse(w.Now())
	if err != nil {
		t.Fatal(err)
	}
	e := &internship.Enterprise{Root: internship.Root{ID: "ent_left"}}
	if err := e.Register(submission, unjoined.ID, internship.Do{By: unjoined.Actor(), At: w.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.Enterprises.Create(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	sweep := func() int {
		t.Helper()
		found, err := w.DB.OpeningAccounts(t.Context(), acts.BrokenOffBy(w.Now()), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range slices.Concat(found, found, []*internship.Account{lost, unjoined, owner}) { // again, and of old reads
			if err := w.Acts.EndBrokenOff(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		return len(found)
	}

	w.Pass(23 * time.Hour)
	if n := sweep(); n != 0 || read(lost.ID).State != internship.AccountOpening || read(lost.ID).Mobile != broken.Mobile {
		t.Errorf("swept %d before the day is over: %+v", n, read(lost.ID))
	}
	w.Pass(time.Hour)
	if n := sweep(); n != 2 {
		t.Errorf("found %d, want 2", n)
	}
	if x := read(lost.ID); x.State != internship.AccountRemoved || x.Mobile+x.IDNumber+x.Password != "" {
		t.Errorf("%+v", x)
	}
	if x := read(unjoined.ID); x.State != internship.AccountActive || x.EnterpriseID != e.ID || x.Mobile != almost.Mobile {
		t.Errorf("%+v", x)
	}
	if diff := cmp.Diff(owner, read(owner.ID)); diff != "" {
		t.Errorf("a registration that came to its end: %s", diff)
	}
	if n := sweep(); n != 0 {
		t.Errorf("found %d again", n)
	}
	_, err = w.Acts.AddAccount(t.Context(), done.Staff, internship.AccountInput{Name: "李", Mobile: broken.Mobile, Role: string(internship.HR)})
	expect(t, "staff before the review", err, internship.ErrFrozen)
	_, err = w.Acts.AddAccount(t.Context(), w.Enterprise("B").Staff, internship.AccountInput{Name: "李", Mobile: broken.Mobile, Role: string(internship.HR)})
	expect(t, "the mobile", err, nil)
}

func TestReviewReturnAndResubmission(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx := t.Context()
	p := w.Applicant()
	form := p.Form("示例电子", actstest.USCC(1))
	w.Registry().Put(form.Code, internship.RegistryRecord{Name: "示例电子", LegalPerson: "李四", Status: "存续"})
	e := p.Registers(form)
	w.React("enterprises", e.ID)
	if _, err := w.Acts.PassReview(ctx, actstest.Platform, e.ID, internship.PassRoundInput{Round: 1}); !errors.Is(err, internship.ErrRegistrantMissing) {
		t.Errorf("the registry has another legal person, nobody's ID number is known: %v", err)
	}
	if _, err := w.Acts.ReturnReview(ctx, actstest.Platform, e.ID, internship.VerdictInput{Round: 1, Reason: "法人不符"}); err != nil {
		t.Fatal(err)
	}
	again := e.Resubmission(form)
	if _, err := w.Acts.Resubmit(ctx, e.Staff, again); !errors.Is(err, internship.ErrInvalid) {
		t.Errorf("without the ID number: %v", err)
	}
	again.Registrant.IDNumber, again.LegalPerson, again.Code = actstest.IDNumber(1), "李四", actstest.USCC(2)
	w.Registry().Put(again.Code, internship.RegistryRecord{Name: "示例电子（有限公司）", LegalPerson: "李四"})
	again.Name = "示例电子(有限公司)"
	if got, err := w.Acts.Resubmit(ctx, e.Staff, again); err != nil || got.Enterprise.Round != 2 || got.Owner.IDNumber == "" {
		t.Fatalf("%+v %v", got, err)
	}
	w.React("enterprises", e.ID)
	got, err := w.Acts.PassReview(ctx, actstest.Platform, e.ID, internship.PassRoundInput{Round: 2})
	if err != nil || got.Enterprise.State != internship.Active || got.Enterprise.Registry.Outcome != internship.RegistryMatch {
		t.Errorf("%+v %v", got.Enterprise, err)
	}
	for code, want := range map[string]error{actstest.USCC(1): internship.ErrBadLogin, actstest.USCC(2): nil} {
		if _, err := w.Acts.LogIn(ctx, acts.Login{Name: code, Password: actstest.Password, Ticket: w.Ticket(), Address: "127.0.0.1"}); !errors.Is(err, want) {
			t.Errorf("log in by %s: %v, want %v", code, err, want)
		}
	}
	if diff := cmp.Diff([]string{actstest.USCC(1), actstest.USCC(2)}, w.Registry().Asked()); diff != "" {
		t.Errorf("the registry was asked (-want, +got): %s", diff)
	}
	shown, err := w.Acts.Reveal(ctx, actstest.Platform, e.ID, internship.ReasonInput{Reason: "核实"})
	if err != nil || shown.IDNumber != actstest.IDNumber(1) || shown.Mobile != p.Mobile {
		t.Errorf("%+v %v", shown, err)
	}
	last := e.Read().History
	if h := last[len(last)-1]; h.Name != "reveal" || h.Note != "核实" || h.By.Name != "省级平台" {
		t.Errorf("not noted: %+v", h)
	}
}

// TestPassAgainstReturn: of two reviewers at one instant one decides.
func TestPassAgainstReturn(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	sides := []*acts.Acts{w.Acts, w.Process(w.Open(nil))}
	for range 5 {
		e := w.Registered("示例电子")
		won, lost := race(4, func(i int) error {
			if i%2 == 0 {
				_, err := sides[0].PassReview(t.Context(), actstest.Platform, e.ID, internship.PassRoundInput{Round: 1})
				return err
			}
			_, err := sides[1].ReturnReview(t.Context(), actstest.Platform, e.ID, internship.VerdictInput{Round: 1, Reason: "不清晰"})
			return err
		}, internship.ErrWrongState)
		if won != 1 || lost != 3 {
			t.Errorf("%d decided, %d were told", won, lost)
		}
	}
}

func TestRegistryOutcomes(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	check := func(code string) *internship.Enterprise {
		t.Helper()
		p := w.Applicant()
		e := p.Registers(p.Form("示例电子", code))
		w.React("enterprises", e.ID)
		return e.Read()
	}
	if got := check(actstest.USCC(1)); got.Registry.Outcome != internship.RegistrySilent {
		t.Errorf("without a registry: %+v", got.Registry)
	}
	w.Registry().Put(actstest.USCC(2), internship.RegistryRecord{Name: "示例电子", LegalPerson: "张 明", Status: "存续（在营、开业、在册）"})
	if got := check(actstest.USCC(2)); got.Registry.Outcome != internship.RegistryMatch || got.State != internship.UnderReview {
		t.Errorf("%+v %s", got.Registry, got.State)
	}
	w.Registry().Put(actstest.USCC(3), internship.RegistryRecord{Name: "别的电子", LegalPerson: "张明", Status: "吊销"})
	want := []internship.Difference{{Field: "name", Ours: "示例电子", Theirs: "别的电子"}, {Field: "status", Theirs: "吊销"}}
	if got := check(actstest.USCC(3)); got.Registry.Outcome != internship.RegistryMismatch || !slices.Equal(got.Registry.Differences, want) {
		t.Errorf("%+v", got.Registry)
	}
	if got := check(actstest.USCC(4)); got.Registry.Outcome != internship.RegistryNotFound {
		t.Errorf("%+v", got.Registry)
	}
}

// TestSilentRegistryIsAskedAgain: the job fails and is put off until the patience ends; then reviewers decide.
func TestSilentRegistryIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	w.Registry().Fail(errors.New("no answer"))
	p := w.Applicant()
	e := p.Registers(p.Form("示例电子", actstest.USCC(1)))
	events, err := w.DB.Outbox(t.Context(), "enterprises", e.ID)
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events %v", len(events), err)
	}
	reaction, _ := acts.ReactionNamed("registry_check")
	for range 3 {
		if _, err := reaction.Run(w.Acts, t.Context(), events[0], ""); !errors.Is(err, internship.ErrUnavailable) {
			t.Errorf("a silent registry: %v", err)
		}
		w.Pass(time.Minute)
	}
	if got := e.Read(); got.Registry != nil {
		t.Errorf("given up: %+v", got.Registry)
	}
	w.Pass(5 * time.Minute)
	if _, err := reaction.Run(w.Acts, t.Context(), events[0], ""); err != nil {
		t.Error(err)
	}
	if got := e.Read(); got.Registry.Outcome != internship.RegistrySilent || !got.NeedsID() {
		t.Errorf("%+v", got.Registry)
	}
	asked := len(w.Registry().Asked())
	if _, err := reaction.Run(w.Acts, t.Context(), events[0], ""); err != nil || len(w.Registry().Asked()) != asked {
		t.Errorf("asked again after the outcome: %v", err)
	}
}

func TestCodeThatFailsItsCheckDigitAllTheWay(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx, code := t.Context(), "91410900MA4ABCD174"
	p := w.Applicant()
	form := p.Form("示例电子", code)
	if _, err := w.Acts.Register(ctx, p.Token, form, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrInvalid) {
		t.Errorf("not confirmed: %v", err)
	}
	form.CodeConfirmed = true
	if _, err := w.Acts.Register(ctx, p.Token, form, acts.Device{Name: "测试"}); !errors.Is(err, internship.ErrInvalid) {
		t.Errorf("without the ID number: %v", err)
	}
	form.Registrant.IDNumber = actstest.IDNumber(1)
	if e := p.Registers(form).Read(); !e.CodeUnverified {
		t.Error("not flagged")
	}
	if _, err := w.Acts.LogIn(ctx, acts.Login{Name: code, Password: actstest.Password, Ticket: w.Ticket(), Address: "127.0.0.1"}); err != nil {
		t.Errorf("log in by the code: %v", err)
	}
	entry, err := w.Acts.EnterEnterprise(ctx, w.School, internship.EntryInput{Name: "示例机械", Code: "91410900MA4ABCE175", CodeConfirmed: true, Phone: "13811110000"})
	if err != nil {
		t.Fatal(err)
	}
	activation := internship.ActivationInput{Code: "91410900MA4ABCE175", CodeConfirmed: true, ActivationCode: entry.Code, Mobile: "13811110000", Name: "王", Password: actstest.Password}
	if _, err := w.Acts.Activate(ctx, activation, acts.Device{Name: "测试"}, "127.0.0.1"); err != nil {
		t.Errorf("activate: %v", err)
	}
}
