package handlers

import (
	"net/http"

	"shixi/internship"
)

// partnerDocs are what the documentation says of the partners' operations.
func partnerDocs() map[string]doc {
	docs := map[string]doc{}
	for _, some := range []map[string]doc{schoolDocs(), schoolPlacementDocs(), studentDocs(), reviewDocs(), recoveryPartnerDocs()} {
		for id, d := range some {
			d.Tag = tagPartner
			docs[id] = d
		}
	}
	return docs
}

// submitted is what any submitted form may be refused for.
func submitted(more ...*internship.Error) []*internship.Error {
	return append([]*internship.Error{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge, internship.ErrBusy}, more...)
}

// listed is what any list may be refused for.
func listed(more ...*internship.Error) []*internship.Error {
	return append([]*internship.Error{internship.ErrBadCursor, internship.ErrInvalid}, more...)
}

func schoolDocs() map[string]doc {
	return map[string]doc{
		"putSchool":    {Summary: "登记学校名称", Says: "学校密钥。学校编号由密钥确定；首次使用其他接口前须先登记。", Errors: submitted()},
		"putPlan":      {Summary: "保存实习计划", Says: "学校密钥。编号由学校自定，重复提交即修改；内容未变时不产生变更。", Errors: submitted()},
		"listPlans":    {Summary: "本校的实习计划", Says: "学校密钥。按编号排列。", Errors: listed()},
		"putStudent":   {Summary: "保存学生", Says: "学校密钥。学号由学校自定，重复提交即修改；未成年学生须填写监护人。身份证号和手机号加密保存。", Errors: submitted(internship.ErrStudentTaken)},
		"listStudents": {Summary: "本校的学生", Says: "学校密钥。按学号排列，身份证号和手机号部分隐藏。", Errors: listed()},
		"enterEnterprise": {Summary: "录入企业", Status: http.StatusCreated,
			Says:   "学校密钥。首次录入的企业得到激活码，由学校转交；联系电话为手机号时，激活码同时以短信发给企业。平台已有的企业（由其他学校录入、自荐或学生推荐，不论是否已审核）只增加本校为推荐学校，不产生激活码；自荐和学生推荐的仍由平台审核。",
			Errors: submitted(internship.ErrBlacklisted, internship.ErrAlreadyEnterHere, internship.ErrCodeTaken)},
		"listEnterprises": {Summary: "本校推荐的企业", Says: "学校密钥。从新到旧。", Errors: listed()},
		"renewCode": {Summary: "重新发放激活码", Says: "学校密钥。只限本校推荐且尚未激活的企业，原激活码随即失效；联系电话为手机号时，新的激活码同时以短信发给企业。" +
			"录入时联系人或联系电话有误的，在此一并更正，新的激活码发往更正后的号码；无需更正时可以没有请求体。",
			Errors: submitted(internship.ErrNotFound, internship.ErrAlreadyActive, internship.ErrWrongState)},
		"listSchoolOffers": {Summary: "本校学生可选的岗位", Says: "学校密钥。本校推荐的企业和面向全省的企业正在发布的岗位，从新到旧。", Errors: listed()},
		"readSchoolOffer":  {Summary: "查看可选的岗位", Says: "学校密钥。", Errors: []*internship.Error{internship.ErrNotFound}},
	}
}

func schoolPlacementDocs() map[string]doc {
	decided := submitted(internship.ErrNotFound, internship.ErrWrongState)
	return map[string]doc{
		"listSchoolPlacements": {Summary: "本校学生的报名与签约", Says: "学校密钥。按报名时间从新到旧。", Errors: listed()},
		"readSchoolPlacement":  {Summary: "查看报名记录", Says: "学校密钥。含报名时的岗位条件和全部经过。", Errors: []*internship.Error{internship.ErrNotFound}},
		"approvePlacement":     {Summary: "认可签约", Says: "学校密钥。企业已同意的记录，学校表示认可。", Errors: decided},
		"objectPlacement":      {Summary: "不予通过", Says: "学校密钥。企业已同意的记录，学校不予通过，须填写原因；岗位名额随即释放，学生可以重新报名。", Errors: decided},
		"cancelPlacement":      {Summary: "取消签约", Says: "学校密钥。分组之前取消已签约的记录，岗位名额随即释放。", Errors: decided},
	}
}

func studentDocs() map[string]doc {
	own := []*internship.Error{internship.ErrNotFound, internship.ErrWrongState, internship.ErrBusy}
	return map[string]doc{
		"listStudentPlans": {Summary: "学生的实习计划", Says: "学生端密钥。面向该学生年级、专业和班级的计划。", Errors: listed(internship.ErrNotFound)},
		"listOffers": {Summary: "学生可选的岗位", Says: "学生端密钥。学生所在学校推荐的企业和面向全省的企业正在发布的岗位，从新到旧。",
			Errors: listed(internship.ErrNotFound)},
		"readOffer": {Summary: "查看可选的岗位", Says: "学生端密钥。", Errors: []*internship.Error{internship.ErrNotFound}},
		"apply": {Summary: "报名", Status: http.StatusCreated,
			Says: "学生端密钥。edition 是学生看到的岗位版本：岗位在此期间重新发布过的，须重新查看。须在计划和岗位的报名时间内；" +
				"每个计划最多同时报名 5 个岗位；未满 16 周岁和一年级学生不得报名。",
			Errors: submitted(internship.ErrNotFound, internship.ErrNotEligible, internship.ErrEnrolmentClosed, internship.ErrNotRecruiting, internship.ErrNotOffered, internship.ErrTermsChanged,
				internship.ErrPositionFull, internship.ErrAlreadySigned, internship.ErrAlreadyChosen, internship.ErrTooManyOpen, internship.ErrFrozen, internship.ErrBlacklisted, internship.ErrIndustryBarred)},
		"listApplications": {Summary: "学生的报名记录", Says: "学生端密钥。从新到旧。", Errors: listed()},
		"readApplication":  {Summary: "查看报名记录", Says: "学生端密钥。", Errors: []*internship.Error{internship.ErrNotFound}},
		"withdraw":         {Summary: "撤回报名", Says: "学生端密钥。企业确认之前随时可以撤回；已签约的在分组之前可以取消。", Errors: own},
		"reconfirm": {Summary: "重新确认", Says: "学生端密钥。岗位的薪资、地址、住宿、夜班、加班、预计实习时间或职业类别有变时，学生查看并确认新的条件，报名继续有效；" +
			"edition 是学生看到的岗位版本。报名截止以后也可以确认。",
			Errors: submitted(internship.ErrNotFound, internship.ErrWrongState, internship.ErrNotRecruiting, internship.ErrTermsChanged)},
		"nominate": {Summary: "推荐企业", Status: http.StatusCreated,
			Says:   "学生端密钥。学生推荐平台尚无的企业，联系人收到邀请短信；企业完成入驻登记并经平台审核后进入企业库。平台已有的企业不再发送邀请。每名学生每 30 天最多推荐 5 家。",
			Errors: submitted(internship.ErrNotFound, internship.ErrBlacklisted, internship.ErrTooManyNominations)},
		"listEvents": {Summary: "事件", Says: "所有密钥。按序号读取发生的事件，以回答中的 next 作为下次的 after，不会遗漏。学校只看到与本校有关的、以及面向全省各校的事件。", Errors: listed()},
	}
}
