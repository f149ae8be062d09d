package store_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// BenchmarkUpdate compares a change of a document with the two bare commands
// it is made of.
func BenchmarkUpdate(b *testing.B) {
	s := storetest.Start(b)
	db := s.Open(b, nil)
	p := create(b, db.Placements, begun(b, "ent_1", 1))
	p.Outbox = nil
	b.Run("store", func(b *testing.B) {
		for i := range b.N {
			_, err := db.Placements.Update(b.Context(), p.ID, func(p *internship.Placement) error {
				p.Reason = fmt.Sprint(i)
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		coll, id := s.Raw(b).Collection("placements"), bson.D{{Key: "_id", Value: p.ID}}
		for range b.N {
			doc, err := coll.FindOne(b.Context(), id).Raw()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := coll.ReplaceOne(b.Context(), id, doc); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		for n := range 64 {
			create(b, db.Placements, placement(fmt.Sprint("ent_p", b.N), n))
		}
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				id := placement(fmt.Sprint("ent_p", b.N), n%64).ID
				if _, err := db.Placements.Update(b.Context(), id, func(p *internship.Placement) error {
					p.Reason = fmt.Sprint(n)
					return nil
				}); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkPage compares a page of 20 rows, with and without its total, with
// the bare find; the list has 1 000 and 20 000 rows.
func BenchmarkPage(b *testing.B) {
	s := storetest.Start(b)
	db := s.Open(b, nil)
	middle := noon.Add(500 * time.Minute)
	for _, n := range []int{1000, 20_000} {
		enterprise := fmt.Sprint("ent_", n)
		orchard(b, s, db, enterprise, n)
		filters := map[string]store.PlacementFilter{
			"page":   {},
			"state":  {State: internship.Refused},
			"period": {From: middle.Add(-time.Hour), To: middle},
			"name":   {Name: "晓东"},
			"three":  {State: internship.Refused, SchoolID: "sch_1", PositionID: "pos_1"},
		}
		for name, f := range filters {
			b.Run(fmt.Sprintf("%s of %d", name, n), func(b *testing.B) {
				for range b.N {
					page, err := db.EnterprisePlacements(b.Context(), enterprise, f)
					if err != nil || len(page.Items) < 4 {
						b.Fatal(len(page.Items), err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("bare of %d", n), func(b *testing.B) {
			coll := s.Raw(b).Collection("placements")
			for range b.N {
				cur, err := coll.Find(b.Context(), bson.D{{Key: "enterpriseId", Value: enterprise}}, options.Find().SetSort(bson.D{{Key: "order", Value: -1}}).SetLimit(21))
				if err != nil {
					b.Fatal(err)
				}
				var rows []bson.Raw
				if err := cur.All(b.Context(), &rows); err != nil || len(rows) != 21 {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
}
