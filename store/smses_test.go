package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

func text(n int) store.SMS {
	return store.SMS{ID: fmt.Sprintf("sms_%d", n), Kind: "code", Mobile: mobile, Params: map[string]string{"code": "482913", "minutes": "5"},
		EnterpriseID: "ent_1", AccountID: "acc_1", Expires: noon.Add(5 * time.Minute)}
}

func addSMS(t *testing.T, db *store.DB, texts ...store.SMS) {
	t.Helper()
	for _, s := range texts {
		if err := db.AddSMS(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func claimSMS(t *testing.T, db *store.DB, id, owner string) *store.SMS {
	t.Helper()
	s, err := db.ClaimSMS(t.Context(), id, owner, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func saveSMS(t *testing.T, db *store.DB, s *store.SMS, want bool) {
	t.Helper()
	if mine, err := db.SaveSMS(t.Context(), s); mine != want || err != nil {
		t.Errorf("saved %v %v", mine, err)
	}
}

func TestSMSIsSealedAndForgotten(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	addSMS(t, db, text(1), text(2), text(3), text(4))
	for n, state := range []string{store.SMSSent, store.SMSExpired, store.SMSFailed, store.SMSUncertain} {
		row := claimSMS(t, db, text(n+1).ID, "me")
		if row.Mobile != "" || row.Params != nil {
			t.Errorf("claimed in clear: %+v", row)
		}
		row.State = state
		saveSMS(t, db, row, true)
	}
	for _, doc := range all(t, s.Raw(t).Collection(store.SMSRows)) {
		for _, secret := range []string{mobile, "482913"} {
			if bytes.Contains(doc, []byte(secret)) {
				t.Errorf("shows %s: %s", secret, doc)
			}
		}
	}
	for n, kept := range []bool{false, false, true, true} {
		row, err := db.SMS(t.Context(), text(n+1).ID)
		if err == nil {
			err = db.OpenSMS(row)
		}
		if err != nil || row.Mobile != mobile || (row.Params["code"] == "482913") != kept || !row.ForgetAt.Equal(clock.Now().Add(90*24*time.Hour)) {
			t.Errorf("%s: %+v %v", row.State, row, err)
		}
	}
	other := s.Open(t, func(o *store.Options) { o.Keyset = keyset(t) })
	row, err := other.SMS(t.Context(), text(3).ID)
	if err == nil {
		err = other.OpenSMS(row)
	}
	if !errors.Is(err, internship.ErrInternal) || row.Mobile != "" {
		t.Errorf("opened with another keyset: %+v %v", row, err)
	}
}

func TestSMSIsClaimedByOneAndItsOutcomeIsTheOwners(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	addSMS(t, db, text(1), text(1))
	won, lost := race(t, 20, func(i int) error {
		return second(sides[i%2].ClaimSMS(t.Context(), "sms_1", fmt.Sprint("w", i), time.Minute))
	}, is(internship.ErrNotFound))
	if won != 1 || lost != 19 {
		t.Errorf("claimed by %d, not by %d", won, lost)
	}
	clock.Pass(time.Minute)
	late := claimSMS(t, db, "sms_1", "late")
	if !late.Lost || !late.Started.IsZero() || late.Attempt != 2 {
		t.Errorf("no call had begun: %+v", late)
	}
	if mine, err := db.StartSMS(t.Context(), late); !mine || err != nil {
		t.Errorf("start: %v %v", mine, err)
	}
	clock.Pass(time.Minute)
	row := claimSMS(t, db, "sms_1", "me")
	if !row.Lost || !row.Started.Equal(noon.Add(time.Minute)) {
		t.Errorf("a call had begun: %+v", row)
	}
	if mine, err := db.StartSMS(t.Context(), late); mine || err != nil {
		t.Errorf("a lost claim begins a call: %v %v", mine, err)
	}
	late.State = store.SMSSent
	saveSMS(t, db, late, false)
	row.State, row.Started, row.Next = store.SMSWaiting, time.Time{}, clock.Now().Add(time.Second)
	saveSMS(t, db, row, true)
	if err := second(db.ClaimSMS(t.Context(), "sms_1", "me", time.Minute)); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("before its time: %v", err)
	}
	clock.Pass(time.Second)
	if row = claimSMS(t, db, "sms_1", "me"); row.Lost || !row.Started.IsZero() {
		t.Errorf("%+v", row)
	}
	row.State, row.Receipt, row.SentAt = store.SMSSent, "2640:1", clock.Now()
	saveSMS(t, db, row, true)
	if err := second(db.ClaimSMS(t.Context(), "sms_1", "me", time.Minute)); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("after its end: %v", err)
	}
}

func TestOperatorFindsAndRetriesSMS(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	for n := range 4 {
		addSMS(t, db, text(n))
		clock.Pass(time.Second)
	}
	for n, state := range []string{store.SMSSent, store.SMSFailed, store.SMSUncertain} {
		row := claimSMS(t, db, text(n).ID, "me")
		row.State, row.Reason, row.Started = state, "为什么", clock.Now()
		saveSMS(t, db, row, true)
	}
	failed, err := db.SMSesIn(t.Context(), store.SMSFailed, 10)
	if err != nil || len(failed) != 1 || failed[0].Reason != "为什么" {
		t.Errorf("%v %v", failed, err)
	}
	to, err := db.SMSesTo(t.Context(), mobile, 3)
	if err != nil || len(to) != 3 || to[0].ID != "sms_3" || to[2].ID != "sms_1" {
		t.Errorf("%v %v", to, err)
	}
	if to, err = db.SMSesTo(t.Context(), guardian, 3); err != nil || len(to) != 0 {
		t.Errorf("another mobile: %v %v", to, err)
	}
	for n, want := range []bool{false, true, true, false} {
		if ok, err := db.RetrySMS(t.Context(), text(n).ID); ok != want || err != nil {
			t.Errorf("%d put back to work: %v %v", n, ok, err)
		}
	}
	row := claimSMS(t, db, "sms_2", "me")
	if row.Attempt != 2 || row.Retried != 1 || !row.Started.IsZero() || db.OpenSMS(row) != nil || row.Params["code"] != "482913" {
		t.Errorf("%+v", row)
	}
	row.State = store.SMSFailed
	saveSMS(t, db, row, true)
	clock.Pass(5 * time.Minute)
	if ok, err := db.RetrySMS(t.Context(), "sms_2"); ok || err != nil {
		t.Errorf("after its time: %v %v", ok, err)
	}
	if _, err := db.RetrySMS(t.Context(), "sms_none"); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestSMSNeedsItsParts(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for name, spoil := range map[string]func(*store.SMS){
		"id": func(s *store.SMS) { s.ID = "" }, "kind": func(s *store.SMS) { s.Kind = "" },
		"mobile": func(s *store.SMS) { s.Mobile = "" }, "expires": func(s *store.SMS) { s.Expires = time.Time{} },
	} {
		s := text(1)
		spoil(&s)
		if err := db.AddSMS(t.Context(), s); !errors.Is(err, internship.ErrInternal) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
