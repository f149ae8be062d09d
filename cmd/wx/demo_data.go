package main

import (
	_ "embed"
	"time"

	"shixi/internship"
)

// demoTemplates are the message templates of the simulated account, in the form of WX_TEMPLATES.
//
//go:embed demo_templates.yaml
var demoTemplates string

// demoPlanFile is the 学生实习方案 of the demo's positions.
//
//go:embed demo_plan.pdf
var demoPlanFile []byte

// The demo's accounts, keys and people. They exist in this process alone, beside engines that end with it.
const (
	demoOAAppID = "wx5a1e0d3c2b4f6a78"
	demoMPAppID = "wx9c8b7a6d5e4f3a21"
	demoAESKey  = "ZGVtbzAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXI"

	demoSchoolCode = "410099"
	demoPassword   = "Shixi-2026"
)

// demoEnterprise is an enterprise of the demo with the position its sign-up goes to.
type demoEnterprise struct {
	Name, Code, Mobile, Owner string
	// OpenID is the owner as a follower of the official account.
	OpenID    string
	Positions []internship.PositionInput
}

func demoEnterprises(now time.Time) []demoEnterprise {
	return []demoEnterprise{
		{Name: "濮阳市华龙区示例电子科技有限公司", Code: "91410900MA4ABCD173", Mobile: "13800138001", Owner: "王经理", OpenID: "oDemoFollowerOfWangManager01",
			Positions: []internship.PositionInput{
				demoPosition(now, "web前端工程师", "技术部", "3K以上", 5),
				demoPosition(now, "软件开发工程师", "技术部", "1K-2K", 100),
				demoPosition(now, "数据处理工程师", "技术部", "1K-2K", 4),
				demoPosition(now, "销售推广", "业务部", "1K-2K", 10),
				demoPosition(now, "人事专员", "人事部", "2K-3K", 200),
			}},
		{Name: "郑州市金水区示例机械有限公司", Code: "91410100123456788Y", Mobile: "13800138002", Owner: "李主任", OpenID: "oDemoFollowerOfLiDirector002",
			Positions: []internship.PositionInput{
				demoPosition(now, "机械制造", "机械部", "2k-3k", 10),
				demoPosition(now, "网络运维", "网络部", "2k-3k", 10),
				demoPosition(now, "软件开发测试", "软件部", "2k-3k", 100),
			}},
	}
}

// demoPosition fills in what the manual's lists do not show.
func demoPosition(now time.Time, name, department, salary string, headcount int) internship.PositionInput {
	return internship.PositionInput{Name: name, Department: department, Salary: salary, ReferenceWage: 1250, Education: "不限",
		Headcount: headcount, StaffInPost: 5 * headcount, Majors: []string{"电子技术应用", "机电技术应用"}, Occupation: 2,
		Address: internship.WorkplaceInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路与新华街交叉口东北角 260 号"},
		Lodging: "2-4人间", NightShift: "无夜班", Overtime: "无加班", EnrolFrom: demoDay(now, -7), EnrolTo: demoDay(now, 30),
		Description: "在师傅指导下参与" + department + "的日常工作", Skills: "岗位基本技能", Requirements: "遵守企业规章制度，注意安全"}
}

// demoPublication makes the whole declaration.
func demoPublication() internship.PublicationInput {
	current := internship.CurrentDeclaration()
	return internship.PublicationInput{Declaration: internship.DeclarationInput{Version: current.Version, Accepted: current.Codes()}}
}

func demoDay(now time.Time, days int) string {
	return string(internship.DateOf(now.AddDate(0, 0, days)))
}

func demoPlan(now time.Time) internship.PlanInput {
	return internship.PlanInput{Name: "软件学院岗位实习", Grade: demoGrade(now), Major: "电子技术应用",
		FirstDay: demoDay(now, 40), LastDay: demoDay(now, 220), EnrolFrom: demoDay(now, -7), EnrolTo: demoDay(now, 30)}
}

// demoGrade is that of students in their third year.
func demoGrade(now time.Time) string {
	return now.In(internship.Zone).AddDate(-2, -8, 0).Format("2006")
}

func demoStudents(now time.Time) map[string]internship.StudentInput {
	student := func(name, id, mobile string) internship.StudentInput {
		return internship.StudentInput{Name: name, IDNumber: id, Mobile: mobile, Education: "中专", Grade: demoGrade(now), Major: "电子技术应用", Class: "1 班"}
	}
	return map[string]internship.StudentInput{
		"2024001": student("卢晓东", "41019920050315001X", "13900139001"),
		"2024002": student("马丽", "410199200411082048", "13900139002"),
	}
}
