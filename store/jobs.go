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
	// Progress is the attempt that last came a page further: failures are
	// counted from it.
	Progress int `bson:"progress,omitempty"`
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
	// Generation counts the sweeper's wakes since the last claim: with Attempt
	// it is part of the queue's task id.
	Generation int `bson:"generation"`
	// Owner has the row until ClaimedUntil.
	Owner        string    `bson:"owner,omitempty"`
	ClaimedUntil time.Time `bson:"claimedUntil,omitempty"`
	// Lost is set by a claim that took the row over from a worker which never
	// wrote an outcome: nobody knows how far it came.
	Lost bool `bson:"-"`
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
	c := newClaim(db.now(), owner, hold)
	if err := db.take(ctx, "jobs", id, c, nil, &job); err != nil {
		return nil, machineryError("claim job", err)
	}
	c.apply(&job.Work)
	return &job, nil
}

// claim is a worker's hold on a row.
type claim struct {
	owner      string
	now, until time.Time
}

// newClaim begins now; instants are kept in milliseconds, as rows keep them.
func newClaim(now time.Time, owner string, hold time.Duration) claim {
	now = now.Truncate(time.Millisecond)
	return claim{owner: owner, now: now, until: now.Add(hold)}
}

// apply makes of the row as it was before the claim the row as it is now.
func (c claim) apply(w *Work) {
	w.Lost = w.Owner != ""
	w.Owner, w.ClaimedUntil, w.SweepAt = c.owner, c.until, c.until
	w.Attempt++
	w.Generation = 0
}

// take is the one way to claim a row: waiting, due and nobody's. row becomes
// what it was before, which tells whether its last owner left it unfinished.
func (db *DB) take(ctx context.Context, collection, id string, c claim, more bson.D, row any) error {
	return db.database.Collection(collection).FindOneAndUpdate(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "state", Value: JobWaiting},
			{Key: "next", Value: bson.D{{Key: "$lte", Value: c.now}}},
			{Key: "$or", Value: bson.A{bson.D{{Key: "owner", Value: ""}}, bson.D{{Key: "owner", Value: bson.D{{Key: "$exists", Value: false}}}},
				bson.D{{Key: "claimedUntil", Value: bson.D{{Key: "$lte", Value: c.now}}}}}}},
		append(bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: c.owner}, {Key: "claimedUntil", Value: c.until}, {Key: "sweepAt", Value: c.until}, {Key: "generation", Value: 0}}},
			{Key: "$inc", Value: bson.D{{Key: "attempt", Value: 1}}}}, more...),
		options.FindOneAndUpdate().SetReturnDocument(options.Before)).Decode(row)
}

// NoteJob records in a claimed job that a page is done and claims it for
// another while, for the next page. False when the claim was lost.
func (db *DB) NoteJob(ctx context.Context, job *Job, hold time.Duration) (bool, error) {
	c := newClaim(db.now(), job.Owner, hold)
	res, err := db.database.Collection("jobs").UpdateOne(ctx, owned(job.ID, job.Work), bson.D{
		{Key: "$set", Value: bson.D{{Key: "cursor", Value: job.Cursor}, {Key: "progress", Value: job.Attempt}, {Key: "error", Value: ""},
			{Key: "claimedUntil", Value: c.until}, {Key: "sweepAt", Value: c.until}}}})
	if err != nil {
		return false, machineryError("note job", err)
	}
	job.Progress, job.Error, job.ClaimedUntil, job.SweepAt = job.Attempt, "", c.until, c.until
	return res.MatchedCount > 0, nil
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

// DueRows lists waiting rows of "jobs", "pushes" or "subscribers" for which a wake is due,
// counts the generation up and puts the next wake off by grace, doubled with
// each generation: a long queue must not be fed the same rows again and again.
func (db *DB) DueRows(ctx context.Context, collection string, grace time.Duration, limit int) ([]Wake, error) {
	return db.sweep(ctx, collection, bson.D{{Key: "state", Value: JobWaiting}, {Key: "sweepAt", Value: bson.D{{Key: "$lte", Value: db.now()}}}}, grace, limit)
}

// ServableRows is DueRows for unclaimed rows that may be served now although
// their wake is only due at some time until the given one, because they were
// woken before: what the queue must hold again when it was emptied. grace must
// reach beyond that time, or rows repeat.
func (db *DB) ServableRows(ctx context.Context, collection string, until time.Time, grace time.Duration, limit int) ([]Wake, error) {
	return db.sweep(ctx, collection, bson.D{{Key: "state", Value: JobWaiting}, {Key: "sweepAt", Value: bson.D{{Key: "$lte", Value: until}}},
		{Key: "next", Value: bson.D{{Key: "$lte", Value: db.now()}}}, {Key: "owner", Value: bson.D{{Key: "$in", Value: bson.A{nil, ""}}}}}, grace, limit)
}

// maxDoublings bounds how long a row waits for its next wake: grace × 32.
const maxDoublings = 5

func (db *DB) sweep(ctx context.Context, collection string, due bson.D, grace time.Duration, limit int) ([]Wake, error) {
	coll := db.database.Collection(collection)
	cur, err := coll.Find(ctx, due, options.Find().SetSort(bson.D{{Key: "sweepAt", Value: 1}}).SetLimit(int64(limit)).
		SetBatchSize(int32(limit)+1).
		SetProjection(bson.D{{Key: "attempt", Value: 1}, {Key: "generation", Value: 1}, {Key: "urgency", Value: 1}}))
	if err != nil {
		return nil, machineryError("sweep "+collection, err)
	}
	var rows []Wake
	if err := cur.All(ctx, &rows); err != nil {
		return nil, machineryError("sweep "+collection, err)
	}
	var woken [maxDoublings + 1]bson.A
	for i := range rows {
		n := min(rows[i].Generation, maxDoublings)
		woken[n] = append(woken[n], rows[i].ID)
		rows[i].Generation++
	}
	for n, ids := range woken {
		if len(ids) == 0 {
			continue
		}
		_, err := coll.UpdateMany(ctx, append(bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, due...),
			bson.D{{Key: "$set", Value: bson.D{{Key: "sweepAt", Value: db.now().Add(grace << n)}}}, {Key: "$inc", Value: bson.D{{Key: "generation", Value: 1}}}})
		if err != nil {
			return nil, machineryError("sweep "+collection, err)
		}
	}
	return rows, nil
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
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: JobWaiting}, {Key: "attempt", Value: 0}, {Key: "progress", Value: 0}, {Key: "next", Value: now}, {Key: "sweepAt", Value: now}, {Key: "owner", Value: ""}}}})
	if err != nil {
		return false, machineryError("retry job", err)
	}
	return res.MatchedCount > 0, nil
}

// Troubles counts what needs a person: stuck jobs and uncertain pushes, each up
// to MaxCount.
func (db *DB) Troubles(ctx context.Context) (stuck, uncertain int, err error) {
	ever := bson.D{{Key: "$gt", Value: time.Time{}}}
	n, err := db.database.Collection("jobs").CountDocuments(ctx,
		bson.D{{Key: "state", Value: JobStuck}, {Key: "createdAt", Value: ever}}, options.Count().SetLimit(MaxCount))
	if err != nil {
		return 0, 0, machineryError("count stuck jobs", err)
	}
	m, err := db.database.Collection("pushes").CountDocuments(ctx,
		bson.D{{Key: "state", Value: PushUncertain}, {Key: "openId", Value: bson.D{{Key: "$gt", Value: ""}}}}, options.Count().SetLimit(MaxCount))
	return int(n), int(m), machineryError("count uncertain pushes", err)
}
