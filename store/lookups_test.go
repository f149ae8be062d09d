package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// TestTakenPlacesAreReadFromTheIndex also holds the query to looking at no
// document, however many are signed.
func TestTakenPlacesAreReadFromTheIndex(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	first := create(t, db.Placements, signed(0, "stu_0", "pln_1", "pos_1", 1))
	sow(t, s, "placements", first.ID, internship.MaxHeadcount-1, func(i int) map[string]any {
		return map[string]any{"_id": fmt.Sprint("plc_", i), "place": i + 2}
	})
	create(t, db.Placements, signed(7, "stu_7", "pln_1", "pos_2", 9))
	open := placement("ent_1", 8)
	open.PositionID = "pos_1"
	create(t, db.Placements, open)
	var before int64
	if s.Engine != nil {
		before = s.Engine.Examined()
	}
	taken, err := db.TakenPlaces(t.Context(), "pos_1")
	slices.Sort(taken)
	if err != nil || len(taken) != internship.MaxHeadcount || taken[0] != 1 || taken[len(taken)-1] != internship.MaxHeadcount {
		t.Errorf("%d taken: %v", len(taken), err)
	}
	if s.Engine != nil && s.Engine.Examined() != before {
		t.Errorf("%d documents were looked at", s.Engine.Examined()-before)
	}
}

func TestStaffAreTheActiveAccounts(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for n := range 5 {
		a := account(fmt.Sprint("acc_", n), fmt.Sprintf("1380000000%d", n))
		a.CreatedAt = noon.Add(-time.Duration(n) * time.Minute)
		switch n {
		case 2:
			a.State = internship.AccountRemoved
		case 3:
			a.EnterpriseID = "ent_2"
		}
		create(t, db.Accounts, a)
	}
	staff, err := db.Staff(t.Context(), "ent_1")
	var got []string
	for _, a := range staff {
		got = append(got, a.ID)
	}
	if diff := cmp.Diff([]string{"acc_4", "acc_1", "acc_0"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want, +got)\n%s", err, diff)
	}
}

func TestAccountsAreFoundByWhatTheyHold(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	a := account("acc_1", mobile)
	a.EnterpriseCode = "91410900MA4ABCD173"
	a.Follower = &internship.Identity{AppID: "wx1", OpenID: "o1"}
	a.MiniProgram = &internship.Identity{AppID: "wx2", OpenID: "o2"}
	create(t, db.Accounts, a)
	finds := map[string]func() (*internship.Account, error){
		"mobile":       func() (*internship.Account, error) { return db.AccountByLogin(t.Context(), mobile, "") },
		"code":         func() (*internship.Account, error) { return db.AccountByLogin(t.Context(), "", a.EnterpriseCode) },
		"follower":     func() (*internship.Account, error) { return db.AccountByOpenID(t.Context(), "wx1", "o1") },
		"mini-program": func() (*internship.Account, error) { return db.AccountByOpenID(t.Context(), "wx2", "o2") },
	}
	for name, find := range finds {
		if got, err := find(); err != nil || got.ID != "acc_1" || got.Mobile != mobile {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	if _, err := db.AccountByOpenID(t.Context(), "wx2", "o1"); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("the openid of another app: %v", err)
	}
	if _, err := db.Accounts.Update(t.Context(), "acc_1", func(a *internship.Account) error {
		a.State = internship.AccountRemoved
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, find := range finds {
		if _, err := find(); !errors.Is(err, internship.ErrNotFound) {
			t.Errorf("removed, by %s: %v", name, err)
		}
	}
	create(t, db.Accounts, account("acc_2", mobile)) // the mobile is free
}

func TestEnterpriseIsFoundUnderBothCodes(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	create(t, db.Enterprises, &internship.Enterprise{Root: internship.Root{ID: "ent_1"}, Code: "91410900MA4ABCD173", CodeKind: internship.USCC})
	for code, kind := range map[string]internship.CodeKind{"91410900MA4ABCD173": internship.USCC, "MA4ABCD17": internship.OrganisationCode} {
		if e, err := db.EnterpriseByCode(t.Context(), code, kind); err != nil || e.ID != "ent_1" {
			t.Errorf("%s: %+v %v", code, e, err)
		}
	}
}

func TestSchoolsListByNumber(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for n := range 5 {
		number := fmt.Sprintf("2026-%d", n)
		create(t, db.Plans, &internship.Plan{Root: internship.Root{ID: store.PlanID("sch_1", number)}, SchoolID: "sch_1", Number: number})
		create(t, db.Plans, &internship.Plan{Root: internship.Root{ID: store.PlanID("sch_2", number)}, SchoolID: "sch_2", Number: number})
		s := student(store.StudentID("sch_1", number))
		s.Number, s.IDNumber = number, fmt.Sprintf("41019920070315%04d", n)
		create(t, db.Students, s)
	}
	var plans, students []string
	for after := ""; ; {
		some, err := db.SchoolPlans(t.Context(), "sch_1", after, 2)
		if err != nil || len(some) == 0 {
			break
		}
		for _, p := range some {
			plans = append(plans, p.Number)
		}
		after = plans[len(plans)-1]
	}
	for after := ""; ; {
		some, err := db.SchoolStudents(t.Context(), "sch_1", after, 3)
		if err != nil || len(some) == 0 {
			break
		}
		for _, s := range some {
			students = append(students, s.Number)
		}
		after = students[len(students)-1]
	}
	want := []string{"2026-0", "2026-1", "2026-2", "2026-3", "2026-4"}
	if diff := cmp.Diff([][]string{want, want}, [][]string{plans, students}); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
	again := &internship.Plan{Root: internship.Root{ID: "pln_other"}, SchoolID: "sch_1", Number: "2026-1"}
	if _, err := db.Plans.Create(t.Context(), again); !store.Held(err, "plan") {
		t.Errorf("a number twice: %v", err)
	}
}
