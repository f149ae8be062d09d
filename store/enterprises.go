package store

import (
	"context"

	"shixi/internship"
)

// EnterpriseByCode finds an enterprise by its USCC or, where it has only that,
// by its organisation code. A USCC also finds the enterprise that was entered
// under the organisation code inside it (G-07). Errors: internship.ErrNotFound,
// internship.ErrUnavailable.
func (db *DB) EnterpriseByCode(ctx context.Context, code string, kind internship.CodeKind) (*internship.Enterprise, error) {
	if kind == internship.USCC {
		code = internship.OrganisationCodeOf(code)
	}
	return db.Enterprises.ByHold(ctx, "organisation", code)
}

// EnterprisePage is a page of enterprises.
type EnterprisePage = Page[*internship.Enterprise]

// RecommendedEnterprises lists the enterprises that a school recommends,
// newest first. Errors: internship.ErrBadCursor, internship.ErrUnavailable.
func (db *DB) RecommendedEnterprises(ctx context.Context, schoolID, after string, limit int) (EnterprisePage, error) {
	return list(ctx, db.Enterprises, Query[*internship.Enterprise]{
		Index: enterprisesByRecommender, Equal: []any{schoolID}, After: after, Limit: limit})
}

var (
	enterprisesWaiting       = &Index{Collection: "enterprises", Name: "waiting", Keys: []string{"waits", "since"}, Exists: []string{"waits"}}
	enterprisesWaitingSearch = &Index{Collection: "enterprises", Name: "waiting_search", Keys: []string{"waits", "search", "since"}, Exists: []string{"waits"}}
	enterprisesByState       = &Index{Collection: "enterprises", Name: "state", Keys: []string{"state", "since"}}
	enterprisesByStateSearch = &Index{Collection: "enterprises", Name: "state_search", Keys: []string{"state", "search", "since"}}
)

var enterpriseIndexes = []*Index{enterprisesWaiting, enterprisesWaitingSearch, enterprisesByState, enterprisesByStateSearch}

// ReviewFilter narrows what the platform's reviewers see; zero fields do not.
type ReviewFilter struct {
	// State lists the enterprises of a state; empty: what waits for review, a
	// registration or a change.
	State  string
	Source string
	// Text is part of the name or the code.
	Text  string
	After string
	Limit int
}

// Reviews lists enterprises for the platform, what has waited longest first.
// Errors: internship.ErrBadCursor, internship.ErrUnavailable.
func (db *DB) Reviews(ctx context.Context, f ReviewFilter) (EnterprisePage, error) {
	q := Query[*internship.Enterprise]{Index: enterprisesWaiting, Equal: []any{true}, After: f.After, Limit: f.Limit, Oldest: true, Count: true}
	gram := probe(f.Text)
	switch {
	case f.State != "" && gram != "":
		q.Index, q.Equal = enterprisesByStateSearch, []any{f.State, gram}
	case f.State != "":
		q.Index, q.Equal = enterprisesByState, []any{f.State}
	case gram != "":
		q.Index, q.Equal = enterprisesWaitingSearch, []any{true, gram}
	}
	if f.Source != "" || f.Text != "" {
		q.Keep = func(e *internship.Enterprise) bool {
			return (f.Source == "" || e.Source == f.Source) && (f.Text == "" || matches(e.Search(), f.Text))
		}
	}
	return list(ctx, db.Enterprises, q)
}
