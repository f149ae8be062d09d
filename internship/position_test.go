package internship

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func activeEnterprise() *Enterprise {
	return &Enterprise{Root: Root{ID: "ent_1"}, Name: "示例电子", State: Active, Source: FromSchool,
		Recommenders: []Recommender{{SchoolID: "sch_1"}, {SchoolID: "sch_2"}},
		Profile:      Profile{LegalPerson: "张明", Contact: "王", Phone: "0393-8888888", Intro: "电子", Industry: "C", Staff: 100, Address: Address{Detail: "路"}}}
}

// draft is a saved position that may be published.
func draft() *Position {
	p := &Position{Root: Root{ID: "pos_1"}, EnterpriseID: "ent_1", Sheet: completeSheet()}
	_ = p.Create(doBy(ByEnterprise))
	return p
}

// completeSheet stays within every limit: 10 interns of 100 people, 2 of 10 in
// the post, 80 % of the reference wage.
func completeSheet() Sheet {
	return Sheet{EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31", ReferenceWage: 2500, StaffInPost: 10,
		Terms: Terms{Name: "焊工", Education: "不限", Majors: []string{"焊接"}, Description: "焊接", Headcount: 2, Salary: Salary{"2K-3K", 2000, 3000}, Settlement: "月结", NightShift: "无夜班", Overtime: "无加班",
			Lodging: "多人间", Workplace: Address{"410000", "410900", "410902", "旧址"}, From: "2027-01-01", To: "2027-06-30", Occupation: 4, Plan: "fil_1"}}
}

// publication has eight interns besides.
func publication() Publication {
	return Publication{Enterprise: activeEnterprise(), Declared: Declared{Version: "2026-1"}, Interns: 8}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	type given struct {
		*Position
		of Publication
	}
	cases := map[string]struct {
		alter func(*given)
		want  error
	}{
		"OK":                  {func(*given) {}, nil},
		"AgainAfterClosing":   {func(g *given) { g.State = Closed }, nil},
		"ErrFrozen":           {func(g *given) { g.of.Enterprise.State = Frozen }, ErrFrozen},
		"ErrNoIndustry":       {func(g *given) { g.of.Enterprise.Profile.Industry = "" }, ErrProfileMissing},
		"ErrBarred":           {func(g *given) { g.of.Enterprise.Profile.Industry = "9013" }, ErrIndustryBarred},
		"ErrUnderReview":      {func(g *given) { g.of.Enterprise.State = UnderReview }, ErrFrozen},
		"ErrBlacklisted":      {func(g *given) { g.of.Enterprise.State = Blacklisted }, ErrBlacklisted},
		"ErrProfile":          {func(g *given) { g.of.Enterprise.Profile.Intro = "" }, ErrProfileMissing},
		"ErrOver":             {func(g *given) { g.EnrolTo = "2026-11-22" }, ErrInvalid},
		"EnrolmentEndsToday":  {func(g *given) { g.EnrolTo = "2026-11-23" }, nil},
		"ErrTwice":            {func(g *given) { g.State = Recruiting }, ErrWrongState},
		"Seen":                {func(g *given) { g.of.Declared.Edition = 1 }, nil},
		"ErrEditedUnseen":     {func(g *given) { g.of.Declared.Edition, g.Edition = 1, 2 }, ErrTermsChanged},
		"ErrRunning":          {func(g *given) { g.State = Running }, ErrWrongState},
		"ErrNoPlan":           {func(g *given) { g.Terms.Plan = "" }, ErrIncomplete},
		"ErrNoRegion":         {func(g *given) { g.Terms.Workplace.City = "" }, ErrIncomplete},
		"ErrNoCounty":         {func(g *given) { g.Terms.Workplace.County = "" }, ErrIncomplete},
		"CityWithoutCounties": {func(g *given) { g.Terms.Workplace = Address{"440000", "441900", "", "旧址"} }, nil},
		"ErrPaidTooLittle":    {func(g *given) { g.ReferenceWage = 2501 }, ErrPayTooLow},
		"ExactPayCounts":      {func(g *given) { g.ReferenceWage, g.Terms.Salary.Min = 3000, 2400 }, nil},
		"ErrMoreThanTheStaff": {func(g *given) { g.StaffInPost = 101 }, ErrInvalid},
		"TheWholeStaff":       {func(g *given) { g.StaffInPost = 100 }, nil},
		"ErrNights":           {func(g *given) { g.Terms.NightShift = "有夜班" }, ErrNotExempted},
		"ErrSomeOvertime":     {func(g *given) { g.Terms.Overtime = "偶尔加班" }, ErrNotExempted},
		"ErrMuchOvertime":     {func(g *given) { g.Terms.Overtime = "经常加班" }, ErrNotExempted},
		"ErrNumberAlone":      {func(g *given) { g.Terms.NightShift, g.Exemption.Number = "有夜班", "备 1 号" }, ErrNotExempted},
		"ErrFileAlone":        {func(g *given) { g.Terms.NightShift, g.Exemption.File = "有夜班", "fil_2" }, ErrNotExempted},
		"Exempted":            {func(g *given) { g.Terms.NightShift, g.Exemption = "有夜班", Exemption{"备 1 号", "fil_2"} }, nil},
		"TenPercentBlocked":   {func(g *given) { g.of.Policy = ShareBlock }, nil},
		"ErrTenPercent":       {func(g *given) { g.of.Policy, g.of.Interns = ShareBlock, 9 }, ErrTooManyInterns},
		"TakenPlacesAreNoNew": {func(g *given) { g.of.Policy, g.of.Interns, g.of.Taken = ShareBlock, 9, 1 }, nil},
		"ErrTwentyPercent":    {func(g *given) { g.of.Policy, g.StaffInPost = ShareBlock, 9 }, ErrTooManyInPost},
		"OverBothWarned":      {func(g *given) { g.of.Interns, g.StaffInPost = 9, 9 }, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &given{draft(), publication()}
			c.alter(g)
			if _, err := g.Publish(g.of, doBy(ByEnterprise)); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want != nil {
				return
			}
			if diff := cmp.Diff([]string{"sch_1", "sch_2"}, g.OpenTo); diff != "" {
				t.Error(diff)
			}
			want := []Declared{{Version: "2026-1", Edition: 1, By: doBy(ByEnterprise).By, At: noon}}
			if diff := cmp.Diff(want, g.Declarations); diff != "" {
				t.Errorf("declarations (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestPublishingWarns(t *testing.T) {
	t.Parallel()
	p, of := draft(), publication()
	warnings, err := p.Publish(of, doBy(ByEnterprise))
	if err != nil || warnings != nil {
		t.Errorf("within every limit: %v %v", warnings, err)
	}
	p = draft()
	p.Terms.Occupation, p.StaffInPost, of.Interns = 5, 9, 9
	if warnings, err = p.Publish(of, doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	want := []Warning{
		{"position.occupation_class", "occupation", "第 5 类职业不在线上保险的承保范围（第 1 至 4 类）内，须在线下投保学生实习责任保险并备案"},
		{"enterprise.too_many_interns", "headcount", "实习学生人数一般不超过在岗职工总数的 10%：在岗职工 100 人，已签约和待招收的实习学生共 11 人"},
		{"position.too_many_in_post", "staffInPost", "岗位的实习学生人数一般不超过同类岗位在岗人数的 20%：同类岗位在岗 9 人，实习人数 2 人"},
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

func TestASavedSheetWarns(t *testing.T) {
	t.Parallel()
	s := completeSheet()
	s.EnrolTo = "2026-11-23"
	if got := s.Warnings(time.Date(2026, 11, 23, 23, 59, 59, 0, Zone)); got != nil {
		t.Errorf("until 24:00 of the last day: %v", got)
	}
	s.Terms.Occupation, s.Terms.Workplace.Detail = 6, "湖北省武汉市中山大道 1 号"
	got := s.Warnings(time.Date(2026, 11, 24, 0, 0, 0, 0, Zone))
	if len(got) != 3 || got[0].Code != "position.enrolment_over" || got[1].Code != "position.address" || got[2].Code != "position.occupation_class" {
		t.Errorf("%v", got)
	}
}

func TestAnIncompletePositionNamesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	p, of := draft(), publication()
	p.Sheet = Sheet{EnrolTo: "2026-12-31", Terms: Terms{Workplace: Address{Detail: "旧址"}}}
	fields := func(err error) (names []string) {
		e, _ := errors.AsType[*Error](err)
		for _, f := range e.Fields {
			names = append(names, f.Field)
			if f.Code != "required" || f.Message == "" {
				t.Errorf("%+v", f)
			}
		}
		return names
	}
	_, err := p.Publish(of, doBy(ByEnterprise))
	own := []string{"salary", "referenceWage", "education", "headcount", "staffInPost", "majors", "occupation", "address.province", "address.city",
		"lodging", "nightShift", "overtime", "enrolFrom", "planFile", "description"}
	if diff := cmp.Diff(own, fields(err)); diff != "" || !errors.Is(err, ErrIncomplete) {
		t.Errorf("%v: %s", err, diff)
	}
	of.Enterprise.Profile = Profile{LegalPerson: "张明", Intro: "电子", Address: Address{"410000", "410900", "", "路"}}
	_, err = p.Publish(of, doBy(ByEnterprise))
	all := append([]string{"enterprise.contact", "enterprise.phone", "enterprise.industry", "enterprise.staff"}, own...)
	if diff := cmp.Diff(all, fields(err)); diff != "" || !errors.Is(err, ErrProfileMissing) {
		t.Errorf("%v: %s", err, diff)
	}
}

func TestEditUnpublishesAndMaterialChangeIsTold(t *testing.T) {
	t.Parallel()
	p := draft()
	if _, err := p.Publish(publication(), doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	sheet := p.Sheet
	sheet.Terms.Headcount = 1
	if err := p.Edit(sheet, 2, doBy(ByEnterprise)); !errors.Is(err, ErrHeadcountTooLow) {
		t.Errorf("headcount below the signed: %v", err)
	}
	sheet.Terms.Headcount, sheet.Terms.Workplace.Detail = 2, "新址"
	if err := p.Edit(sheet, 2, doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	if p.State != Unpublished || p.Edition != 2 || p.LookOn != "" {
		t.Errorf("state %s edition %d look on %q", p.State, p.Edition, p.LookOn)
	}
	if _, err := p.Publish(publication(), doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	if last := p.Outbox[len(p.Outbox)-1]; last.Kind != PositionPublished || last.Data["reason"] != MaterialChange {
		t.Errorf("event %+v", last)
	}
	if n := len(p.Declarations); n != 2 || p.Declarations[1].Edition != 2 {
		t.Errorf("declarations %+v", p.Declarations)
	}
}

func TestMaterial(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		alter func(*Terms)
		want  bool
	}{
		"nothing":      {func(*Terms) {}, false},
		"name":         {func(x *Terms) { x.Name = "高级焊工" }, false},
		"headcount":    {func(x *Terms) { x.Headcount = 9 }, false},
		"plan":         {func(x *Terms) { x.Plan = "fil_9" }, false},
		"band":         {func(x *Terms) { x.Salary = Salary{"3K以上", 3000, 0} }, true},
		"least pay":    {func(x *Terms) { x.Salary.Min = 2100 }, true},
		"most pay":     {func(x *Terms) { x.Salary.Max = 2900 }, true},
		"settlement":   {func(x *Terms) { x.Settlement = "周结" }, true},
		"province":     {func(x *Terms) { x.Workplace.Province = "420000" }, true},
		"city":         {func(x *Terms) { x.Workplace.City = "410100" }, true},
		"county":       {func(x *Terms) { x.Workplace.County = "" }, true},
		"detail":       {func(x *Terms) { x.Workplace.Detail = "新址" }, true},
		"nights":       {func(x *Terms) { x.NightShift = "有夜班" }, true},
		"overtime":     {func(x *Terms) { x.Overtime = "偶尔加班" }, true},
		"lodging":      {func(x *Terms) { x.Lodging = "住宿自理" }, true},
		"first day":    {func(x *Terms) { x.From = "2027-02-01" }, true},
		"last day":     {func(x *Terms) { x.To = "2027-07-31" }, true},
		"danger":       {func(x *Terms) { x.Occupation = 5 }, true},
		"requirements": {func(x *Terms) { x.Requirements, x.Skills, x.Description = "1", "2", "3" }, false},
	} {
		terms := completeSheet().Terms
		c.alter(&terms)
		if got := terms.Material(completeSheet().Terms); got != c.want {
			t.Errorf("%s: material %t", name, got)
		}
	}
}

func TestEndRecruiting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  string
		signed int
		want   error
	}{
		{Recruiting, 1, nil}, {Recruiting, 0, ErrNoInterns}, {Unpublished, 1, ErrWrongState}, {Closed, 1, ErrWrongState},
		{Running, 1, ErrWrongState}, {Running, 0, ErrWrongState}, {Deleted, 1, ErrWrongState},
	} {
		p := draft()
		p.State, p.LookOn = c.state, "2027-01-01"
		if err := p.EndRecruiting(c.signed, doBy(ByEnterprise)); !errors.Is(err, c.want) {
			t.Errorf("%s with %d: %v, want %v", c.state, c.signed, err, c.want)
		} else if err == nil && (p.State != Running || p.LookOn != "") {
			t.Errorf("state %s, look on %q", p.State, p.LookOn)
		}
	}
	p := draft()
	p.State = Running
	if err := p.Edit(completeSheet(), 0, doBy(ByEnterprise)); !errors.Is(err, ErrWrongState) {
		t.Errorf("edited while running: %v", err)
	}
	if err := p.Close(doBy(ByEnterprise)); err != nil || p.State != Closed {
		t.Errorf("closed while running: %v", err)
	}
	p.State = Running
	if err := p.LastInternEnded(Do{By: System(), At: noon}); err != nil || p.State != Closed {
		t.Errorf("last intern: %v", err)
	}
}

func TestFilled(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2027, 1, 1, 0, 0, 0, 0, Zone)
	for _, c := range []struct {
		state string
		taken int
		now   time.Time
		want  bool
	}{
		{Recruiting, 2, midnight, true}, {Recruiting, 3, midnight, true}, {Recruiting, 1, midnight, false},
		{Recruiting, 2, midnight.Add(-time.Nanosecond), false}, {Running, 2, midnight, false}, {Unpublished, 2, midnight, false},
	} {
		p := draft()
		p.State = c.state
		if got := p.Filled(c.taken, c.now); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestEnrolmentIsOpenUntilMidnight(t *testing.T) {
	t.Parallel()
	p := draft()
	p.State, p.EnrolFrom, p.EnrolTo = Recruiting, "2026-11-23", "2026-11-23"
	first := time.Date(2026, 11, 23, 0, 0, 0, 0, Zone)
	for at, open := range map[time.Time]bool{
		first.Add(-time.Nanosecond): false, first: true, first.AddDate(0, 0, 1).Add(-time.Nanosecond): true, first.AddDate(0, 0, 1): false,
		time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC): false, // the next day in China
	} {
		if err := p.MayApply(at); (err == nil) != open || err != nil && !errors.Is(err, ErrEnrolmentClosed) {
			t.Errorf("%v: %v", at, err)
		}
	}
}

func TestMayAccept(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		alter func(*Position, *Placement)
		want  error
	}{
		"OK":             {func(*Position, *Placement) {}, nil},
		"ErrUnpublished": {func(p *Position, _ *Placement) { p.State = Unpublished }, ErrWrongState},
		"ErrRunning":     {func(p *Position, _ *Placement) { p.State = Running }, ErrNotRecruiting},
		"ErrClosed":      {func(p *Position, _ *Placement) { p.State = Closed }, ErrNotRecruiting},
		"ErrDeleted":     {func(p *Position, _ *Placement) { p.State = Deleted }, ErrNotRecruiting},
		"ErrOutdated": {func(p *Position, _ *Placement) {
			p.Published, p.PublishedTerms.Lodging = 3, "住宿自理"
		}, ErrReconfirm},
		"NewEditionAlike": {func(p *Position, _ *Placement) { p.Published = 3 }, nil},
		"ErrTabooSince": {func(p *Position, x *Placement) {
			p.Terms.Taboo, x.Student.Sex = []string{TabooWomen}, Female
		}, ErrNotEligible},
	}
	for name, c := range cases {
		p, x := draft(), &Placement{Edition: 2, Terms: completeSheet().Terms, Student: Applicant{Birth: "2005-03-15", Sex: Male}, PlanFirstDay: "2027-01-04"}
		terms := p.Terms
		p.State, p.Published, p.PublishedTerms = Recruiting, 2, &terms
		c.alter(p, x)
		if err := p.MayAccept(x, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestReconfirmTakesWhatTheStudentSaw(t *testing.T) {
	t.Parallel()
	p := draft()
	if _, err := p.Publish(publication(), doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	x := &Placement{State: AwaitingStudent}
	if err := x.Reconfirm(p, 2, doBy(ByStudent)); !errors.Is(err, ErrTermsChanged) {
		t.Errorf("another edition: %v", err)
	}
	if err := x.Reconfirm(p, 1, doBy(ByStudent)); err != nil || x.Edition != 1 || x.Terms.Name != "焊工" {
		t.Errorf("%+v %v", x, err)
	}
}

func TestWhoMayReadAFile(t *testing.T) {
	t.Parallel()
	p := draft()
	reads := func(file, school string) bool { return p.Shows(file, school) }
	if reads("fil_1", "sch_1") || reads("fil_1", "") {
		t.Error("the plan of a draft is read")
	}
	if _, err := p.Publish(publication(), doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	sheet := p.Sheet
	sheet.Terms.Plan = "fil_2"
	if err := p.Edit(sheet, 0, doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	for _, frozen := range []bool{false, true} {
		if frozen {
			p.OpenTo, p.HiddenFrom = nil, p.OpenTo
		}
		if !reads("fil_1", "sch_1") || !reads("fil_1", "sch_2") || !reads("fil_1", "") {
			t.Errorf("frozen %t: the published plan is not read", frozen)
		}
		if reads("fil_1", "sch_3") || reads("fil_2", "sch_1") || reads("fil_2", "") || reads("fil_3", "sch_1") {
			t.Errorf("frozen %t: what was not published to the school is read", frozen)
		}
	}
	if diff := cmp.Diff([]string{"fil_2", "", "fil_1"}, p.Files()); diff != "" {
		t.Errorf("files kept: %s", diff)
	}
	p.State = Deleted
	if p.Files() != nil {
		t.Errorf("a deleted position keeps %v", p.Files())
	}
}

func TestAudience(t *testing.T) {
	t.Parallel()
	e := activeEnterprise()
	if diff := cmp.Diff([]string{"sch_1", "sch_2"}, e.Audience()); diff != "" {
		t.Error(diff)
	}
	e.Source = FromItself
	if diff := cmp.Diff([]string{AllSchools}, e.Audience()); diff != "" {
		t.Error(diff)
	}
}
