package handlers

import (
	"context"
	"net/http"

	"shixi/internship"
	"shixi/store"
)

type positionForm struct {
	Body Form[internship.PositionInput]
}

type positionEdit struct {
	ByID
	Body Form[internship.PositionInput]
}

type publishForm struct {
	ByID
	Body Form[internship.PublicationInput]
}

type positionFilter struct {
	State      PositionState `query:"state"`
	Name       string        `query:"name" doc:"岗位名称中的文字" example:"焊工"`
	Department string        `query:"department" doc:"实习部门中的文字" example:"技术部"`
	Paging
}

type positionAnswer struct{ Body Position }

type positionPageAnswer struct{ Body PositionPage }

func checkPosition(in internship.PositionInput) error {
	_, err := in.Parse()
	return err
}

func checkPublication(in internship.PublicationInput) error {
	_, err := in.Parse()
	return err
}

func (a *App) createPosition(ctx context.Context, in *positionForm) (*positionAnswer, error) {
	form, err := in.Body.read(checkPosition)
	if err != nil {
		return nil, err
	}
	p, err := a.acts.CreatePosition(ctx, staffOf(ctx), form)
	if err != nil {
		return nil, err
	}
	return a.position(p, p.Warnings(a.acts.Now()))
}

// position renders one position with what its enterprise should know of it.
func (a *App) position(p *internship.Position, warnings []internship.Warning) (*positionAnswer, error) {
	return &positionAnswer{renderPosition(p, warnings)}, nil
}

func (a *App) listPositions(ctx context.Context, in *positionFilter) (*positionPageAnswer, error) {
	values := map[string]string{"name": internship.Clean(in.Name), "department": internship.Clean(in.Department)}
	err := checkFilters(values, nil, textFilter("name", "岗位名称"), textFilter("department", "实习部门"))
	if err != nil {
		return nil, err
	}
	found, err := a.acts.Positions(ctx, staffOf(ctx), store.PositionFilter{State: string(in.State),
		Name: values["name"], Department: values["department"], After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := PositionPage{Items: make([]PositionSummary, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		out.Items[i] = summarizePosition(p)
	}
	return &positionPageAnswer{out}, nil
}

func (a *App) readPosition(ctx context.Context, in *ByID) (*positionAnswer, error) {
	p, signed, err := a.acts.Position(ctx, staffOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := renderPosition(p, p.Warnings(a.acts.Now()))
	out.Signed = &signed
	return &positionAnswer{out}, nil
}

func (a *App) editPosition(ctx context.Context, in *positionEdit) (*positionAnswer, error) {
	form, err := in.Body.read(checkPosition)
	if err != nil {
		return nil, err
	}
	p, err := a.acts.EditPosition(ctx, staffOf(ctx), in.ID, form)
	if err != nil {
		return nil, err
	}
	return a.position(p, p.Warnings(a.acts.Now()))
}

func (a *App) publishPosition(ctx context.Context, in *publishForm) (*positionAnswer, error) {
	form, err := in.Body.read(checkPublication)
	if err != nil {
		return nil, err
	}
	p, warnings, err := a.acts.PublishPosition(ctx, staffOf(ctx), in.ID, form)
	if err != nil {
		return nil, err
	}
	return a.position(p, warnings)
}

func (a *App) endRecruiting(ctx context.Context, in *ByID) (*positionAnswer, error) {
	p, err := a.acts.EndRecruiting(ctx, staffOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.position(p, nil)
}

func (a *App) closePosition(ctx context.Context, in *ByID) (*positionAnswer, error) {
	p, err := a.acts.ClosePosition(ctx, staffOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.position(p, nil)
}

func (a *App) deletePosition(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, a.acts.DeletePosition(ctx, staffOf(ctx), in.ID)
}

func positionDocs() map[string]doc {
	type errs = []*internship.Error
	own := errs{internship.ErrNotFound}
	return map[string]doc{
		"createPosition": {Tag: tagPosition, Summary: "新增实习岗位", Status: http.StatusCreated,
			Says: "保存后为「未发布」，发布后学生才能看到。标明「发布前必填」的字段可以以后再填，回答中的 missing 列出还缺哪些。" +
				"不填预计实习时间时，按报名截止的次日起 6 个月。warnings 是不妨碍保存、但企业应当知道的事项，夜班加班未备案、报酬过低等发布时会被拒绝的也在其中。",
			Errors: errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge, internship.ErrBlacklisted}},
		"listPositions": {Tag: tagPosition, Summary: "岗位列表", Says: "按创建时间从新到旧，可按状态、岗位名称和实习部门筛选。",
			Errors: errs{internship.ErrBadCursor, internship.ErrInvalid}},
		"readPosition": {Tag: tagPosition, Summary: "查看岗位", Says: "含已签约人数。", Errors: own},
		"editPosition": {Tag: tagPosition, Summary: "编辑岗位", Says: "保存后岗位变为「未发布」，须重新发布；「实习中」的岗位不能编辑，实习人数不能少于已签约人数。" +
			"薪资、结算方式、地址、夜班、加班、住宿、预计实习时间或职业类别有变时，重新发布后待确认的学生须重新确认。edition 填写页面上看到的版本，以免覆盖同事刚做的修改。",
			Errors: append(errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge,
				internship.ErrWrongState, internship.ErrTermsChanged, internship.ErrHeadcountTooLow, internship.ErrBlacklisted, internship.ErrBusy}, own...)},
		"publishPosition": {Tag: tagPosition, Summary: "发布岗位",
			Says: "逐项确认合规声明（内容见 /api/v1/forms 的 declaration）后，推荐学校的学生即可报名；每次发布都须确认。edition 填写页面上看到的版本，以免发布同事刚改过、自己没有看到的内容。企业须为「正常」状态且信息完整，所属行业可以接收实习生，" +
				"岗位信息完整，报名截止日期未过，同类岗位在岗人数不多于在岗职工总数；有夜班或加班的须已备案；实习报酬不低于相同岗位工资的 80%。" +
				"实习学生超过在岗职工的 10% 或同类岗位的 20% 时，按系统设置警告（warnings）或拒绝。",
			Errors: append(errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge,
				internship.ErrWrongState, internship.ErrFrozen, internship.ErrBlacklisted, internship.ErrProfileMissing, internship.ErrIndustryBarred, internship.ErrIncomplete,
				internship.ErrDeclarationOld, internship.ErrTermsChanged, internship.ErrNotExempted, internship.ErrPayTooLow, internship.ErrTooManyInterns, internship.ErrTooManyInPost,
				internship.ErrBusy}, own...)},
		"endRecruiting": {Tag: tagPosition, Summary: "结束招收", Says: "至少有一名学生已签约时，岗位变为「实习中」：不再接受报名，待处理的报名随即失效，已签约的学生不受影响。" +
			"报名截止且名额已满的岗位由系统结束招收；最后一名实习生结束后，岗位自动关闭。",
			Errors: append(errs{internship.ErrWrongState, internship.ErrNoInterns, internship.ErrBusy}, own...)},
		"closePosition": {Tag: tagPosition, Summary: "关闭岗位", Says: "不再接受报名，待处理的报名随即失效；已签约的学生不受影响。",
			Errors: append(errs{internship.ErrWrongState, internship.ErrBusy}, own...)},
		"deletePosition": {Tag: tagPosition, Summary: "删除岗位", Says: "只能删除「未发布」或「已关闭」且从未有学生报名的岗位。",
			Errors: append(errs{internship.ErrWrongState, internship.ErrHasApplicants, internship.ErrBusy}, own...)},
	}
}
