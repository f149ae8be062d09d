package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// States of a job row.
const (
	JobWaiting = "waiting"
	JobDone    = "done"
	JobStuck   = "stuck"
)

var (
	jobsDue   = &Index{Collection: "jobs", Name: "due", Keys: []string{"sweepAt"}, Where: bson.D{{Key: "state", Value: JobWaiting}}}
	jobsStuck = &Index{Collection: "jobs", Name: "stuck", Keys: []string{"createdAt"}, Where: bson.D{{Key: "state", Value: JobStuck}}}
)

// Job is one reaction to one event, to be done once (design.md §4). The row
// alone decides whether something is still to be done.
type Job struct {
	ID       string           `bson:"_id"`
	Reaction string           `bson:"reaction"`
	Event    internship.Event `bson:"event"`
	Work     `bson:",inline"`
	// Cursor is how far a reaction over many documents has come.
	Cursor string `bson:"cursor,omitempty"`
	// Error is why the last attempt failed.
	Error string `bson:"error,omitempty"`
}

// Work is what a row that a worker serves has: its state, whose it is and
// when it is next to be looked at.
type Work struct {
	State     string    `bson:"state"`
	CreatedAt time.Time `bson:"createdAt"`
	// Attempt counts the claims.
	Attempt int `bson:"attempt"`
	// Next is when the next attempt may start.
	Next time.Time `bson:"next"`
	// SweepAt is when the sweeper should wake a worker (again).
	SweepAt time.Time `bson:"sweepAt"`
	// Generation counts the sweeper's wakes: part of the queue's task id.
	Generation int `bson:"generation"`
	// Owner has the row until ClaimedUntil.
	Owner        string    `bson:"owner,omitempty"`
	ClaimedUntil time.Time `bson:"claimedUntil,omitempty"`
}

// NewWork is a row that may be served from next on; the sweeper looks at it
// after a grace in which the first wake should have worked.
func NewWork(now, next time.Time, grace time.Duration) Work {
	return Work{State: JobWaiting, CreatedAt: now, Next: next, SweepAt: next.Add(grace)}
}

// AddJobs inserts job rows that are not there yet, in one command.
func (db *DB) AddJobs(ctx context.Context, jobs []Job) error {
	rows := make([]any, len(jobs))
	for i, j := range jobs {
		rows[i] = j
	}
	return db.addRows(ctx, "jobs", rows)
}

// ClaimJob takes a due, unclaimed job for a time. Errors:
// internship.ErrNotFound when there is nothing to do.
func (db *DB) ClaimJob(ctx context.Context, id, owner string, hold time.Duration) (*Job, error) {
	var job Job
	err := db.claim(ctx, "jobs", id, owner, hold, &job)
	return &job, machineryError("claim job", err)
}

// claim is the one way to take a row: waiting, due and nobody's.
func (db *DB) claim(ctx context.Context, collection, id, owner string, hold time.Duration, row any) error {
	now := db.now()
	until := now.Add(hold)
	return db.database.Collection(collection).FindOneAndUpdate(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "state", Value: JobWaiting},
			{Key: "next", Value: bson.D{{Key: "$lte", Value: now}}},
			{Key: "$or", Value: bson.A{bson.D{{Key: "owner", Value: ""}}, bson.D{{Key: "owner", Value: bson.D{{Key: "$exists", Value: false}}}},
				bson.D{{Key: "claimedUntil", Value: bson.D{{Key: "$lte", Value: now}}}}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: owner}, {Key: "claimedUntil", Value: until}, {Key: "sweepAt", Value: until}}},
			{Key: "$inc", Value: bson.D{{Key: "attempt", Value: 1}}}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(row)
}

// SaveJob ends an attempt: done, stuck, or waiting until Next. It counts only
// while the claim is still the caller's; false otherwise.
func (db *DB) SaveJob(ctx context.Context, job *Job) (bool, error) {
	res, err := db.database.Collection("jobs").UpdateOne(ctx, owned(job.ID, job.Work), bson.D{
		{Key: "$set", Value: bson.D{{Key: "state", Value: job.State}, {Key: "next", Value: job.Next}, {Key: "sweepAt", Value: job.Next},
			{Key: "cursor", Value: job.Cursor}, {Key: "error", Value: job.Error}, {Key: "owner", Value: ""}}}})
	if err != nil {
		return false, machineryError("save job", err)
	}
	return res.MatchedCount > 0, nil
}

func owned(id string, w Work) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "state", Value: JobWaiting}, {Key: "owner", Value: w.Owner}, {Key: "attempt", Value: w.Attempt}}
}

// Wake is a row the queue must hear of.
type Wake struct {
	ID         string `bson:"_id"`
	Attempt    int    `bson:"attempt"`
	Generation int    `bson:"generation"`
	// Urgency is the queue of a push.
	Urgency string `bson:"urgency"`
}

// DueRows lists waiting rows of "jobs" or "pushes" for which a wake is due,
// puts their next sweep off by grace and counts the generation up.
func (db *DB) DueRows(ctx context.Context, collection string, grace time.Duration, limit int) ([]Wake, error) {
	return db.sweep(ctx, collection, bson.D{{Key: "state", Value: JobWaiting}, {Key: "sweepAt", Value: bson.D{{Key: "$lte", Value: db.now()}}}}, grace, limit)
}

// ServableRows lists waiting rows whose attempt may start now, whether or not
// they were woken before: what the queue must hold when it was emptied.
func (db *DB) ServableRows(ctx context.Context, collection string, before time.Time, grace time.Duration, limit int) ([]Wake, error) {
	return db.sweep(ctx, collection, bson.D{{Key: "state", Value: JobWaiting}, {Key: "sweepAt", Value: bson.D{{Key: "$lte", Value: before}}}}, grace, limit)
}

func (db *DB) sweep(ctx context.Context, collection string, filter bson.D, grace time.Duration, limit int) ([]Wake, error) {
	coll := db.database.Collection(collection)
	cur, err := coll.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "sweepAt", Value: 1}}).SetLimit(int64(limit)).
		SetBatchSize(int32(limit)+1).
		SetProjection(bson.D{{Key: "attempt", Value: 1}, {Key: "generation", Value: 1}, {Key: "urgency", Value: 1}}))
	if err != nil {
		return nil, machineryError("sweep "+collection, err)
	}
	var rows []Wake
	if err := cur.All(ctx, &rows); err != nil || len(rows) == 0 {
		return nil, machineryError("sweep "+collection, err)
	}
	ids := make(bson.A, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
		rows[i].Generation++
	}
	_, err = coll.UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "state", Value: JobWaiting}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "sweepAt", Value: db.now().Add(grace)}}}, {Key: "$inc", Value: bson.D{{Key: "generation", Value: 1}}}})
	return rows, machineryError("sweep "+collection, err)
}

// StuckJobs lists the jobs that need a person, oldest first.
func (db *DB) StuckJobs(ctx context.Context, limit int) ([]Job, error) {
	cur, err := db.database.Collection("jobs").Find(ctx, bson.D{{Key: "state", Value: JobStuck}},
		options.Find().SetSort(bson.D{{Key: "createdAt", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, machineryError("stuck jobs", err)
	}
	var jobs []Job
	if err := cur.All(ctx, &jobs); err != nil {
		return nil, machineryError("stuck jobs", err)
	}
	return jobs, nil
}

// RetryJob puts a stuck job back to work; false when it is not stuck.
func (db *DB) RetryJob(ctx context.Context, id string) (bool, error) {
	now := db.now()
	res, err := db.database.Collection("jobs").UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "state", Value: JobStuck}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: JobWaiting}, {Key: "attempt", Value: 0}, {Key: "next", Value: now}, {Key: "sweepAt", Value: now}, {Key: "owner", Value: ""}}}})
	if err != nil {
		return false, machineryError("retry job", err)
	}
	return res.MatchedCount > 0, nil
}
