package handlers

import (
	"context"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Event is one thing that happened, as partners see it.
type Event struct {
	Seq  int64             `json:"seq" doc:"序号，从 1 起连续；学校只看到与本校有关的" example:"42"`
	ID   string            `json:"id" doc:"事件编号" example:"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5.2.0"`
	Kind string            `json:"kind" doc:"事件种类" example:"placement.accepted"`
	At   time.Time         `json:"at" doc:"时间" example:"2026-11-24T09:15:00+08:00"`
	By   Actor             `json:"by" doc:"操作方"`
	Refs EventRefs         `json:"refs" doc:"所涉对象的编号"`
	Data map[string]string `json:"data,omitempty" doc:"说明文字和时间（RFC 3339），随事件种类而定"`
}

// EventRefs are the documents an event is about; absent where not concerned.
type EventRefs struct {
	EnterpriseID string `json:"enterpriseId,omitempty" doc:"企业编号" example:"ent_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	SchoolID     string `json:"schoolId,omitempty" doc:"学校编号" example:"sch_410001"`
	PlanID       string `json:"planId,omitempty" doc:"计划编号" example:"pln_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	StudentID    string `json:"studentId,omitempty" doc:"学生编号" example:"stu_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	PositionID   string `json:"positionId,omitempty" doc:"岗位编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	PlacementID  string `json:"placementId,omitempty" doc:"报名记录编号" example:"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// EventPage is a part of the feed.
type EventPage struct {
	Items []Event `json:"items" doc:"事件，按序号从小到大"`
	Next  int64   `json:"next" doc:"下次请求的 after；没有新事件时与本次相同" example:"42"`
}

type eventCursor struct {
	After int64 `query:"after" minimum:"0" default:"0" doc:"读到的最后一个序号；0 为从头"`
	Limit int   `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"条数"`
}

type eventPageAnswer struct{ Body EventPage }

func (a *App) listEvents(ctx context.Context, in *eventCursor) (*eventPageAnswer, error) {
	rows, err := a.acts.Events(ctx, partnerOf(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := EventPage{Items: make([]Event, len(rows)), Next: in.After}
	for i, r := range rows {
		out.Items[i], out.Next = renderEvent(r), r.Seq
	}
	return &eventPageAnswer{out}, nil
}

func renderEvent(r store.EventRow) Event {
	return Event{Seq: r.Seq, ID: r.RowID, Kind: string(r.Kind), At: local(r.At), By: renderOutside(r.By), Refs: renderRefs(r.Refs), Data: r.Data}
}

func renderRefs(r internship.Refs) EventRefs {
	return EventRefs{EnterpriseID: r.EnterpriseID, SchoolID: r.SchoolID, PlanID: r.PlanID, StudentID: r.StudentID, PositionID: r.PositionID, PlacementID: r.PlacementID}
}
