package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"shixi/internship"
)

// Aggregate is a document that changes only through its own methods
// (design.md §3).
type Aggregate interface {
	// Self is the root: identity, version, history, outbox and op ids.
	Self() *internship.Root
	// Holds is what the document has for itself alone, in the order in which
	// a clash is told.
	Holds() []string
}

// An aggregate may also be searched, ordered and hold personal data.
type (
	searched interface{ Search() string }
	ordered  interface{ Order() time.Time }
	private  interface{ Private() map[string]*string }
	// reviewed documents wait for the platform, since when they say.
	reviewed interface {
		ReviewedSince() (since time.Time, waits bool)
	}
)

type pointer[T any] interface {
	*T
	Aggregate
}

// Unchanged is returned by a change that finds nothing to do: nothing is
// written and Update succeeds.
var Unchanged = errors.New("store: unchanged") //nolint:errname // a signal like io.EOF, not a failure

// Collection keeps the aggregates of one kind.
type Collection[T any, P pointer[T]] struct {
	db    *DB
	name  string
	coll  *mongo.Collection
	locks locks
}

// envelope is a stored aggregate: the document and what the store derives.
type envelope[T any] struct {
	Doc T `bson:",inline"`
	// Holds is absent when empty, so that the partial index skips it.
	Holds []string `bson:"holds,omitempty"`
	// RelayAt is when the sweeper should look at a non-empty outbox.
	RelayAt *time.Time `bson:"relayAt,omitempty"`
	// Search are the lower-cased characters and bigrams of the search text.
	Search []string `bson:"search,omitempty"`
	// Order is the list position: time and id, unique.
	Order string `bson:"order,omitempty"`
	// Files are the ids of files that the document names.
	Files []string `bson:"files,omitempty"`
	// Since is the position in lists that begin with what has waited longest,
	// Waits says that it waits for review.
	Since string `bson:"since,omitempty"`
	Waits bool   `bson:"waits,omitempty"`
	// Sealed are the encrypted personal fields by name.
	Sealed map[string][]byte `bson:"sealed,omitempty"`
	// Lookup are the keyed hashes of the personal fields by name.
	Lookup map[string]string `bson:"lookup,omitempty"`
}

func newCollection[T any, P pointer[T]](db *DB, name string) *Collection[T, P] {
	return &Collection[T, P]{db: db, name: name, coll: db.database.Collection(name), locks: newLocks()}
}

// Name is the name of the collection in the database.
func (c *Collection[T, P]) Name() string { return c.name }

// Get reads a document by id. Errors: internship.ErrNotFound,
// internship.ErrUnavailable.
func (c *Collection[T, P]) Get(ctx context.Context, id string) (P, error) {
	doc, err := c.findOne(ctx, bson.D{{Key: "_id", Value: id}})
	if err != nil {
		return nil, fmt.Errorf("store: get %s: %w", c.name, err)
	}
	return doc, nil
}

// ByHold reads the document that holds a name, e.g. "uscc:…". Errors as Get.
func (c *Collection[T, P]) ByHold(ctx context.Context, kind, value string) (P, error) {
	doc, err := c.findOne(ctx, bson.D{{Key: "holds", Value: kind + ":" + value}})
	if err != nil {
		return nil, fmt.Errorf("store: %s by %s: %w", c.name, kind, err)
	}
	return doc, nil
}

// ByPrivateHold is ByHold for a personal value, which is held by its hash.
func (c *Collection[T, P]) ByPrivateHold(ctx context.Context, kind, value string) (P, error) {
	return c.ByHold(ctx, kind, c.db.box.lookup(value))
}

// Create inserts a new document. With an op in ctx (WithOp) a repeated create
// of the same id is recognised and its stored document returned. Errors:
// *HeldError when something it holds is taken, internship.ErrUnavailable.
func (c *Collection[T, P]) Create(ctx context.Context, doc P) (P, error) {
	op := OpOf(ctx)
	if err := doc.Self().Stamp(op); err != nil {
		return nil, err
	}
	env, err := c.seal(doc)
	if err != nil {
		return nil, fmt.Errorf("store: create %s: %w", c.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, updateBudget)
	defer cancel()
	saved, err := c.insist(ctx, nil, func() (P, error) {
		if err := c.db.keepFiles(ctx, nil, env.Files); err != nil {
			return nil, err
		}
		_, err := c.coll.InsertOne(ctx, env)
		if mongo.IsDuplicateKeyError(err) {
			return c.settle(ctx, doc, env.Holds, op)
		}
		return doc, err
	})
	if err != nil {
		return nil, fmt.Errorf("store: create %s: %w", c.name, err)
	}
	c.saved(saved)
	return saved, nil
}

// Update changes a document: read, change, replace guarded by the version,
// again on a clash, for 3 s in all. change must be free of side effects: it
// may run several times. It returns Unchanged to write nothing; any other
// error of it is returned as it is. With an op in ctx that the document has
// already seen, change does not run and the document is returned. Errors:
// internship.ErrNotFound, internship.ErrBusy, *HeldError,
// internship.ErrUnavailable.
func (c *Collection[T, P]) Update(ctx context.Context, id string, change func(P) error) (P, error) {
	return c.update(ctx, id, nil, change)
}

// Change is Update for a document that was just read: the first try needs no
// read. doc itself may be altered by the try.
func (c *Collection[T, P]) Change(ctx context.Context, doc P, change func(P) error) (P, error) {
	return c.update(ctx, doc.Self().ID, doc, change)
}

func (c *Collection[T, P]) update(ctx context.Context, id string, doc P, change func(P) error) (P, error) {
	op := OpOf(ctx)
	saved, err := c.alone(ctx, id, func(ctx context.Context) (P, error) {
		d := doc
		doc = nil
		if d == nil {
			var err error
			if d, err = c.findOne(ctx, bson.D{{Key: "_id", Value: id}}); err != nil {
				return nil, err
			}
		}
		return c.attempt(ctx, d, op, change)
	})
	if err != nil {
		return nil, fmt.Errorf("store: update %s: %w", c.name, err)
	}
	c.saved(saved)
	return saved, nil
}

// alone insists on a try while no one else in this process changes the
// document; waiting for that counts towards updateBudget.
func (c *Collection[T, P]) alone(ctx context.Context, id string, try func(context.Context) (P, error)) (P, error) {
	ctx, cancel := context.WithTimeout(ctx, updateBudget)
	defer cancel()
	release, queued, err := c.locks.take(ctx, id)
	if err != nil {
		return nil, internship.ErrBusy.Because(err)
	}
	defer release()
	var last error
	if queued {
		last = errClash
	}
	return c.insist(ctx, last, func() (P, error) { return try(ctx) })
}

// attempt is one try of an update on a freshly read document.
func (c *Collection[T, P]) attempt(ctx context.Context, doc P, op string, change func(P) error) (P, error) {
	root := doc.Self()
	if did(root, op) {
		return doc, nil
	}
	version, files := root.Version, filesOf(doc)
	if err := change(doc); err != nil {
		if errors.Is(err, Unchanged) {
			return doc, nil
		}
		return nil, &refusal{err}
	}
	if err := root.Stamp(op); err != nil {
		return nil, &refusal{err}
	}
	env, err := c.seal(doc)
	if err != nil {
		return nil, &refusal{err}
	}
	if err := c.db.keepFiles(ctx, files, env.Files); err != nil {
		return nil, err
	}
	res, err := c.coll.ReplaceOne(ctx, bson.D{{Key: "_id", Value: root.ID}, {Key: "version", Value: version}}, env)
	switch {
	case mongo.IsDuplicateKeyError(err):
		return c.settle(ctx, doc, env.Holds, op)
	case err != nil:
		return nil, err
	case res.MatchedCount == 0:
		return nil, errClash
	}
	return doc, nil
}

// settle finds out what a duplicate key means: our own write whose answer was
// lost, or someone who holds what we wanted.
func (c *Collection[T, P]) settle(ctx context.Context, doc P, wanted []string, op string) (P, error) {
	id := doc.Self().ID
	switch own, err := c.findOne(ctx, bson.D{{Key: "_id", Value: id}}); {
	case err == nil && did(own.Self(), op):
		return own, nil
	case err != nil && !errors.Is(err, internship.ErrNotFound):
		return nil, err
	case err == nil && doc.Self().Version == 1:
		return nil, &refusal{&HeldError{Hold: "_id:" + id}}
	}
	hold, err := c.heldByOthers(ctx, id, wanted)
	if err != nil {
		return nil, err
	}
	if hold == "" {
		return nil, errClash // freed meanwhile: try again
	}
	return nil, &refusal{&HeldError{Hold: hold}}
}

// insist repeats a try that may lose its answer or a race, with full jitter,
// until ctx is done. last is what hindered it so far, if anything.
func (c *Collection[T, P]) insist(ctx context.Context, last error, try func() (P, error)) (P, error) {
	for n := 0; ; n++ {
		doc, err := try()
		var no *refusal
		switch {
		case err == nil:
			return doc, nil
		case errors.As(err, &no):
			return nil, no.err
		case errors.Is(err, internship.ErrNotFound):
			return nil, err
		case !errors.Is(err, errClash) && !passing(err):
			return nil, internship.ErrInternal.Because(err)
		}
		if last == nil || !cutShort(err) {
			last = err
		}
		if backoff(ctx, n) != nil {
			return nil, exhausted(last)
		}
	}
}

func (c *Collection[T, P]) findOne(ctx context.Context, filter bson.D) (P, error) {
	var env envelope[T]
	err := c.coll.FindOne(ctx, filter).Decode(&env)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, internship.ErrNotFound
	}
	if err != nil {
		return nil, readError(err)
	}
	return c.open(&env)
}

// saved tells the relay that a document has events waiting.
func (c *Collection[T, P]) saved(doc P) {
	if root := doc.Self(); len(root.Outbox) > 0 && c.db.onSaved != nil {
		c.db.onSaved(c.name, root.ID)
	}
}

// seal makes the stored form of a document.
func (c *Collection[T, P]) seal(doc P) (*envelope[T], error) {
	root := doc.Self()
	env := &envelope[T]{Doc: *doc, Holds: doc.Holds(), Files: filesOf(doc)}
	if len(root.Outbox) > 0 {
		at := c.db.now().Add(relayDelay)
		env.RelayAt = &at
	}
	if s, ok := any(doc).(searched); ok {
		env.Search = grams(s.Search())
	}
	if o, ok := any(doc).(ordered); ok {
		env.Order = orderKey(o.Order(), root.ID)
	}
	if r, ok := any(doc).(reviewed); ok {
		var since time.Time
		since, env.Waits = r.ReviewedSince()
		env.Since = orderKey(since, root.ID)
	}
	if p, ok := any(doc).(private); ok {
		if err := c.db.box.sealAll(c.name, root.ID, p.Private(), env.Holds, &env.Sealed, &env.Lookup); err != nil {
			return nil, err
		}
	}
	return env, nil
}

// open gives the document of a stored form.
func (c *Collection[T, P]) open(env *envelope[T]) (P, error) {
	doc := P(&env.Doc)
	if p, ok := any(doc).(private); ok {
		if err := c.db.box.openAll(c.name, doc.Self().ID, p.Private(), env.Sealed); err != nil {
			c.db.log.Error("personal data can't be opened: wrong keyset?", slog.String("collection", c.name), slog.String("id", doc.Self().ID))
			return nil, internship.ErrInternal.Because(err)
		}
	}
	return doc, nil
}
