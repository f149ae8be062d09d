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
