package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

// folder is a document that names files.
type folder struct {
	internship.Root `bson:",inline"`
	Papers          []string `bson:"papers"`
}

func (f *folder) Self() *internship.Root { return &f.Root }
func (f *folder) Holds() []string        { return nil }
func (f *folder) Files() []string        { return f.Papers }

type filing struct {
	t       *testing.T
	server  *storetest.Server
	db      *store.DB
	clock   *clock
	folders *store.Collection[folder, *folder]
}

func openFiling(t *testing.T) *filing {
	t.Helper()
	s, db, clock := openAt(t)
	return &filing{t, s, db, clock, store.NewCollection[folder](db, "positions")}
}

func (f *filing) upload(owner string) string {
	f.t.Helper()
	file := certificate
	file.Owner, file.Uploader = owner, owner
	saved, err := f.db.SaveFile(f.t.Context(), file, strings.NewReader(png))
	if err != nil {
		f.t.Fatal(err)
	}
	return saved.ID
}

func (f *filing) create(id string, papers ...string) {
	f.t.Helper()
	if _, err := f.folders.Create(f.t.Context(), &folder{internship.Root{ID: id}, papers}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *filing) name(id string, papers ...string) {
	f.t.Helper()
	if _, err := f.folders.Update(f.t.Context(), id, func(x *folder) error { x.Papers = papers; return nil }); err != nil {
		f.t.Fatal(err)
	}
}

func (f *filing) sweep(want int) {
	f.t.Helper()
	if n, err := f.db.SweepFiles(f.t.Context(), 10); n != want || err != nil {
		f.t.Errorf("swept %d, want %d: %v", n, want, err)
	}
}

func (f *filing) there(want bool, ids ...string) {
	f.t.Helper()
	for _, id := range ids {
		if _, err := f.db.OwnFile(f.t.Context(), "ent_1", "certificate", id); err == nil != want || err != nil && !errors.Is(err, internship.ErrFileGone) {
			f.t.Errorf("%s: %v, want it there: %t", id, err, want)
		}
	}
}

func TestNamedFilesStayAndOthersGo(t *testing.T) {
	t.Parallel()
	f := openFiling(t)
	named, loose, shared := f.upload("ent_1"), f.upload("ent_1"), f.upload("ent_1")
	f.create("pos_1", named, shared)
	f.create("pos_2", shared, "")
	f.clock.Pass(store.FileGrace - time.Minute)
	f.sweep(0)
	f.there(true, named, loose, shared)
	f.clock.Pass(2 * time.Minute)
	f.sweep(1)
	f.there(true, named, shared)
	f.there(false, loose)
	f.name("pos_1") // it ceases to name both, another still names one
	f.clock.Pass(store.FileGrace - time.Minute)
	f.sweep(0)
	f.there(true, named)
	f.clock.Pass(2 * time.Minute)
	f.sweep(1)
	f.there(true, shared)
	f.there(false, named)
	f.clock.Pass(10 * store.FileGrace)
	f.sweep(0)
	f.there(true, shared)
	expectKept(t, f.server, 1, 1)
}

// TestFileNamedAtTheLastMoment is named between the sweeper's look and its
// stroke: the stroke misses.
func TestFileNamedAtTheLastMoment(t *testing.T) {
	t.Parallel()
	f := openFiling(t)
	engine(t, f.server)
	id := f.upload("ent_1")
	f.create("pos_1")
	f.clock.Pass(store.FileGrace)
	looked := false
	f.server.Engine.Watch(func(c embedded.Command) embedded.Fault {
		if c.Name == "update" && strings.HasPrefix(c.Collection, "uploads.") && !looked {
			looked = true
			f.server.Engine.Watch(nil)
			f.name("pos_1", id)
		}
		return embedded.Fault{}
	})
	f.sweep(0)
	f.clock.Pass(store.FileGrace)
	f.sweep(0)
	f.there(true, id)
	if !looked {
		t.Error("the sweeper never struck")
	}
}

func TestDocumentNamesNoMissingFile(t *testing.T) {
	t.Parallel()
	f := openFiling(t)
	id := f.upload("ent_1")
	f.create("pos_1", id)
	if _, err := f.folders.Create(t.Context(), &folder{internship.Root{ID: "pos_2"}, []string{id, "fil_none"}}); !errors.Is(err, internship.ErrFileGone) {
		t.Errorf("created: %v", err)
	}
	if _, err := f.folders.Update(t.Context(), "pos_1", func(x *folder) error { x.Papers = []string{"fil_none"}; return nil }); !errors.Is(err, internship.ErrFileGone) {
		t.Errorf("changed: %v", err)
	}
	docs, err := f.folders.Naming(t.Context(), id)
	if err != nil || len(docs) != 1 || docs[0].ID != "pos_1" {
		t.Errorf("%v %v", docs, err)
	}
}

// TestSaveThatFailsKeepsNothingAndLosesNothing cuts the save itself: the file
// that was to be named goes, that which is still named stays.
func TestSaveThatFailsKeepsNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	f := openFiling(t)
	engine(t, f.server)
	old, fresh := f.upload("ent_1"), f.upload("ent_1")
	f.create("pos_1", old)
	f.clock.Pass(store.FileGrace - time.Minute)
	f.server.Engine.Watch(func(c embedded.Command) embedded.Fault {
		if c.Name == "update" && c.Collection == "positions" {
			return embedded.Fault{Err: &embedded.CommandError{Code: 2, Message: "no"}}
		}
		return embedded.Fault{}
	})
	if _, err := f.folders.Update(t.Context(), "pos_1", func(x *folder) error { x.Papers = []string{fresh}; return nil }); err == nil {
		t.Error("saved")
	}
	f.server.Engine.Watch(nil)
	f.clock.Pass(store.FileGrace - time.Minute)
	f.there(true, old, fresh)
	f.clock.Pass(time.Hour)
	f.sweep(1)
	f.there(true, old)
	f.there(false, fresh)
}

func TestPassHandsItsFileOver(t *testing.T) {
	t.Parallel()
	f := openFiling(t)
	id, other := f.upload("pas_1"), f.upload("pas_2")
	for range 2 {
		if err := f.db.AdoptFile(t.Context(), "pas_1", "ent_1", "certificate", id); err != nil {
			t.Error(err)
		}
	}
	f.there(true, id)
	for what, err := range map[string]error{
		"another's": f.db.AdoptFile(t.Context(), "pas_1", "ent_1", "certificate", other),
		"no kind":   f.db.AdoptFile(t.Context(), "pas_1", "ent_1", "policy", id),
		"none":      f.db.AdoptFile(t.Context(), "pas_1", "ent_1", "certificate", "fil_none"),
		"not mine":  second(f.db.OwnFile(t.Context(), "pas_2", "certificate", id)),
		"of a kind": second(f.db.OwnFile(t.Context(), "ent_1", "policy", id)),
	} {
		if !errors.Is(err, internship.ErrFileGone) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
