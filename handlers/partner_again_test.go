package handlers_test

import (
	"bytes"
	"net/http"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/handlers"
	"shixi/internship"
)

// TestActivationCodeSurvivesALostAnswer: a request that runs again, because
// what was kept of it is gone, tells the same code; nowhere is it kept in
// clear.
func TestActivationCodeSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	raw := w.Server.Raw(t)
	every := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}}
	kept := func() (all []byte) {
		t.Helper()
		for _, name := range []string{"idempotency", "enterprises"} {
			cur, err := raw.Collection(name).Find(t.Context(), every)
			if err != nil {
				t.Fatal(err)
			}
			for cur.Next(t.Context()) {
				all = append(all, cur.Current...)
			}
		}
		return all
	}
	var enterprise handlers.Enterprise
	for _, path := range []string{"/partner/v1/enterprises", "/partner/v1/enterprises/{id}/activation-code"} {
		var body any = entryInput(1, "濮阳市某电子有限公司")
		if enterprise.ID != "" {
			path, body = "/partner/v1/enterprises/"+enterprise.ID+"/activation-code", nil
		}
		who := w.school.once("key")
		first := read[handlers.Entry](who.post(path, body))
		w.log.never(first.ActivationCode)
		if bytes.Contains(kept(), []byte(first.ActivationCode)) {
			t.Error("the code is kept in clear")
		}
		if _, err := raw.Collection("idempotency").DeleteMany(t.Context(), every); err != nil {
			t.Fatal(err)
		}
		again := read[handlers.Entry](who.post(path, body))
		if again.ActivationCode != first.ActivationCode || again.Enterprise.ID != first.Enterprise.ID || !again.Expires.Equal(first.Expires) {
			t.Errorf("%s: again %+v, want %+v", path, again, first)
		}
		enterprise = first.Enterprise
	}
	// The same key of another school is another request.
	w.other.once("key").post("/partner/v1/enterprises/"+enterprise.ID+"/activation-code", nil).refused(internship.ErrNotFound)
	theirs := read[handlers.Entry](w.other.once("key").post("/partner/v1/enterprises", entryInput(1, "濮阳市某电子有限公司")).ok(http.StatusCreated))
	if theirs.ActivationCode != "" || len(theirs.Enterprise.Recommenders) != 2 {
		t.Errorf("theirs = %+v", theirs)
	}
}
