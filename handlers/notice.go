package handlers

import (
	"context"

	"shixi/acts"
	"shixi/internship"
)

type (
	noticePageAnswer struct{ Body NoticePage }
	noticesRead      struct{ Body ReadCount }
	noticeSelection  struct{ Body Form[NoticeSelection] }
)

// NoticeSelection are notices chosen in the list.
type NoticeSelection struct {
	IDs []string `json:"ids" minItems:"1" maxItems:"100" doc:"消息编号，1 至 100 个" example:"[\"psh_MZXW6YTBOI5DQ2LBNRUXG2LUN5\"]"`
}

func (a *App) listNotices(ctx context.Context, in *struct{ Paging }) (*noticePageAnswer, error) {
	found, unread, err := a.acts.Notices(ctx, staffOf(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := NoticePage{Items: make([]Notice, len(found.Items)), Next: found.Next, Unread: unread}
	for i, p := range found.Items {
		if out.Items[i], err = renderNotice(p); err != nil {
			return nil, err
		}
	}
	return &noticePageAnswer{out}, nil
}

func (a *App) readNotices(ctx context.Context, in *noticeSelection) (*noticesRead, error) {
	chosen, err := in.Body.read(func(s NoticeSelection) error { return invalid(checkIDs(s.IDs, acts.MaxBatch)) })
	if err != nil {
		return nil, err
	}
	n, err := a.acts.ReadNotices(ctx, staffOf(ctx), chosen.IDs)
	if err != nil {
		return nil, err
	}
	return &noticesRead{ReadCount{n}}, nil
}

func noticeDocs() map[string]doc {
	type errs = []*internship.Error
	return map[string]doc{
		"listNotices": {Tag: tagNotice, Summary: "站内消息", Says: "本人收到的消息，从新到旧；每条也会（或曾）发往微信，去向见报名记录。",
			Errors: errs{internship.ErrBadCursor, internship.ErrInvalid}},
		"readNotices": {Tag: tagNotice, Summary: "标为已读", Says: "不属于本人或已读的消息会被略过。",
			Errors: errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge}},
	}
}
