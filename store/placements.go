package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

var (
	byEnterprise         = &Index{Collection: "placements", Name: "enterprise", Keys: []string{"enterpriseId", "-order"}}
	byEnterpriseState    = &Index{Collection: "placements", Name: "enterprise_state", Keys: []string{"enterpriseId", "state", "-order"}}
	byEnterpriseSchool   = &Index{Collection: "placements", Name: "enterprise_school", Keys: []string{"enterpriseId", "schoolId", "-order"}}
	byEnterprisePosition = &Index{Collection: "placements", Name: "enterprise_position", Keys: []string{"enterpriseId", "positionId", "-order"}}
	byEnterpriseSearch   = &Index{Collection: "placements", Name: "enterprise_search", Keys: []string{"enterpriseId", "search", "-order"}}
	bySchool             = &Index{Collection: "placements", Name: "school", Keys: []string{"schoolId", "-order"}}
	byStudent            = &Index{Collection: "placements", Name: "student", Keys: []string{"studentId", "-order"}}
	byPlace              = &Index{Collection: "placements", Name: "place", Keys: []string{"positionId", "place"}, Exists: []string{"place"}}
	byEnterprisePlace    = &Index{Collection: "placements", Name: "enterprise_place", Keys: []string{"enterpriseId", "place"}, Exists: []string{"place"}}
	byPositionState      = &Index{Collection: "placements", Name: "position_state", Keys: []string{"positionId", "state", "-order"}}
)

var placementIndexes = []*Index{byEnterprise, byEnterpriseState, byEnterpriseSchool, byEnterprisePosition,
	byEnterpriseSearch, bySchool, byStudent, byPlace, byEnterprisePlace, byPositionState}

// PlacementPage is a page of placements.
type PlacementPage = Page[*internship.Placement]

// PlacementFilter narrows the enterprise's list (G-23); zero fields do not.
type PlacementFilter struct {
	State      string
	SchoolID   string
	PositionID string
	// Name is part of the student's name.
	Name string
	// From and To bound the time of application, To exclusive.
	From, To time.Time
	After    string
	Limit    int
}

// EnterprisePlacements lists the rows of one enterprise, newest application
// first. With at most one of state, school and position a page of n looks at
// n+1 documents and has a total; other combinations look at up to 1 000
// candidates and have none. Errors: internship.ErrBadCursor,
// internship.ErrUnavailable.
func (db *DB) EnterprisePlacements(ctx context.Context, enterpriseID string, f PlacementFilter) (PlacementPage, error) {
	q := Query[*internship.Placement]{Index: byEnterprise, Equal: []any{enterpriseID},
		From: f.From, To: f.To, After: f.After, Limit: f.Limit, Count: true}
	used := f.narrow(&q)
	if used < f.wanted() || probe(f.Name) != "" {
		q.Keep = f.keep
	}
	return list(ctx, db.Placements, q)
}

// narrow picks the index of the most selective filter there is; it returns
// how many of the filters the index serves.
func (f PlacementFilter) narrow(q *Query[*internship.Placement]) int {
	enterprise := q.Equal[0]
	switch gram := probe(f.Name); {
	case gram != "":
		q.Index, q.Equal = byEnterpriseSearch, []any{enterprise, gram}
		return 0
	case f.PositionID != "":
		q.Index, q.Equal = byEnterprisePosition, []any{enterprise, f.PositionID}
	case f.SchoolID != "":
		q.Index, q.Equal = byEnterpriseSchool, []any{enterprise, f.SchoolID}
	case f.State != "":
		q.Index, q.Equal = byEnterpriseState, []any{enterprise, f.State}
	default:
		return 0
	}
	return 1
}

func (f PlacementFilter) wanted() int {
	n := 0
	for _, s := range []string{f.State, f.SchoolID, f.PositionID} {
		if s != "" {
			n++
		}
	}
	return n
}

func (f PlacementFilter) keep(p *internship.Placement) bool {
	return (f.State == "" || p.State == f.State) &&
		(f.SchoolID == "" || p.SchoolID == f.SchoolID) &&
		(f.PositionID == "" || p.PositionID == f.PositionID) &&
		(f.Name == "" || matches(p.Search(), f.Name))
}

// SchoolPlacements lists the rows of a school's students, newest first.
func (db *DB) SchoolPlacements(ctx context.Context, schoolID string, after string, limit int) (PlacementPage, error) {
	return list(ctx, db.Placements, Query[*internship.Placement]{
		Index: bySchool, Equal: []any{schoolID}, After: after, Limit: limit})
}

// StudentPlacements lists the rows of one student, newest first.
func (db *DB) StudentPlacements(ctx context.Context, studentID, after string, limit int) (PlacementPage, error) {
	return list(ctx, db.Placements, Query[*internship.Placement]{
		Index: byStudent, Equal: []any{studentID}, After: after, Limit: limit})
}

// PositionPlacements lists a position's rows in one state, newest first.
func (db *DB) PositionPlacements(ctx context.Context, positionID, state, after string, limit int) (PlacementPage, error) {
	return list(ctx, db.Placements, Query[*internship.Placement]{
		Index: byPositionState, Equal: []any{positionID, state}, After: after, Limit: limit})
}

// AnyPlacement says whether anyone ever applied for a position (G-15).
func (db *DB) AnyPlacement(ctx context.Context, enterpriseID, positionID string) (bool, error) {
	page, err := list(ctx, db.Placements, Query[*internship.Placement]{
		Index: byEnterprisePosition, Equal: []any{enterpriseID, positionID}, Limit: 1})
	return len(page.Items) > 0, err
}

// openHolds are what the student's open rows in a plan hold, one per slot.
func openHolds(studentID, planID string) bson.A {
	holds := bson.A{}
	for n := 1; n <= internship.MaxOpen; n++ {
		holds = append(holds, fmt.Sprintf("open:%s:%s:%d", studentID, planID, n))
	}
	return holds
}

// OpenSlots lists which of the student's five slots in a plan are taken.
func (db *DB) OpenSlots(ctx context.Context, studentID, planID string) ([]int, error) {
	cur, err := db.Placements.coll.Find(ctx, bson.D{{Key: "holds", Value: bson.D{{Key: "$in", Value: openHolds(studentID, planID)}}}},
		options.Find().SetProjection(bson.D{{Key: "slot", Value: 1}}).SetLimit(internship.MaxOpen))
	if err != nil {
		return nil, fmt.Errorf("store: open slots: %w", readError(err))
	}
	var rows []struct{ Slot int }
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("store: open slots: %w", readError(err))
	}
	slots := make([]int, len(rows))
	for i, r := range rows {
		slots[i] = r.Slot
	}
	return slots, nil
}

// Siblings lists the student's other open rows in a plan, at most five.
func (db *DB) Siblings(ctx context.Context, studentID, planID, exceptID string) ([]*internship.Placement, error) {
	docs, err := db.Placements.byHolds(ctx, openHolds(studentID, planID))
	if err != nil {
		return nil, fmt.Errorf("store: siblings: %w", err)
	}
	out := docs[:0]
	for _, d := range docs {
		if d.ID != exceptID {
			out = append(out, d)
		}
	}
	return out, nil
}

// SignedIn gives the student's signed row in a plan, nil when there is none.
func (db *DB) SignedIn(ctx context.Context, studentID, planID string) (*internship.Placement, error) {
	docs, err := db.Placements.byHolds(ctx, bson.A{"signed:" + studentID + ":" + planID})
	if err != nil {
		return nil, fmt.Errorf("store: signed in plan: %w", err)
	}
	if len(docs) == 0 {
		return nil, nil //nolint:nilnil // not being signed is an answer, not a failure
	}
	return docs[0], nil
}

// TakenPlaces lists the place numbers that signed placements of a position
// hold; the index alone answers. At most internship.MaxHeadcount numbers.
func (db *DB) TakenPlaces(ctx context.Context, positionID string) ([]int, error) {
	cur, err := db.Placements.coll.Find(ctx,
		bson.D{{Key: "positionId", Value: positionID}, {Key: "place", Value: bson.D{{Key: "$gt", Value: 0}}}},
		options.Find().SetProjection(bson.D{{Key: "place", Value: 1}, {Key: "_id", Value: 0}}).
			SetLimit(internship.MaxHeadcount+1).SetBatchSize(internship.MaxHeadcount+1))
	if err != nil {
		return nil, fmt.Errorf("store: taken places: %w", readError(err))
	}
	var rows []struct{ Place int }
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("store: taken places: %w", readError(err))
	}
	places := make([]int, len(rows))
	for i, r := range rows {
		places[i] = r.Place
	}
	return places, nil
}

// SignedInterns counts an enterprise's signed students of all schools, up to a
// limit; the index alone answers.
func (db *DB) SignedInterns(ctx context.Context, enterpriseID string, most int) (int, error) {
	n, err := db.Placements.coll.CountDocuments(ctx,
		bson.D{{Key: "enterpriseId", Value: enterpriseID}, {Key: "place", Value: bson.D{{Key: "$gt", Value: 0}}}},
		options.Count().SetLimit(int64(most)))
	if err != nil {
		return 0, fmt.Errorf("store: signed interns: %w", readError(err))
	}
	return int(n), nil
}
