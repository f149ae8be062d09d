package acts_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/internship"
)

// bargain is an enterprise with one position and students who look, apply and
// confirm at their own pace, while reactions run whenever they like.
type bargain struct {
	*testing.T
	*actstest.Enterprise
	r        *rand.Rand
	position string
	students []*actstest.Student
	// seen is what each student last looked at, agreed what each row's student
	// said yes to.
	seen   map[*actstest.Student]*internship.Position
	agreed map[string]internship.Terms
	rows   []string
	signed map[string]bool
}

// TestNobodyIsSignedOnTermsNotAgreedTo plays random sequences of edits,
// publications, applications, confirmations, acceptances and ends: whoever is
// signed agreed to the very terms of the row, and at that moment to what the
// position offers (G-16).
func TestNobodyIsSignedOnTermsNotAgreedTo(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := actstest.New(t, nil)
			b := &bargain{T: t, Enterprise: w.Enterprise("甲"), r: rand.New(rand.NewPCG(seed, 7)),
				seen: map[*actstest.Student]*internship.Position{}, agreed: map[string]internship.Terms{}, signed: map[string]bool{}}
			b.position = b.Position("焊工", 3).ID
			for i := range 5 {
				b.students = append(b.students, w.NewStudent(fmt.Sprint("学生", i)))
			}
			for range 150 {
				b.step()
				b.check()
			}
			if seed == 0 && len(b.signed) == 0 {
				t.Error("nobody was ever signed: the test proves nothing")
			}
		})
	}
}

// step does one thing; that it is refused is as good as that it is done.
func (b *bargain) step() {
	ctx, s := b.Context(), b.students[b.r.IntN(len(b.students))]
	look := func() {
		if p, err := b.Acts.Offer(ctx, b.School.SchoolID, b.position); err == nil {
			b.seen[s] = p
		}
	}
	switch b.r.IntN(16) {
	case 0:
		in := b.Terms(fmt.Sprint("焊工", b.r.IntN(3)), 3)
		in.Lodging = []string{"2-4人间", "多人间"}[b.r.IntN(2)]
		in.SalaryMin = 2000 + 100*b.r.IntN(2)
		in.PeriodTo, in.PeriodFrom = []string{"2027-06-30", "2027-07-31"}[b.r.IntN(2)], "2027-01-04"
		_, _ = b.Acts.EditPosition(ctx, b.Staff, b.position, in)
	case 1, 2:
		_, _, _ = b.Acts.PublishPosition(ctx, b.Staff, b.position, actstest.Publication())
	case 3:
		if b.r.IntN(4) == 0 {
			_, _ = b.Acts.ClosePosition(ctx, b.Staff, b.position)
		} else {
			_, _ = b.Acts.EndRecruiting(ctx, b.Staff, b.position)
		}
	case 4:
		look()
	case 5, 6, 7:
		if b.r.IntN(3) > 0 { // else they apply for what they remember
			look()
		}
		if p := b.seen[s]; p != nil {
			if row, err := s.TryApply(p); err == nil {
				b.rows = append(b.rows, row.ID)
				b.agreed[row.ID] = p.Terms
			}
		}
	case 8, 9:
		b.confirm(s, look)
	case 10, 11:
		if len(b.rows) > 0 {
			_, _ = b.Acts.Accept(ctx, b.Staff, b.rows[b.r.IntN(len(b.rows))])
		}
	case 12:
		if len(b.rows) > 0 {
			id := b.rows[b.r.IntN(len(b.rows))]
			if row, err := b.DB.Placements.Get(ctx, id); err == nil {
				_, _ = b.Acts.Withdraw(ctx, actstest.StudentsApp, row.StudentID, id)
			}
		}
	case 13:
		b.React("positions", b.position)
	default:
		if len(b.rows) > 0 {
			b.React("placements", b.rows[b.r.IntN(len(b.rows))])
		}
	}
}

// confirm says yes to what the student looked at, for any of the own rows.
func (b *bargain) confirm(s *actstest.Student, look func()) {
	if b.r.IntN(2) == 0 {
		look()
	}
	p := b.seen[s]
	if p == nil {
		return
	}
	for _, id := range b.rows {
		if row, err := b.Acts.Reconfirm(b.Context(), actstest.StudentsApp, s.Student.ID, id, p.Published); err == nil {
			b.agreed[row.ID] = p.Terms
		}
	}
}

func (b *bargain) check() {
	b.Helper()
	position, err := b.DB.Positions.Get(b.Context(), b.position)
	if err != nil {
		b.Fatal(err)
	}
	for _, id := range b.rows {
		row, err := b.DB.Placements.Get(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		if row.IsSigned() && !b.signed[id] {
			if diff := cmp.Diff(b.agreed[id], row.Terms); diff != "" {
				b.Errorf("signed on terms not agreed to (-agreed, +signed):\n%s", diff)
			}
			if position.PublishedTerms.Material(row.Terms) {
				b.Errorf("signed on %+v while the position offers %+v", row.Terms, *position.PublishedTerms)
			}
		}
		if row.IsSigned() {
			b.signed[id] = true
		}
	}
	if taken, err := b.DB.TakenPlaces(b.Context(), b.position); err != nil || len(taken) > position.Terms.Headcount {
		b.Errorf("%d of %d places: %v", len(taken), position.Terms.Headcount, err)
	}
}
