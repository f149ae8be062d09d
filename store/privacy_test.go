package store_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

const (
	mobile   = "13812345678"
	guardian = "13987654321"
	idNumber = "41019920070315001X"
	phone    = "0393-8881234"
)

// secrets is what must not be readable in the database.
var secrets = []string{mobile, guardian, idNumber, phone}

func student(id string) *internship.Student {
	return &internship.Student{Root: internship.Root{ID: id}, SchoolID: "sch_1", Number: id, Name: "卢晓东", Education: "中专", Grade: "2024",
		IDNumber: idNumber, Mobile: mobile, Guardian: internship.Guardian{Name: "卢父", Mobile: guardian}}
}

func fillPrivate(t *testing.T, db *store.DB) {
	t.Helper()
	create(t, db.Accounts, account("acc_1", mobile))
	create(t, db.Students, student("stu_1"))
	create(t, db.Enterprises, &internship.Enterprise{Root: internship.Root{ID: "ent_1"}, Name: "示例电子", Code: "MA4ABCD17",
		CodeKind: internship.OrganisationCode, State: internship.Active, CreatedAt: noon, Profile: internship.Profile{Phone: phone, Contact: "王经理"}})
}

func TestPersonalDataAreSealedAtRest(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	fillPrivate(t, db)
	_, err := db.Students.Update(t.Context(), "stu_1", func(s *internship.Student) error {
		s.Keep(student("stu_1"), internship.Do{By: internship.Actor{Kind: internship.BySchool}, At: noon})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for collection, doc := range everything(t, s) {
		for _, secret := range secrets {
			if bytes.Contains(doc, []byte(secret)) {
				t.Errorf("%s shows %s: %s", collection, secret, doc)
			}
		}
	}
	expectPrivate(t, db)
}

// everything yields the raw documents of the whole database by collection.
func everything(t *testing.T, s *storetest.Server) func(yield func(string, bson.Raw) bool) {
	t.Helper()
	return func(yield func(string, bson.Raw) bool) {
		for _, name := range store.Collections() {
			for _, doc := range all(t, s.Raw(t).Collection(name)) {
				if !yield(name, doc) {
					return
				}
			}
		}
	}
}

// all reads a collection in the order of its ids.
func all(t *testing.T, c *mongo.Collection) []bson.Raw {
	t.Helper()
	cur, err := c.Find(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: ""}}}})
	if err != nil {
		t.Fatal(err)
	}
	var docs []bson.Raw
	if err := cur.All(t.Context(), &docs); err != nil {
		t.Fatal(err)
	}
	return docs
}

// expectPrivate reads the personal data back by every way that opens them.
func expectPrivate(t *testing.T, db *store.DB) {
	t.Helper()
	s, err := db.Students.Get(t.Context(), "stu_1")
	if err != nil || s.IDNumber != idNumber || s.Mobile != mobile || s.Guardian.Mobile != guardian {
		t.Errorf("student %+v %v", s, err)
	}
	list, err := db.SchoolStudents(t.Context(), "sch_1", "", 0)
	if err != nil || len(list) != 1 || list[0].IDNumber != idNumber {
		t.Errorf("list %v %v", list, err)
	}
	staff, err := db.Staff(t.Context(), "ent_1")
	if err != nil || len(staff) != 1 || staff[0].Mobile != mobile {
		t.Errorf("staff %v %v", staff, err)
	}
	e, err := db.EnterpriseByCode(t.Context(), "MA4ABCD17", internship.OrganisationCode)
	if err != nil || e.Profile.Phone != phone {
		t.Errorf("enterprise %v %v", e, err)
	}
	a, err := db.AccountByLogin(t.Context(), mobile, "")
	if err != nil || a.ID != "acc_1" {
		t.Errorf("by mobile: %v %v", a, err)
	}
	if _, err := db.AccountByLogin(t.Context(), guardian, ""); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("by another mobile: %v", err)
	}
	if _, err := db.Accounts.ByHold(t.Context(), "mobile", mobile); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("held in clear: %v", err)
	}
	if _, err := db.Students.ByHold(t.Context(), "student", "sch_1:"+db.Blind(idNumber)); err != nil {
		t.Errorf("by the hash of the ID number: %v", err)
	}
}

func TestClashOverAPersonalValueDoesNotShowIt(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	fillPrivate(t, db)
	other := student("stu_2")
	for kind, err := range map[string]error{
		"mobile":  second(db.Accounts.Create(t.Context(), account("acc_2", mobile))),
		"student": second(db.Students.Create(t.Context(), other)),
	} {
		var held *store.HeldError
		if !errors.As(err, &held) || held.Kind() != kind {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, secret := range secrets {
			if strings.Contains(err.Error()+held.Hold, secret) {
				t.Errorf("%s shows %s: %v %s", kind, secret, err, held.Hold)
			}
		}
	}
}

// TestSealedValuesAreBoundToTheirPlace moves sealed values to other documents,
// fields and collections: none of them opens, and the log says so.
func TestSealedValuesAreBoundToTheirPlace(t *testing.T) {
	t.Parallel()
	type place struct{ collection, id, field string }
	cases := map[string]struct{ from, to place }{
		"another document":   {place{"accounts", "acc_1", "mobile"}, place{"accounts", "acc_2", "mobile"}},
		"another field":      {place{"students", "stu_1", "idNumber"}, place{"students", "stu_1", "mobile"}},
		"another collection": {place{"students", "same", "mobile"}, place{"accounts", "same", "mobile"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Start(t)
			var log bytes.Buffer
			db := s.Open(t, func(o *store.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			fillPrivate(t, db)
			create(t, db.Accounts, account("acc_2", guardian))
			create(t, db.Accounts, account("same", "13800000003"))
			same := student("same")
			same.IDNumber = "410199200703150028"
			create(t, db.Students, same)

			sealed := raw(t, s, c.from.collection, c.from.id).Lookup("sealed", c.from.field)
			_, err := s.Raw(t).Collection(c.to.collection).UpdateOne(t.Context(), bson.D{{Key: "_id", Value: c.to.id}},
				bson.D{{Key: "$set", Value: bson.D{{Key: "sealed." + c.to.field, Value: sealed}}}})
			if err != nil {
				t.Fatal(err)
			}
			if c.to.collection == "accounts" {
				_, err = db.Accounts.Get(t.Context(), c.to.id)
			} else {
				_, err = db.Students.Get(t.Context(), c.to.id)
			}
			if !errors.Is(err, internship.ErrInternal) {
				t.Errorf("opened: %v", err)
			}
			if said := log.String(); !strings.Contains(said, c.to.id) || strings.Contains(said, mobile) {
				t.Errorf("log: %s", said)
			}
		})
	}
}

func TestWrongKeysetOpensNothing(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	fillPrivate(t, s.Open(t, nil))
	keyset, err := store.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	db := s.Open(t, func(o *store.Options) { o.Keyset = keyset })
	if _, err := db.Students.Get(t.Context(), "stu_1"); !errors.Is(err, internship.ErrInternal) {
		t.Errorf("get: %v", err)
	}
	if _, err := db.Staff(t.Context(), "ent_1"); !errors.Is(err, internship.ErrInternal) {
		t.Errorf("list: %v", err)
	}
	if _, err := db.AccountByLogin(t.Context(), mobile, ""); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("look-up: %v", err)
	}
}

func TestKeysetIsCheckedAtTheStart(t *testing.T) {
	t.Parallel()
	good, err := store.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	half, _, _ := strings.Cut(good, `,"prf"`)
	half += "}"
	for name, text := range map[string]string{"empty": "", "no JSON": "secret", "no keys": "{}", "half": half, "cut": good[:len(good)/2]} {
		_, err := store.Open(store.Options{URI: "mongodb://127.0.0.1:1", Keyset: text})
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if at := strings.Index(good, `"value":"`) + 9; strings.Contains(err.Error(), good[at:at+20]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}
