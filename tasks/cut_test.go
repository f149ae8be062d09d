package tasks_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	mongodb "shixi/store/embedded"
	"shixi/tasks"
)

// Each write to the database, one after another: its connection is cut before
// it is executed, or after it.
func TestAConnectionCutAtAnyWriteLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if s.Server.Engine == nil {
		t.Skip("only the embedded engine cuts connections on demand")
	}
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	for _, fault := range []mongodb.Fault{{CutBefore: true}, {CutAfter: true}} {
		for nth := int64(1); ; nth++ {
			placement := s.NewStudent("卢晓东").Applies(position)
			writes := s.cutWrite(nth, fault)
			s.settle(t, w, 35*time.Second, 12)
			s.Server.Engine.Watch(nil)
			s.wantOnce(t, fmt.Sprintf("write %d, %+v", nth, fault), placement)
			if writes.Load() < nth {
				if nth < 7 {
					t.Errorf("only %d writes were seen", writes.Load())
				}
				break
			}
		}
	}
	s.wantFeed(t)
}

// cutWrite lets the n-th write of a row or document from now on meet a fault, and counts them.
func (s *scene) cutWrite(n int64, fault mongodb.Fault) *atomic.Int64 {
	var seen atomic.Int64
	s.Server.Engine.Watch(func(c mongodb.Command) mongodb.Fault {
		if c.Collection != "leases" && slices.Contains([]string{"insert", "update", "findAndModify", "delete"}, c.Name) && seen.Add(1) == n {
			return fault
		}
		return mongodb.Fault{}
	})
	return &seen
}
