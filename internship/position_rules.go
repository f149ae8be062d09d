package internship

import (
	"errors"
	"fmt"
	"time"
)

// MayApply says why a student may not apply now: ErrNotRecruiting or
// ErrEnrolmentClosed. A full position is told by ErrPositionFull elsewhere.
func (p *Position) MayApply(now time.Time) error {
	if p.State != Recruiting {
		return ErrNotRecruiting
	}
	if !within(p.EnrolFrom, p.EnrolTo, now) {
		return ErrEnrolmentClosed.With("当前不在该岗位的报名时间内（" + string(p.EnrolFrom) + " 至 " + string(p.EnrolTo) + "）")
	}
	return nil
}

// ShownAs refuses an agreement to another edition than the one that students
// see now: what they agreed to is gone. Error: ErrTermsChanged.
func (p *Position) ShownAs(edition int) error {
	if p.State == Recruiting && edition != p.Published {
		return ErrTermsChanged
	}
	return nil
}

// MayAccept says why the enterprise may not accept a sign-up for the position:
// ErrNotRecruiting once recruiting is over, ErrWrongState while an edited one
// waits to be published again (domain.md §2.2: pending applications wait),
// ErrReconfirm while the student has not seen the published terms,
// ErrNotEligible where the law forbids the work to the student.
func (p *Position) MayAccept(x *Placement, now time.Time) error {
	switch p.State {
	case Recruiting:
	case Unpublished:
		return ErrWrongState.With("岗位已修改、尚未重新发布，请先发布岗位再处理报名")
	case Running:
		return ErrNotRecruiting.With("岗位已结束招收，不能再签约")
	default:
		return ErrNotRecruiting.With("岗位已关闭，不能再签约")
	}
	if p.Outdates(x) {
		return ErrReconfirm
	}
	return p.Terms.Suits(x.Student.Birth, x.Student.Sex, max(DateOf(now), x.PlanFirstDay))
}

// Outdates says whether the published terms differ materially from those that
// an application agreed to (G-16).
func (p *Position) Outdates(x *Placement) bool {
	return x.Edition < p.Published && p.PublishedTerms.Material(x.Terms)
}

// Filled says whether recruiting is over by itself: no day to apply is left
// and so many places are taken as there are.
func (p *Position) Filled(taken int, now time.Time) bool {
	return p.State == Recruiting && p.EnrolTo < DateOf(now) && taken >= p.Terms.Headcount
}

// needsExemption: nights and overtime are forbidden unless filed (G-11).
func (t Terms) needsExemption() bool {
	return t.NightShift == withNights || t.Overtime != "" && t.Overtime != noOvertime
}

// exempted refuses nights and overtime that were not filed. Error:
// ErrNotExempted with what is missing.
func (s Sheet) exempted() error {
	if !s.Terms.needsExemption() {
		return nil
	}
	var missing []FieldError
	if s.Exemption.Number == "" {
		missing = append(missing, FieldError{"exemption.number", "required", "安排夜班或加班须事先备案，请填写备案编号"})
	}
	if s.Exemption.File == "" {
		missing = append(missing, FieldError{"exemption.file", "required", "安排夜班或加班须事先备案，请上传备案材料"})
	}
	if missing == nil {
		return nil
	}
	return ErrNotExempted.At(missing...)
}

// paid refuses a lower pay than 80 % of what staff in the same post get; the
// least that the terms promise counts. Error: ErrPayTooLow.
func (s Sheet) paid() error {
	if s.Terms.Salary.Band == "" || s.Terms.Salary.Min*100 >= s.ReferenceWage*80 {
		return nil
	}
	return ErrPayTooLow.At(FieldError{"salary", "range", fmt.Sprintf("实习报酬不得低于相同岗位工资的 80%%：相同岗位工资为每月 %d 元，实习报酬至少 %d 元，现为 %d 元起，请提高月薪下限或薪资待遇",
		s.ReferenceWage, (s.ReferenceWage*80+99)/100, s.Terms.Salary.Min)})
}

// enrolls refuses an enrolment that is over. Error: ErrInvalid.
func (s Sheet) enrolls(now time.Time) error {
	if s.EnrolTo < DateOf(now) {
		return ErrInvalid.At(FieldError{"enrolTo", "range", "报名截止日期已过，请先修改报名日期"})
	}
	return nil
}

// staffed refuses more staff in like posts than there is at all, with which any
// number of interns would seem few (G-17). Error: ErrInvalid.
func (s Sheet) staffed(staff int) error {
	if s.StaffInPost <= staff {
		return nil
	}
	return ErrInvalid.At(FieldError{"staffInPost", "range", fmt.Sprintf("同类岗位在岗人数不能多于企业的在岗职工总数（%d 人），请修改其中之一", staff)})
}

// Warning is something that the enterprise should know and that hinders
// nothing now.
type Warning struct {
	// Code is stable, e.g. "position.enrolment_over".
	Code string
	// Field is the field of the form to look at, "" for none.
	Field string
	// Message is the Chinese sentence.
	Message string
}

// Warnings are what the enterprise should know of the position: what its sheet
// makes doubtful, and that no student sees it although it is 发布中.
func (p *Position) Warnings(now time.Time) []Warning {
	out := p.Sheet.Warnings(now)
	if p.State == Recruiting && len(p.OpenTo) == 0 {
		out = append(out, Warning{"position.hidden", "", "企业账号被冻结或所属行业不得接收实习生，岗位暂不向学生显示，恢复后自动显示"})
	}
	return out
}

// Warnings are what the sheet alone makes doubtful.
func (s Sheet) Warnings(now time.Time) []Warning {
	var out []Warning
	if s.EnrolTo != "" && s.EnrolTo < DateOf(now) {
		out = append(out, Warning{"position.enrolment_over", "enrolTo", "报名截止日期已过，修改报名日期后才能发布"})
	}
	if message := s.Terms.Workplace.Warning(); message != "" {
		out = append(out, Warning{"position.address", "address.detail", message})
	}
	if s.Terms.Occupation >= firstUninsured {
		out = append(out, Warning{"position.occupation_class", "occupation",
			fmt.Sprintf("第 %d 类职业不在线上保险的承保范围（第 1 至 4 类）内，须在线下投保学生实习责任保险并备案", s.Terms.Occupation)})
	}
	for _, err := range []error{s.exempted(), s.paid()} { // what publishing will refuse
		if e, ok := errors.AsType[*Error](err); ok {
			for _, f := range e.Fields {
				out = append(out, Warning{e.Code, f.Field, f.Message})
			}
		}
	}
	return out
}

// firstUninsured is the first occupation class that the online product does
// not insure (domain.md §5.3).
const firstUninsured = 5

// SharePolicy says what becomes of a publication or acceptance with more
// interns than the regulation's usual share of staff (G-17).
type SharePolicy string

// The rule is "一般" (as a rule), so warning is the default.
const (
	ShareWarn  SharePolicy = "warn"
	ShareBlock SharePolicy = "block"
)

// InternShare refuses more interns at the same time than 10 % of an
// enterprise's staff. Error: ErrTooManyInterns.
func InternShare(interns, staff int) error {
	if interns*10 <= staff {
		return nil
	}
	return ErrTooManyInterns.At(FieldError{"headcount", "range",
		fmt.Sprintf("实习学生人数一般不超过在岗职工总数的 10%%：在岗职工 %d 人，已签约和待招收的实习学生共 %d 人", staff, interns)})
}

// postShare refuses more interns in a post than 20 % of its staff. Error:
// ErrTooManyInPost.
func (s Sheet) postShare() error {
	if s.Terms.Headcount*5 <= s.StaffInPost {
		return nil
	}
	return ErrTooManyInPost.At(FieldError{"staffInPost", "range",
		fmt.Sprintf("岗位的实习学生人数一般不超过同类岗位在岗人数的 20%%：同类岗位在岗 %d 人，实习人数 %d 人", s.StaffInPost, s.Terms.Headcount)})
}
