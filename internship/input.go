package internship

import (
	"slices"
	"strings"
	"time"
)

// inquiry collects what is wrong with an input, field by field.
type inquiry struct {
	wrong  []FieldError
	labels map[string]string // of the forms' fields
}

func (q *inquiry) form(f Form, values map[string]string) {
	q.wrong = append(q.wrong, f.Check(values)...)
	if q.labels == nil {
		q.labels = make(map[string]string, len(f.Fields))
	}
	for _, field := range f.Fields {
		q.labels[field.Name] = field.Label
	}
}

// note adds the error of one field's parser unless the form already refused
// that field.
func (q *inquiry) note(field string, err error) {
	if !q.refused(field) {
		q.wrong = append(q.wrong, Of(field, err)...)
	}
}

// refused says whether a field is known to be wrong.
func (q *inquiry) refused(field string) bool {
	return slices.ContainsFunc(q.wrong, func(w FieldError) bool { return w.Field == field })
}

// earliest and latest bound the days that a form may hold: a day outside is a
// slip of the finger, and of year 9999 there is no next day to write.
const earliest, latest Date = "2000-01-01", "2099-12-31"

// date reads a day; "" for one that is refused.
func (q *inquiry) date(field, value string) Date {
	d, err := ParseDate(q.labels[field], value)
	if err == nil && (d < earliest || d > latest) {
		d, err = "", FieldError{Code: "range", Message: q.labels[field] + "应在 2000 年至 2099 年之间，请检查年份"}
	}
	q.note(field, err)
	return d
}

// order refuses a period that ends before it begins.
func (q *inquiry) order(field string, from, to Date, message string) {
	if from != "" && to != "" && to < from {
		q.note(field, FieldError{Code: "range", Message: message})
	}
}

func (q *inquiry) err() error { return invalid(q.wrong) }

// CanonicalActivationCode is a code as its digest is taken: upper case without
// the hyphens, blanks and wide characters that people type. It has no 0, 1 and
// 8: who reads one means the letter that looks like it.
func CanonicalActivationCode(s string) string {
	return strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(upperASCII(withoutGaps(s)))
}

// SchoolInput is a school as it names itself.
type SchoolInput struct {
	Name string `json:"name" doc:"学校名称" example:"郑州市某职业学校"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in SchoolInput) Parse(code string) (string, error) {
	var q inquiry
	q.form(SchoolForm(), map[string]string{"code": code, "name": Clean(in.Name)})
	return Clean(in.Name), q.err()
}

// PlanInput is an internship plan as a school keeps it.
type PlanInput struct {
	Name      string `json:"name" doc:"计划名称" example:"2024 级电子技术应用岗位实习"`
	Grade     string `json:"grade" doc:"年级" example:"2024"`
	Major     string `json:"major" doc:"专业" example:"电子技术应用"`
	Class     string `json:"class,omitempty" doc:"班级，不填为全部班级" example:"1 班"`
	FirstDay  string `json:"firstDay" doc:"实习开始日期" example:"2027-01-04"`
	LastDay   string `json:"lastDay" doc:"实习结束日期" example:"2027-07-03"`
	EnrolFrom string `json:"enrolFrom" doc:"报名开始日期" example:"2026-11-01"`
	EnrolTo   string `json:"enrolTo" doc:"报名截止日期" example:"2026-12-31"`
}

// Parse checks the form and gives the plan, without id. Errors: ErrInvalid
// with each wrong field.
func (in PlanInput) Parse(number string) (*Plan, error) {
	p := &Plan{Number: Clean(number), Name: Clean(in.Name), Grade: Clean(in.Grade), Major: Clean(in.Major), Class: Clean(in.Class)}
	var q inquiry
	q.form(PlanForm(), map[string]string{"number": p.Number, "name": p.Name, "grade": p.Grade, "major": p.Major, "class": p.Class,
		"firstDay": in.FirstDay, "lastDay": in.LastDay, "enrolFrom": in.EnrolFrom, "enrolTo": in.EnrolTo})
	p.FirstDay, p.LastDay = q.date("firstDay", in.FirstDay), q.date("lastDay", in.LastDay)
	p.EnrolFrom, p.EnrolTo = q.date("enrolFrom", in.EnrolFrom), q.date("enrolTo", in.EnrolTo)
	q.order("lastDay", p.FirstDay, p.LastDay, "实习结束日期不能早于开始日期")
	q.order("enrolTo", p.EnrolFrom, p.EnrolTo, "报名截止日期不能早于开始日期")
	q.order("enrolFrom", p.EnrolFrom, p.LastDay, "报名开始日期不能晚于实习结束日期")
	return p, q.err()
}

// StudentInput is a student as a school keeps it.
type StudentInput struct {
	Name      string        `json:"name" doc:"姓名" example:"卢晓东"`
	IDNumber  string        `json:"idNumber" doc:"身份证号" example:"41019920050315001X"`
	Mobile    string        `json:"mobile" doc:"手机号" example:"13900000000"`
	Education string        `json:"education" doc:"学历" example:"中专"`
	Grade     string        `json:"grade" doc:"年级" example:"2024"`
	Major     string        `json:"major" doc:"专业" example:"电子技术应用"`
	Class     string        `json:"class,omitempty" doc:"班级" example:"1 班"`
	Guardian  GuardianInput `json:"guardian,omitzero" required:"false" doc:"监护人，未成年学生必填"`
}

// GuardianInput is the guardian of a minor.
type GuardianInput struct {
	Name   string `json:"name,omitempty" doc:"监护人姓名" example:"卢建国"`
	Mobile string `json:"mobile,omitempty" doc:"监护人手机号" example:"13700000000"`
}

// Parse checks the form and gives the student, without id; minors need a
// guardian. Errors: ErrInvalid with each wrong field.
func (in StudentInput) Parse(number string, now time.Time) (*Student, error) {
	s := &Student{Number: Clean(number), Name: Clean(in.Name), Education: Clean(in.Education), Grade: Clean(in.Grade),
		Major: Clean(in.Major), Class: Clean(in.Class), Guardian: Guardian{Name: Clean(in.Guardian.Name)}}
	var q inquiry
	q.form(StudentForm(), map[string]string{"number": s.Number, "name": s.Name, "idNumber": Clean(in.IDNumber), "mobile": Clean(in.Mobile),
		"education": s.Education, "grade": s.Grade, "major": s.Major, "class": s.Class,
		"guardian.name": s.Guardian.Name, "guardian.mobile": Clean(in.Guardian.Mobile)})
	id, err := ParseIDNumber(in.IDNumber, now)
	q.note("idNumber", err)
	if err == nil {
		s.IDNumber = id.String()
	}
	s.Mobile, err = ParseMobile(in.Mobile)
	q.note("mobile", err)
	if Clean(in.Guardian.Mobile) != "" {
		s.Guardian.Mobile, err = ParseMobile(in.Guardian.Mobile)
		q.note("guardian.mobile", err)
	}
	if s.IDNumber != "" && AgeOn(s.Birth(), DateOf(now)) < 18 && (s.Guardian.Name == "" || s.Guardian.Mobile == "") {
		q.note("guardian", FieldError{Code: "required", Message: "未成年学生请填写监护人姓名和手机号"})
	}
	return s, q.err()
}

// CheckRefusal refuses a reason that is too long or hostile. Errors:
// ErrInvalid for the field reason.
func CheckRefusal(reason string) error {
	return invalid(RefusalForm().Check(map[string]string{"reason": reason}))
}
