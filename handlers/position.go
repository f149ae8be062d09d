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

type positionFilter struct {
	State      PositionState `query:"state"`
	Name       string        `query:"name" doc:"岗位名称中的文字" example:"焊工"`
	Department string        `query:"department" doc:"实习部门中的文字" example:"技术部"`
	Paging
}

type positionAnswer struct{ Body Position }

type positionPageAnswer struct{ Body PositionPage }

func checkPosition(in internship.PositionInput) error {
	_, _, _, err := in.Parse()
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
	return &positionAnswer{renderPosition(p)}, nil
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
	out := renderPosition(p)
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
	return &positionAnswer{renderPosition(p)}, nil
}

func (a *App) publishPosition(ctx context.Context, in *ByID) (*positionAnswer, error) {
	p, err := a.acts.PublishPosition(ctx, staffOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &positionAnswer{renderPosition(p)}, nil
}

func (a *App) closePosition(ctx context.Context, in *ByID) (*positionAnswer, error) {
	p, err := a.acts.ClosePosition(ctx, staffOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &positionAnswer{renderPosition(p)}, nil
}

func (a *App) deletePosition(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, a.acts.DeletePosition(ctx, staffOf(ctx), in.ID)
}

func positionDocs() map[string]doc {
	type errs = []*internship.Error
	own := errs{internship.ErrNotFound}
	return map[string]doc{
		"createPosition": {Tag: tagPosition, Summary: "新增实习岗位", Status: http.StatusCreated, Says: "保存后为「未发布」，发布后学生才能看到。",
			Errors: errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge}},
		"listPositions": {Tag: tagPosition, Summary: "岗位列表", Says: "按创建时间从新到旧，可按状态、岗位名称和实习部门筛选。",
			Errors: errs{internship.ErrBadCursor, internship.ErrInvalid}},
		"readPosition": {Tag: tagPosition, Summary: "查看岗位", Says: "含已签约人数。", Errors: own},
		"editPosition": {Tag: tagPosition, Summary: "编辑岗位", Says: "保存后岗位变为「未发布」，须重新发布；「实习中」的岗位不能编辑，实习人数不能少于已签约人数。" +
			"薪资、结算方式、地址、夜班、加班、住宿有变时，重新发布后待确认的学生须重新确认。",
			Errors: append(errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge,
				internship.ErrWrongState, internship.ErrHeadcountTooLow, internship.ErrBusy}, own...)},
		"publishPosition": {Tag: tagPosition, Summary: "发布岗位", Says: "推荐学校的学生即可报名。企业须为「正常」状态且信息完整，报名截止日期未过。",
			Errors: append(errs{internship.ErrWrongState, internship.ErrFrozen, internship.ErrBlacklisted, internship.ErrProfileMissing,
				internship.ErrInvalid, internship.ErrBusy}, own...)},
		"closePosition": {Tag: tagPosition, Summary: "关闭岗位", Says: "不再接受报名，待处理的报名随即失效；已签约的学生不受影响。",
			Errors: append(errs{internship.ErrWrongState, internship.ErrBusy}, own...)},
		"deletePosition": {Tag: tagPosition, Summary: "删除岗位", Says: "只能删除「未发布」或「已关闭」且从未有学生报名的岗位。",
			Errors: append(errs{internship.ErrWrongState, internship.ErrHasApplicants, internship.ErrBusy}, own...)},
	}
}
