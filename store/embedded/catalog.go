package embedded

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// catalog knows the collections. Its lock is taken before a collection's.
type catalog struct {
	mu      sync.RWMutex
	journal *journal
	colls   map[namespace]*collection
}

func (c *catalog) init(j *journal) {
	c.colls = map[namespace]*collection{}
	c.journal = j
}

// attach sets the journal once it has been read.
func (c *catalog) attach(j *journal) {
	c.journal = j
	for _, coll := range c.colls {
		coll.journal = j
	}
}

// get finds a collection, or nil.
func (c *catalog) get(ns namespace) *collection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.colls[ns]
}

// ensure finds or makes a collection; created tells which, lsn what to wait for.
func (c *catalog) ensure(ns namespace) (coll *collection, lsn int64, created bool) {
	if coll := c.get(ns); coll != nil {
		return coll, 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if coll := c.colls[ns]; coll != nil {
		return coll, 0, false
	}
	coll = newCollection(ns, c.journal)
	c.colls[ns] = coll
	return coll, coll.log(recordCreate, emptyDocument), true
}

// drop removes a collection; found is false when there was none.
func (c *catalog) drop(ns namespace) (lsn int64, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	coll := c.colls[ns]
	if coll == nil {
		return 0, false
	}
	delete(c.colls, ns)
	coll.mu.Lock()
	defer coll.mu.Unlock()
	coll.dropped = true
	return coll.log(recordDrop, emptyDocument), true
}

// list gives the collections of a database in the order of their names, or all
// for an empty name.
func (c *catalog) list(db string) []*collection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*collection
	for ns, coll := range c.colls {
		if db == "" || ns.db == db {
			out = append(out, coll)
		}
	}
	slices.SortFunc(out, func(a, b *collection) int {
		return strings.Compare(a.ns.String(), b.ns.String())
	})
	return out
}

// forWriting locks the collection for a change, making it if missing.
func (c *catalog) forWriting(ns namespace) (coll *collection, lsn int64) {
	for {
		coll, made, _ := c.ensure(ns)
		lsn = max(lsn, made)
		coll.mu.Lock()
		if !coll.dropped {
			return coll, lsn
		}
		coll.mu.Unlock()
	}
}

// maxNamespace is the longest name of a collection with its database.
const maxNamespace = 255

// check refuses names a real server refuses.
func (n namespace) check() error {
	bad := func(why string) error {
		return errorf(codeInvalidNamespace, "Invalid namespace specified '%s': %s", n, why)
	}
	switch {
	case n.db == "" || strings.ContainsAny(n.db, "/\\. \"$\x00") || len(n.db) > 63:
		return bad("invalid database name")
	case n.coll == "" || strings.ContainsAny(n.coll, "$\x00") || strings.HasPrefix(n.coll, "."):
		return bad("invalid collection name")
	case strings.HasPrefix(n.coll, "system."):
		return bad("system collections are not supported by the embedded engine")
	case len(n.String()) > maxNamespace:
		return bad("too long")
	}
	return nil
}

var emptyDocument = bsoncore.BuildDocument(nil)

func newUUID() (u [16]byte) {
	_, _ = rand.Read(u[:])
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}
