package tasks

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// parkedFirst is how old a receipt without its push must be before it may
	// belong to an uncertain one: until then the answer may still come.
	parkedFirst = 30 * time.Second
	// parkedLast is when it is given up: an uncertain push begun at most 10
	// minutes before it exists by then.
	parkedLast = 15 * time.Minute
	// parkedBatch is how many one look takes.
	parkedBatch = 100
)

// receiptSweep gives parked receipts to their pushes. It walks through them
// from look to look, so that many unknown ones do not hide the others.
type receiptSweep struct {
	*common

	mu sync.Mutex
	// after is where the next look goes on; guarded by mu.
	after time.Time
}

func (r *receiptSweep) pass(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.DB.Now()
	parked, err := r.DB.ParkedReceipts(ctx, r.after, now.Add(-parkedFirst), parkedBatch)
	if err != nil {
		return fmt.Errorf("tasks: parked receipts: %w", err)
	}
	r.after = time.Time{}
	if len(parked) == parkedBatch {
		r.after = parked[len(parked)-1].At
	}
	for _, p := range parked {
		matched, err := r.DB.MatchUncertain(ctx, p)
		if err == nil && (matched || now.Sub(p.At) > parkedLast) {
			err = r.DB.DropReceipt(ctx, p.MsgID)
		}
		if err != nil {
			return fmt.Errorf("tasks: parked receipts: %w", err)
		}
	}
	return nil
}
