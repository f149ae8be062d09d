package internship

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goodPosition is a complete form.
func goodPosition() PositionInput {
	return PositionInput{Name: "焊工", Department: "生产部", Salary: "2k-3k", ReferenceWage: 2500, Education: "不限", Headcount: 2, StaffInPost: 10,
		Majors: []string{" 焊接 "}, Occupation: 4, Address: WorkplaceInput{"410000", "410900", "410902", "新华街 260 号"},
		Lodging: "多人间", NightShift: "无夜班", Overtime: "无加班", EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31", PlanFile: "fil_1", Description: "焊接"}
}

func TestPositionInputGivesTheSheet(t *testing.T) {
	t.Parallel()
	got, err := goodPosition().Parse()
	if err != nil {
		t.Fatal(err)
	}
	want := Sheet{EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31", ReferenceWage: 2500, StaffInPost: 10,
		Terms: Terms{Name: "焊工", Department: "生产部", Salary: Salary{"2K-3K", 2000, 3000}, Settlement: "月结", Education: "不限", Headcount: 2,
			Majors: []string{"焊接"}, Workplace: Address{"410000", "410900", "410902", "新华街 260 号"}, Lodging: "多人间", NightShift: "无夜班", Overtime: "无加班",
			From: "2027-01-01", To: "2027-06-30", Occupation: 4, Plan: "fil_1", Description: "焊接"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want, +got):\n%s", diff)
	}
}

// TestADraftMayLackWhatPublishingNeeds saves half a form.
func TestADraftMayLackWhatPublishingNeeds(t *testing.T) {
	t.Parallel()
	in := goodPosition()
	in.ReferenceWage, in.StaffInPost, in.Occupation, in.PlanFile, in.Address = 0, 0, 0, "", WorkplaceInput{Detail: "新华街 260 号"}
	sheet, err := in.Parse()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(sheet.Missing()); got != 6 {
		t.Errorf("%d fields missing: %v", got, sheet.Missing())
	}

	sheet, err = PositionInput{Name: "焊工", Department: "生产部"}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, f := range PositionForm().Fields {
		if f.Later {
			want = append(want, f.Name+"=required")
		}
	}
	for _, f := range sheet.Missing() {
		got = append(got, f.Field+"="+f.Code)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 17 {
		t.Errorf("(-want, +got):\n%s", diff)
	}
	if w := sheet.Warnings(noon); len(w) != 0 {
		t.Errorf("warned of what is not there: %v", w)
	}
}

func TestPositionInputRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		alter func(*PositionInput)
		want  []string // field=code
	}{
		"dates that are none": {func(in *PositionInput) { in.EnrolFrom, in.EnrolTo = "2026-02-30", "x" }, []string{"enrolFrom=date", "enrolTo=date"}},
		"enrolment backwards": {func(in *PositionInput) { in.EnrolTo = "2026-10-31" }, []string{"enrolTo=range"}},
		"one day":             {func(in *PositionInput) { in.EnrolTo = "2026-11-01" }, nil},
		"five digits ahead":   {func(in *PositionInput) { in.EnrolTo = "9999-12-31" }, []string{"enrolTo=range"}},
		"in another century":  {func(in *PositionInput) { in.EnrolFrom, in.EnrolTo = "1999-12-31", "2100-01-01" }, []string{"enrolFrom=range", "enrolTo=range"}},
		"the last of all":     {func(in *PositionInput) { in.EnrolTo = "2099-12-31" }, nil},

		"least pay":            {func(in *PositionInput) { in.SalaryMin, in.SalaryMax = 2000, 3000 }, nil},
		"one number":           {func(in *PositionInput) { in.SalaryMin, in.SalaryMax = 2500, 2500 }, nil},
		"below the band":       {func(in *PositionInput) { in.SalaryMin = 1999 }, []string{"salaryMin=range"}},
		"above the band":       {func(in *PositionInput) { in.SalaryMax = 3001 }, []string{"salaryMax=range"}},
		"pay backwards":        {func(in *PositionInput) { in.SalaryMin, in.SalaryMax = 2600, 2500 }, []string{"salaryMax=range"}},
		"no lower bound given": {func(in *PositionInput) { in.SalaryMax = 2000 }, nil},
		"open band":            {func(in *PositionInput) { in.Salary, in.SalaryMin, in.SalaryMax = "3K以上", 8000, 9000 }, nil},
		"out of all bounds":    {func(in *PositionInput) { in.Salary, in.SalaryMin = "3K以上", 100_001 }, []string{"salaryMin=range"}},
		"band in mixed case":   {func(in *PositionInput) { in.Salary = "2k-3K" }, nil},
		"numbers alone":        {func(in *PositionInput) { in.Salary, in.SalaryMin = "", 2500 }, []string{"salary=required"}},
		"no band":              {func(in *PositionInput) { in.Salary, in.SalaryMin = "4K", 2500 }, []string{"salary=choice"}},

		"negative wage":     {func(in *PositionInput) { in.ReferenceWage = -1 }, []string{"referenceWage=range"}},
		"negative staff":    {func(in *PositionInput) { in.StaffInPost = -1 }, []string{"staffInPost=range"}},
		"class 7":           {func(in *PositionInput) { in.Occupation = 7 }, []string{"occupation=range"}},
		"class 6":           {func(in *PositionInput) { in.Occupation = 6 }, nil},
		"class 1":           {func(in *PositionInput) { in.Occupation = 1 }, nil},
		"who else is taboo": {func(in *PositionInput) { in.Taboo = []string{"未成年人", "男性"} }, []string{"taboo[1]=choice"}},

		"city elsewhere":   {func(in *PositionInput) { in.Address.City, in.Address.County = "420100", "" }, []string{"address.city=choice"}},
		"county elsewhere": {func(in *PositionInput) { in.Address.County = "410102" }, []string{"address.county=choice"}},
		"no code":          {func(in *PositionInput) { in.Address.Province = "河南" }, []string{"address.province=format"}},
		"no detail":        {func(in *PositionInput) { in.Address.Detail = " " }, nil},

		"half a year":          {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2027-01-04", "2027-07-03" }, nil},
		"a day":                {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2027-01-04", "2027-01-04" }, nil},
		"a year":               {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2027-01-04", "2028-01-03" }, nil},
		"a year and a day":     {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2027-01-04", "2028-01-04" }, []string{"periodTo=range"}},
		"backwards":            {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2027-01-04", "2027-01-03" }, []string{"periodTo=range"}},
		"over too early":       {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2026-12-01", "2026-12-30" }, []string{"periodTo=range"}},
		"over on the last day": {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2026-12-01", "2026-12-31" }, nil},
		"from the first day":   {func(in *PositionInput) { in.PeriodFrom = "2026-11-01" }, nil},
		"before the enrolment": {func(in *PositionInput) { in.PeriodFrom = "2026-10-31" }, []string{"periodFrom=range"}},
		"an end alone":         {func(in *PositionInput) { in.PeriodTo = "2027-07-03" }, []string{"periodFrom=required"}},
		"no days":              {func(in *PositionInput) { in.PeriodFrom, in.PeriodTo = "2027-13-01", "soon" }, []string{"periodFrom=date", "periodTo=date"}},

		"no file's id":      {func(in *PositionInput) { in.PlanFile, in.Exemption.File = "../x", "fil_$ne" }, []string{"exemption.file=format", "planFile=format"}},
		"a long number":     {func(in *PositionInput) { in.Exemption.Number = strings.Repeat("备", 51) }, []string{"exemption.number=too_long"}},
		"a number in lines": {func(in *PositionInput) { in.Exemption.Number = "备\n1" }, []string{"exemption.number=format"}},
	} {
		in := goodPosition()
		c.alter(&in)
		_, err := in.Parse()
		var got []string
		if refused, ok := errors.AsType[*Error](err); ok {
			for _, f := range refused.Fields {
				got = append(got, f.Field+"="+f.Code)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", name, diff)
		}
	}
}

func TestRefusedDatesAreNamed(t *testing.T) {
	t.Parallel()
	in := goodPosition()
	in.EnrolFrom, in.EnrolTo = "2026-02-30", "x"
	_, err := in.Parse()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	want := []FieldError{
		{Field: "enrolFrom", Code: "date", Message: "报名日期始应为存在的日期，格式如 2026-03-01"},
		{Field: "enrolTo", Code: "date", Message: "报名日期止应为存在的日期，格式如 2026-03-01"},
	}
	if diff := cmp.Diff(want, refused.Fields); diff != "" {
		t.Errorf("(-want, +got):\n%s", diff)
	}
}

func TestLastDayOfMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   Date
		months int
		want   Date
	}{
		{"2027-01-01", 6, "2027-06-30"}, {"2027-01-04", 6, "2027-07-03"}, {"2026-08-31", 6, "2027-02-28"},
		{"2026-08-29", 6, "2027-02-28"}, {"2027-08-31", 6, "2028-02-29"}, {"2028-02-29", 12, "2029-02-28"}, {"2026-12-31", 12, "2027-12-30"},
	} {
		if got := c.from.lastOf(c.months); got != c.want {
			t.Errorf("%d months from %s end on %s, want %s", c.months, c.from, got, c.want)
		}
	}
}

func TestDeclarationIsMadeWhole(t *testing.T) {
	t.Parallel()
	current := CurrentDeclaration()
	good := func() PublicationInput {
		return PublicationInput{Declaration: DeclarationInput{Version: current.Version, Accepted: current.Codes()}}
	}
	d, err := good().Parse()
	if err != nil || d.Version != current.Version || len(d.Codes) != len(current.Items) {
		t.Fatalf("%+v %v", d, err)
	}
	for i, item := range current.Items {
		in := good()
		in.Declaration.Accepted = append(append([]string{}, current.Codes()[:i]...), current.Codes()[i+1:]...)
		_, err := in.Parse()
		e, ok := errors.AsType[*Error](err)
		if !ok || len(e.Fields) != 1 || e.Fields[0].Field != "declaration.accepted" || !strings.HasSuffix(e.Fields[0].Message, item.Text) {
			t.Errorf("without %s: %v", item.Code, err)
		}
	}
	in := good()
	in.Declaration.Version = "2025-1"
	if _, err := in.Parse(); !errors.Is(err, ErrDeclarationOld) {
		t.Errorf("another version: %v", err)
	}
	in.Declaration.Accepted[0] = "something"
	if _, err := in.Parse(); !errors.Is(err, ErrInvalid) {
		t.Errorf("another version and item: %v", err)
	}
	if _, err := (PublicationInput{}).Parse(); !errors.Is(err, ErrInvalid) {
		t.Errorf("nothing: %v", err)
	}
}

func TestDeclarationsAreWellFormed(t *testing.T) {
	t.Parallel()
	versions := map[string]bool{}
	for _, d := range Declarations() {
		if d.Version == "" || versions[d.Version] || d.Label == "" || d.Basis == "" || len(d.Items) == 0 {
			t.Errorf("%+v", d)
		}
		versions[d.Version] = true
		codes := map[string]bool{}
		for _, item := range d.Items {
			if item.Code == "" || item.Text == "" || codes[item.Code] {
				t.Errorf("%s: %+v", d.Version, item)
			}
			codes[item.Code] = true
		}
	}
}
