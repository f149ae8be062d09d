package internship

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func entered(t *testing.T) *Enterprise {
	t.Helper()
	e, err := EntryInput{Name: "示例电子", Code: "91410900MA4ABCD173"}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	school := &School{Root: Root{ID: "sch_1"}, Name: "一校"}
	if err := e.Enter(school, Activation{Hash: "right", Expires: noon.Add(time.Hour)}, doBy(BySchool)); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestActivate(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		e := entered(t)
		if err := e.Activate("right", doBy(ByEnterprise)); err != nil || e.State != Active || e.Activation != nil {
			t.Errorf("%v %+v", err, e)
		}
		if err := e.Activate("right", doBy(ByEnterprise)); !errors.Is(err, ErrBadActivation) {
			t.Errorf("used twice: %v", err)
		}
	})
	t.Run("ErrWrong", func(t *testing.T) {
		t.Parallel()
		if err := entered(t).Activate("wrong", doBy(ByEnterprise)); !errors.Is(err, ErrBadActivation) {
			t.Error(err)
		}
	})
	t.Run("ErrExpired", func(t *testing.T) {
		t.Parallel()
		do := doBy(ByEnterprise)
		do.At = noon.Add(time.Hour)
		if err := entered(t).Activate("right", do); !errors.Is(err, ErrBadActivation) {
			t.Error(err)
		}
	})
}

func TestOneEnterpriseUnderBothCodes(t *testing.T) {
	t.Parallel()
	byUSCC := entered(t)
	byOrganisation, err := EntryInput{Name: "示例电子", Code: "MA4ABCD1-7"}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"uscc:91410900MA4ABCD173", "organisation:MA4ABCD17"}, byUSCC.Holds()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"organisation:MA4ABCD17"}, byOrganisation.Holds()); diff != "" {
		t.Error(diff)
	}
}

func TestRecommend(t *testing.T) {
	t.Parallel()
	e, second := entered(t), &School{Root: Root{ID: "sch_2"}, Name: "二校"}
	if err := e.Recommend(second, doBy(BySchool)); err != nil {
		t.Fatal(err)
	}
	if err := e.Recommend(second, doBy(BySchool)); !errors.Is(err, ErrAlreadyEnterHere) {
		t.Errorf("twice: %v", err)
	}
	e.State = Blacklisted
	if err := e.Recommend(&School{Root: Root{ID: "sch_3"}}, doBy(BySchool)); !errors.Is(err, ErrBlacklisted) {
		t.Errorf("blacklisted: %v", err)
	}
	if err := e.RenewCode(&School{Root: Root{ID: "sch_9"}}, RenewalInput{Phone: "13800000000"}, Activation{}, doBy(BySchool)); !errors.Is(err, ErrNotFound) {
		t.Errorf("foreign school renews: %v", err)
	}
}
