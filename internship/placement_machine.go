package internship

var openStates = []string{Applied, AwaitingStudent}

// placementMachine is domain.md §2.3.
var placementMachine = Machine{
	Name: "placement", Label: "报名记录",
	States: []State{
		{Applied, "学生报名待企业确认", false},
		{AwaitingStudent, "待学生重新确认", false},
		{Signed, "企业已同意·待学校", false},
		{Grouped, "已完成分组", false},
		{InProgress, "进入实习中", false},
		{Withdrawn, "已撤回", true},
		{Refused, "企业已拒绝", true},
		{Lapsed, "已失效", true},
		{Objected, "学校未通过", true},
		{NoShow, "未报到", true},
		{Completed, "完成实习", true},
		{Terminated, "已解约", true},
		{Incomplete, "未完成实习", true},
	},
	Transitions: []Transition{
		{Name: "apply", Label: "报名", To: Applied, By: []ActorKind{ByStudent}, Emits: PlacementApplied,
			Needs: "age ≥ 16, not first-year, both enrolment windows, ≤ 5 open, not signed in the plan"},
		{Name: "withdraw", Label: "撤回报名", From: openStates, To: Withdrawn, By: []ActorKind{ByStudent}, Emits: PlacementWithdrawn},
		{Name: "ask_again", Label: "要求学生重新确认", From: []string{Applied}, To: AwaitingStudent, By: []ActorKind{BySystem}, Emits: PlacementReconfirm,
			Needs: "position published again with a material change (G-16)"},
		{Name: "reconfirm", Label: "重新确认", From: []string{AwaitingStudent}, To: Applied, By: []ActorKind{ByStudent}, Emits: PlacementReconfirmed,
			Needs: "new snapshot of the terms"},
		{Name: "refuse", Label: "拒绝签约", From: []string{Applied}, To: Refused, By: []ActorKind{ByEnterprise}, Emits: PlacementRefused},
		{Name: "accept", Label: "同意签约", From: []string{Applied}, To: Signed, By: []ActorKind{ByEnterprise}, Emits: PlacementAccepted,
			Needs: "a free place; the student not signed in the plan; age and grade"},
		{Name: "lapse", Label: "使其失效", From: openStates, To: Lapsed, By: []ActorKind{BySystem}, Emits: PlacementLapsed,
			Needs: "reason: 他企业先确认 / 岗位关闭 / 超时未处理 / 计划结束"},
		{Name: "approve", Label: "学校认可", From: []string{Signed}, By: []ActorKind{BySchool}, Emits: PlacementApproved},
		{Name: "object", Label: "学校不予通过", From: []string{Signed}, To: Objected, By: []ActorKind{BySchool}, Emits: PlacementObjected,
			Needs: "reason"},
		{Name: "cancel", Label: "取消签约", From: []string{Signed}, To: Withdrawn, By: []ActorKind{ByStudent, BySchool}, Emits: PlacementWithdrawn,
			Undoes: "accept"},
		{Name: "group", Label: "分组", From: []string{Signed}, To: Grouped, By: []ActorKind{BySchool}, Emits: PlacementGrouped},
		{Name: "ungroup", Label: "解散分组", From: []string{Grouped}, To: Signed, By: []ActorKind{BySchool}, Emits: PlacementUngrouped, Undoes: "group"},
		{Name: "arrive", Label: "到达实习岗位", From: []string{Grouped}, To: InProgress, By: []ActorKind{ByEnterprise}, Emits: PlacementArrived,
			Needs: "gates of G-52"},
		{Name: "undo_arrival", Label: "撤销到岗", From: []string{InProgress}, To: Grouped, By: []ActorKind{BySchool}, Emits: PlacementArrivalUndo, Undoes: "arrive"},
		{Name: "no_show", Label: "登记未报到", From: []string{Grouped}, To: NoShow, By: []ActorKind{ByEnterprise, BySchool}, Emits: PlacementNoShow},
		{Name: "never_arrived", Label: "登记未报到（计划结束）", From: []string{Signed, Grouped}, To: NoShow, By: []ActorKind{BySystem}, Emits: PlacementNoShow},
		{Name: "complete", Label: "完成实习", From: []string{InProgress}, To: Completed, By: []ActorKind{BySchool, BySystem}, Emits: PlacementCompleted},
		{Name: "terminate", Label: "解约", From: []string{Grouped, InProgress}, To: Terminated, By: []ActorKind{BySchool}, Emits: PlacementTerminated},
		{Name: "break_off", Label: "登记未完成实习", From: []string{InProgress}, To: Incomplete, By: []ActorKind{BySchool}, Emits: PlacementIncomplete,
			Needs: "reason (R-14)"},
	},
}

func (p *Placement) fire(name string, do Do) error {
	data := p.words()
	if do.Note != "" {
		data["reason"] = do.Note
	}
	return p.Root.fire(placementMachine, &p.State, name, do, p.Refs(), data)
}
