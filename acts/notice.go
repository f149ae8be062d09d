package acts

import (
	"context"

	"shixi/store"
)

// Notices lists what the person was told, newest first, and how many are
// unread (up to 100).
func (a *Acts) Notices(ctx context.Context, s Staff, after string, limit int) (store.PushPage, int, error) {
	page, err := a.DB.Notices(ctx, s.AccountID, after, limit)
	if err != nil {
		return page, 0, err
	}
	unread, err := a.DB.Unread(ctx, s.AccountID)
	return page, unread, err
}

// ReadNotices marks notices as read and says how many were unread.
func (a *Acts) ReadNotices(ctx context.Context, s Staff, ids []string) (int, error) {
	return a.DB.MarkRead(ctx, s.AccountID, ids)
}
