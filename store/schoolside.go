package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

var (
	plansBySchool            = &Index{Collection: "plans", Name: "school", Keys: []string{"schoolId", "number"}, Unique: true}
	studentsBySchool         = &Index{Collection: "students", Name: "school", Keys: []string{"schoolId", "number"}, Unique: true}
	enterprisesByRecommender = &Index{Collection: "enterprises", Name: "recommender", Keys: []string{"recommenders.schoolId", "-order"}}
)

var schoolSideIndexes = []*Index{plansBySchool, studentsBySchool, enterprisesByRecommender}

// PlanID and StudentID are the document ids of a school's own numbers, so that
// keeping one twice is one document.
func PlanID(schoolID, number string) string { return DeriveID("pln", schoolID, number) }

// StudentID is the document id of a student's number at a school.
func StudentID(schoolID, number string) string { return DeriveID("stu", schoolID, number) }

// SchoolPlans lists a school's plans by number, after a number.
func (db *DB) SchoolPlans(ctx context.Context, schoolID, after string, limit int) ([]*internship.Plan, error) {
	return byNumber(ctx, db.Plans, schoolID, after, limit)
}

// SchoolStudents lists a school's students by number, after a number.
func (db *DB) SchoolStudents(ctx context.Context, schoolID, after string, limit int) ([]*internship.Student, error) {
	return byNumber(ctx, db.Students, schoolID, after, limit)
}

func byNumber[T any, P pointer[T]](ctx context.Context, c *Collection[T, P], schoolID, after string, limit int) ([]P, error) {
	filter := bson.D{{Key: "schoolId", Value: schoolID}}
	if after != "" {
		filter = append(filter, bson.E{Key: "number", Value: bson.D{{Key: "$gt", Value: after}}})
	}
	cur, err := c.coll.Find(ctx, filter, options.Find().
		SetSort(bson.D{{Key: "number", Value: 1}}).SetLimit(int64(clampLimit(limit))))
	if err != nil {
		return nil, fmt.Errorf("store: %s by number: %w", c.name, readError(err))
	}
	var envs []envelope[T]
	if err := cur.All(ctx, &envs); err != nil {
		return nil, fmt.Errorf("store: %s by number: %w", c.name, readError(err))
	}
	docs := make([]P, len(envs))
	for i := range envs {
		if docs[i], err = c.open(&envs[i]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// Put keeps a document under its id: created when new, otherwise changed by
// keep. It is what a school's PUT does.
func (c *Collection[T, P]) Put(ctx context.Context, doc P, keep func(P) error) (P, error) {
	id := doc.Self().ID
	saved, err := c.Update(ctx, id, keep)
	if !Absent(err) {
		return saved, err
	}
	if err := keep(doc); err != nil {
		return nil, err
	}
	saved, err = c.Create(ctx, doc)
	if Held(err, "_id") { // someone created it in between
		return c.Update(ctx, id, keep)
	}
	return saved, err
}
