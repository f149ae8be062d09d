package wxsim

import (
	"slices"
	"time"
)

// Statuses of a receipt, as the platform spells them (wechat.md §1.7).
const (
	StatusSuccess      = "success"
	StatusUserBlock    = "failed:user block"
	StatusSystemFailed = "failed: system failed"
)

// maxWaiting bounds the receipts on their way, so that a dead callback under
// load costs no memory; more are dropped and counted.
const maxWaiting = 20_000

// maxHeld bounds the receipts held for one account.
const maxHeld = 20_000

// Receipts says how an account's receipts (TEMPLATESENDJOBFINISH,
// subscribe_msg_sent_event) are posted. The zero value posts each once, right
// after the message was accepted and concurrently with the answer.
type Receipts struct {
	Delay        time.Duration // real time between acceptance and posting
	BeforeAnswer bool          // posted, and taken by the callback, before the send is answered
	Withhold     bool          // never posted
	Hold         bool          // kept until Release
	Copies       int           // how often each is posted; 0 and 1: once
}

// Receipt is the platform's word on what became of a message.
type Receipt struct {
	AppID      string
	OpenID     string
	MsgID      int64
	Status     string
	TemplateID string    // of a subscribe message; empty for a template message
	At         time.Time // when the message was accepted

	created int64 // CreateTime, the same on every copy
}

// SetReceipts changes how an account's receipts are posted from now on.
func (s *Sim) SetReceipts(appID string, how Receipts) error {
	return s.withApp(appID, func(a *account) error {
		a.receipts = how
		return nil
	})
}

// Held lists the receipts kept back by Hold, oldest first.
func (s *Sim) Held(appID string) []Receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.apps[appID]; a != nil {
		return slices.Clone(a.held)
	}
	return nil
}

// Release posts the held receipts one after another, waiting for the callback
// each time, and forgets them. choose may reorder, drop, double or alter them;
// nil posts them as they came. It returns how many the callback took.
func (s *Sim) Release(appID string, choose func([]Receipt) []Receipt) (int, error) {
	var list []Receipt
	err := s.withApp(appID, func(a *account) error {
		list, a.held = a.held, nil
		return nil
	})
	if err != nil {
		return 0, err
	}
	if choose != nil {
		list = choose(list)
	}
	taken := 0
	for _, r := range list {
		if s.postReceipt(r) {
			taken++
		}
	}
	return taken, nil
}

// dispatch does with a fresh receipt what its account's Receipts say.
func (s *Sim) dispatch(r Receipt) {
	r.created = r.At.Unix()
	s.mu.Lock()
	a := s.apps[r.AppID]
	how := a.receipts
	dropped := how.Withhold || a.Callback == "" && !how.Hold
	switch {
	case dropped:
		s.stats.ReceiptsDropped++
	case how.Hold:
		if len(a.held) >= maxHeld {
			a.held = slices.Delete(a.held, 0, 1)
			s.stats.ReceiptsDropped++
		}
		a.held = append(a.held, r)
	}
	s.mu.Unlock()
	if dropped || how.Hold {
		return
	}
	if how.BeforeAnswer {
		s.postCopies(r, how)
		return
	}
	s.postLater(r, how)
}

func (s *Sim) postLater(r Receipt, how Receipts) {
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		s.dropReceipt()
		return
	}
	s.spawn(func() {
		defer s.waiting.Add(-1)
		s.postCopies(r, how)
	})
}

func (s *Sim) postCopies(r Receipt, how Receipts) {
	if !s.sleep(how.Delay) {
		s.dropReceipt()
		return
	}
	for range max(how.Copies, 1) {
		s.postReceipt(r)
	}
}

func (s *Sim) dropReceipt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.ReceiptsDropped++
}

// postReceipt posts one receipt, at most maxPosting of them at a time.
func (s *Sim) postReceipt(r Receipt) bool {
	select {
	case s.posting <- struct{}{}:
		defer func() { <-s.posting }()
	case <-s.life.Done():
		s.dropReceipt()
		return false
	}
	name, more := "TEMPLATESENDJOBFINISH", extra{plain: Fields{{"MsgID", r.MsgID}, {"Status", r.Status}}}
	if r.TemplateID != "" {
		name, more = "subscribe_msg_sent_event", sentEvent(r)
	}
	_, err := s.eventAt(s.life, r.AppID, r.OpenID, name, more, r.created)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stats.ReceiptsFailed++
		return false
	}
	s.stats.ReceiptsPosted++
	return true
}
