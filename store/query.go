package store

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// Limits of a page.
const (
	// DefaultLimit is a phone's screen or two.
	DefaultLimit = 20
	// MaxLimit keeps one answer small.
	MaxLimit = 100
	// maxCandidates is how many documents a page may look at where a filter
	// has no index of its own.
	maxCandidates = 1000
	// maxBatch is how many of them come in one answer.
	maxBatch = 200
	// MaxCount is where totals stop: "10000+".
	MaxCount = 10000
)

// Page is one page of a list, newest first.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the following page, "" at the end.
	Next string
	// Total counts the whole list up to MaxCount+1; -1: not counted.
	Total int
}

// Query is a declared question: equality on the first fields of an index,
// then the order in which the index lists. There is no other way to list.
type Query[P any] struct {
	Index *Index
	// Equal are the values of the index's first fields.
	Equal []any
	// From and To bound the order by time, From inclusive and To exclusive;
	// zero: open.
	From, To time.Time
	// After is the cursor of the page before.
	After string
	Limit int
	// Keep filters what the index can't; the page then looks at no more than
	// maxCandidates documents and has no total.
	Keep func(P) bool
	// Count asks for the total; ignored with Keep.
	Count bool
	// Oldest lists from what has been in its place longest (ReviewedSince);
	// else newest first.
	Oldest bool
}

var cursorForm = regexp.MustCompile(`^[0-9a-f]{12}-[0-9A-Za-z_.:-]{1,100}$`)

// order is the field that the query's index ends with, and its direction.
func (q Query[P]) order() (field string, direction int) {
	if q.Oldest {
		return "since", 1
	}
	return "order", -1
}

// list answers a query in its order.
func list[T any, P pointer[T]](ctx context.Context, c *Collection[T, P], q Query[P]) (Page[P], error) {
	page := Page[P]{Total: -1}
	if q.After != "" && !cursorForm.MatchString(q.After) {
		return page, internship.ErrBadCursor
	}
	q.Limit = clampLimit(q.Limit)
	filter := q.filter()
	after, seen := q.After, 0
	for want := q.Limit + 1; ; want *= 2 { // more each time that Keep left the page short
		batch := min(want, maxBatch, maxCandidates-seen)
		docs, keys, err := c.fetch(ctx, q.withOrder(filter, q.bounds(after)), q.Oldest, batch)
		if err != nil {
			return page, fmt.Errorf("store: list %s by %s: %w", c.name, q.Index.Name, err)
		}
		for i, d := range docs {
			seen++
			if len(page.Items) == q.Limit {
				page.Next = after
				return q.counted(ctx, c, filter, page)
			}
			after = keys[i]
			if q.Keep == nil || q.Keep(d) {
				page.Items = append(page.Items, d)
			}
		}
		if len(docs) < batch {
			return q.counted(ctx, c, filter, page)
		}
		if seen >= maxCandidates {
			page.Next = after
			return page, nil
		}
	}
}

func clampLimit(n int) int {
	if n <= 0 {
		return DefaultLimit
	}
	return min(n, MaxLimit)
}

func (q Query[P]) filter() bson.D {
	filter := bson.D{}
	for i, v := range q.Equal {
		filter = append(filter, bson.E{Key: q.Index.Keys[i], Value: v})
	}
	return filter
}

// bounds are the limits of the order key for the page after a cursor.
func (q Query[P]) bounds(after string) bson.D {
	b := bson.D{}
	if q.Oldest {
		if after != "" {
			b = append(b, bson.E{Key: "$gt", Value: after})
		}
		return b
	}
	if !q.From.IsZero() {
		b = append(b, bson.E{Key: "$gte", Value: orderBound(q.From)})
	}
	upper := ""
	if !q.To.IsZero() {
		upper = orderBound(q.To)
	}
	if after != "" && (upper == "" || after < upper) {
		upper = after
	}
	if upper != "" {
		b = append(b, bson.E{Key: "$lt", Value: upper})
	}
	return b
}

func (q Query[P]) withOrder(filter, bounds bson.D) bson.D {
	if len(bounds) == 0 {
		return filter
	}
	field, _ := q.order()
	return append(filter[:len(filter):len(filter)], bson.E{Key: field, Value: bounds})
}

// fetch reads up to n documents in list order with their order keys.
func (c *Collection[T, P]) fetch(ctx context.Context, filter bson.D, oldest bool, n int) ([]P, []string, error) {
	field, direction := Query[P]{Oldest: oldest}.order()
	cur, err := c.coll.Find(ctx, filter, options.Find().
		SetSort(bson.D{{Key: field, Value: direction}}).SetLimit(int64(n)).SetBatchSize(int32(n)+1))
	if err != nil {
		return nil, nil, readError(err)
	}
	var envs []envelope[T]
	if err := cur.All(ctx, &envs); err != nil {
		return nil, nil, readError(err)
	}
	docs, keys := make([]P, len(envs)), make([]string, len(envs))
	for i := range envs {
		if docs[i], err = c.open(&envs[i]); err != nil {
			return nil, nil, err
		}
		if keys[i] = envs[i].Order; oldest {
			keys[i] = envs[i].Since
		}
	}
	return docs, keys, nil
}

// counted adds the total where it is asked for and the index alone gives it.
// The count ignores the cursor but not the period.
func (q Query[P]) counted(ctx context.Context, c counter, filter bson.D, page Page[P]) (Page[P], error) {
	if !q.Count || q.Keep != nil {
		return page, nil
	}
	n, err := c.count(ctx, q.withOrder(filter, q.bounds("")))
	if err != nil {
		return page, fmt.Errorf("store: count by %s: %w", q.Index.Name, err)
	}
	page.Total = n
	return page, nil
}

type counter interface {
	count(ctx context.Context, filter bson.D) (int, error)
}

func (c *Collection[T, P]) count(ctx context.Context, filter bson.D) (int, error) {
	n, err := c.coll.CountDocuments(ctx, filter, options.Count().SetLimit(MaxCount+1))
	if err != nil {
		return 0, readError(err)
	}
	return int(n), nil
}
