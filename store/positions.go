package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

var (
	positionsByEnterprise       = &Index{Collection: "positions", Name: "enterprise", Keys: []string{"enterpriseId", "-order"}}
	positionsByEnterpriseState  = &Index{Collection: "positions", Name: "enterprise_state", Keys: []string{"enterpriseId", "state", "-order"}}
	positionsByEnterpriseSearch = &Index{Collection: "positions", Name: "enterprise_search", Keys: []string{"enterpriseId", "search", "-order"}}
	positionsToLookAt           = &Index{Collection: "positions", Name: "look_on", Keys: []string{"lookOn"}, Exists: []string{"lookOn"}}
	positionsOffered            = &Index{Collection: "positions", Name: "offered", Keys: []string{"openTo", "state", "-order"}}
)

var positionIndexes = []*Index{positionsByEnterprise, positionsByEnterpriseState, positionsByEnterpriseSearch, positionsOffered, positionsToLookAt}

// PositionPage is a page of positions.
type PositionPage = Page[*internship.Position]

// PositionFilter narrows the enterprise's list (manual §3); zero fields do not.
type PositionFilter struct {
	State      string
	Name       string
	Department string
	After      string
	Limit      int
}

// EnterprisePositions lists an enterprise's positions that are not deleted,
// newest first. Errors as EnterprisePlacements.
func (db *DB) EnterprisePositions(ctx context.Context, enterpriseID string, f PositionFilter) (PositionPage, error) {
	q := Query[*internship.Position]{Index: positionsByEnterprise, Equal: []any{enterpriseID}, After: f.After, Limit: f.Limit, Keep: f.keep}
	switch gram := probe(f.Name); {
	case gram != "":
		q.Index, q.Equal = positionsByEnterpriseSearch, []any{enterpriseID, gram}
	case f.State != "":
		q.Index, q.Equal = positionsByEnterpriseState, []any{enterpriseID, f.State}
	}
	return list(ctx, db.Positions, q)
}

func (f PositionFilter) keep(p *internship.Position) bool {
	return p.State != internship.Deleted && (f.State == "" || p.State == f.State) &&
		(f.Name == "" || matches(p.Terms.Name, f.Name)) &&
		(f.Department == "" || matches(p.Terms.Department, f.Department))
}

// OfferFilter narrows what a school's students may choose; zero fields do not.
type OfferFilter struct {
	// Text is part of the position's or the enterprise's name.
	Text      string
	Major     string
	Education string
	Salary    string
	// On is the day on which applying must be possible.
	On    internship.Date
	After string
	Limit int
}

// OfferedPositions lists the recruiting positions that a school's students may
// choose: those opened to the school and those opened to every school,
// newest first. It looks at up to 1 000 candidates of each.
func (db *DB) OfferedPositions(ctx context.Context, schoolID string, f OfferFilter) (PositionPage, error) {
	var merged []*internship.Position
	next := ""
	for _, audience := range []string{schoolID, internship.AllSchools} {
		page, err := list(ctx, db.Positions, Query[*internship.Position]{Index: positionsOffered,
			Equal: []any{audience, internship.Recruiting}, After: f.After, Limit: f.Limit, Keep: f.keep})
		if err != nil {
			return page, err
		}
		merged = append(merged, page.Items...)
		next = max(next, page.Next)
	}
	return mergedPage(merged, next, clampLimit(f.Limit)), nil
}

func (f OfferFilter) keep(p *internship.Position) bool {
	return (f.Text == "" || matches(p.Search(), f.Text)) &&
		(f.Major == "" || slices.ContainsFunc(p.Terms.Majors, func(m string) bool { return strings.Contains(m, f.Major) })) &&
		(f.Education == "" || p.Terms.Education == f.Education || p.Terms.Education == "不限") &&
		(f.Salary == "" || p.Terms.Salary.Band == f.Salary) &&
		(f.On == "" || p.EnrolFrom <= f.On && f.On <= p.EnrolTo)
}

// mergedPage is the newest limit of two pages' items. next is the higher of
// the two pages' cursors: below it one of them is not known yet, so items
// older than that wait for the following page.
func mergedPage(items []*internship.Position, next string, limit int) PositionPage {
	key := func(p *internship.Position) string { return orderKey(p.Order(), p.ID) }
	slices.SortFunc(items, func(a, b *internship.Position) int { return strings.Compare(key(b), key(a)) })
	items = slices.CompactFunc(items, func(a, b *internship.Position) bool { return a.ID == b.ID }) // open to both
	page := PositionPage{Total: -1, Next: next}
	for _, p := range items {
		if key(p) < next {
			break
		}
		if len(page.Items) == limit {
			page.Next = key(page.Items[limit-1])
			break
		}
		page.Items = append(page.Items, p)
	}
	return page
}

// RecruitingPositions lists an enterprise's recruiting positions, for the
// reactions that change all of them.
func (db *DB) RecruitingPositions(ctx context.Context, enterpriseID, after string, limit int) (PositionPage, error) {
	return list(ctx, db.Positions, Query[*internship.Position]{Index: positionsByEnterpriseState,
		Equal: []any{enterpriseID, internship.Recruiting}, After: after, Limit: limit})
}

// PositionsToLookAt lists recruiting positions whose enrolment ended before a
// day and at which the system has not looked since, the longest waiting first.
func (db *DB) PositionsToLookAt(ctx context.Context, day internship.Date, limit int) ([]*internship.Position, error) {
	cur, err := db.Positions.coll.Find(ctx, bson.D{{Key: "lookOn", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: day}}}},
		options.Find().SetSort(bson.D{{Key: "lookOn", Value: 1}}).SetLimit(int64(limit)).SetBatchSize(int32(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("store: positions to look at: %w", readError(err))
	}
	var envs []envelope[internship.Position]
	if err := cur.All(ctx, &envs); err != nil {
		return nil, fmt.Errorf("store: positions to look at: %w", readError(err))
	}
	found := make([]*internship.Position, len(envs))
	for i := range envs {
		if found[i], err = db.Positions.open(&envs[i]); err != nil {
			return nil, fmt.Errorf("store: positions to look at: %w", err)
		}
	}
	return found, nil
}
