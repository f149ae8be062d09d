package handlers

import (
	"context"
	"errors"
	"net/http"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// Selection are rows chosen in a list.
type Selection struct {
	IDs []string `json:"ids" minItems:"1" maxItems:"100" doc:"报名记录的编号，1 至 100 个" example:"[\"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5\"]"`
}

// Refusal are rows to refuse with one reason.
type Refusal struct {
	IDs    []string `json:"ids" minItems:"1" maxItems:"100" doc:"报名记录的编号，1 至 100 个" example:"[\"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5\"]"`
	Reason string   `json:"reason,omitempty" doc:"拒绝原因，选填，会告知学生" example:"专业不对口"`
}

type placementFilter struct {
	State      PlacementState `query:"state"`
	SchoolID   string         `query:"schoolId" doc:"学校编号" example:"sch_410001"`
	PositionID string         `query:"positionId" doc:"岗位编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name       string         `query:"name" doc:"学生姓名中的文字" example:"卢晓"`
	Days
	Paging
}

type (
	placementPageAnswer struct{ Body PlacementPage }
	placementAnswer     struct{ Body Placement }
	selectionForm       struct{ Body Form[Selection] }
	refusalForm         struct{ Body Form[Refusal] }
	resultsAnswer       struct{ Body PlacementResults }
)

func (a *App) listPlacements(ctx context.Context, in *placementFilter) (*placementPageAnswer, error) {
	from, to, wrong := in.bounds()
	name := internship.Clean(in.Name)
	err := checkFilters(map[string]string{"name": name, "schoolId": in.SchoolID, "positionId": in.PositionID}, wrong,
		textFilter("name", "姓名"), idFilter("schoolId", "学校"), idFilter("positionId", "岗位"))
	if err != nil {
		return nil, err
	}
	found, err := a.acts.Placements(ctx, staffOf(ctx), store.PlacementFilter{State: string(in.State), SchoolID: in.SchoolID,
		PositionID: in.PositionID, Name: name, From: from, To: to, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &placementPageAnswer{renderPlacementPage(found, a.acts.Now())}, nil
}

func (a *App) readPlacement(ctx context.Context, in *ByID) (*placementAnswer, error) {
	p, trail, err := a.acts.Placement(ctx, staffOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &placementAnswer{renderPlacement(p, trail, a.acts.Now())}, nil
}

func (a *App) acceptPlacements(ctx context.Context, in *selectionForm) (*resultsAnswer, error) {
	chosen, err := in.Body.read(func(s Selection) error { return invalid(checkIDs(s.IDs, acts.MaxBatch)) })
	if err != nil {
		return nil, err
	}
	rows, err := a.acts.AcceptAll(ctx, staffOf(ctx), chosen.IDs)
	if err != nil {
		return nil, err
	}
	return a.results(ctx, rows)
}

func (a *App) refusePlacements(ctx context.Context, in *refusalForm) (*resultsAnswer, error) {
	chosen, err := in.Body.read(checkRefusal)
	if err != nil {
		return nil, err
	}
	rows, err := a.acts.RefuseAll(ctx, staffOf(ctx), chosen.IDs, chosen.Reason)
	if err != nil {
		return nil, err
	}
	return a.results(ctx, rows)
}

// checkRefusal looks at the reason before any row is refused.
func checkRefusal(r Refusal) error {
	wrong := checkIDs(r.IDs, acts.MaxBatch)
	if e, ok := errors.AsType[*internship.Error](internship.CheckRefusal(internship.Clean(r.Reason))); ok {
		wrong = append(wrong, e.Fields...)
	}
	return invalid(wrong)
}

// results renders a batch. Whoever may do nothing of the kind is told so once,
// not row by row; a row that failed for the moment only makes the whole answer
// one that a repetition replaces.
func (a *App) results(ctx context.Context, rows []acts.Row) (*resultsAnswer, error) {
	out := PlacementResults{Results: make([]PlacementResult, len(rows))}
	for i, row := range rows {
		if errors.Is(row.Err, internship.ErrForbidden) {
			return nil, row.Err
		}
		out.Results[i] = PlacementResult{ID: row.ID, OK: row.Err == nil}
		if row.Err == nil {
			summary := summarizePlacement(row.Placement, a.acts.Now())
			out.Results[i].Placement = &summary
			continue
		}
		p := a.problem(ctx, row.Err)
		out.Results[i].Error = p
		if r := requestOf(ctx); r != nil && (p.Status >= http.StatusInternalServerError || p.retryAfter > 0) {
			r.passing = true
		}
	}
	return &resultsAnswer{out}, nil
}

// invalid is ErrInvalid with its fields, nil where there are none.
func invalid(wrong []internship.FieldError) error {
	if len(wrong) == 0 {
		return nil
	}
	return internship.ErrInvalid.At(wrong...)
}

func placementDocs() map[string]doc {
	type errs = []*internship.Error
	batch := errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge}
	return map[string]doc{
		"listPlacements": {Tag: tagPlacement, Summary: "报名与签约列表", Says: "按报名时间从新到旧。只用状态、学校、岗位中至多一个条件时给出总数 total；其余组合最多查看 1000 条候选，不给总数。",
			Errors: errs{internship.ErrBadCursor, internship.ErrInvalid}},
		"readPlacement": {Tag: tagPlacement, Summary: "查看报名记录", Says: "含报名时的岗位条件、全部经过，以及为此发出的每条微信消息的去向。",
			Errors: errs{internship.ErrNotFound}},
		"acceptPlacements": {Tag: tagPlacement, Summary: "同意签约", Says: "逐行给出结果：同一学生由先确认的企业签约，签约人数不超过岗位的实习人数。" +
			"每行可能的错误：not_found、placement.signed_elsewhere、position.full、position.not_recruiting、placement.awaiting_student、state.wrong、student.not_eligible、enterprise.not_active、enterprise.blacklisted、enterprise.industry_barred、enterprise.too_many_interns、busy。",
			Errors: batch},
		"refusePlacements": {Tag: tagPlacement, Summary: "拒绝签约", Says: "逐行给出结果，原因会告知学生。每行可能的错误：not_found、placement.signed_elsewhere、state.wrong、busy。",
			Errors: batch},
	}
}
