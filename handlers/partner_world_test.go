package handlers_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/handlers/partnerapi"
	"shixi/internship"
	"shixi/store"
	"shixi/webhook"
)

// partners is a world with two schools, the students' app and the province.
type partners struct {
	*world
	school, other, students, platform partner
	// unnamed is the key of a school that has not said its name yet.
	unnamed partner
	// Other is the second school's domain side, with its plan.
	Other     acts.Partner
	OtherPlan *internship.Plan
	keys      *handlers.PartnerKeys
}

// partner is one key's holder.
type partner struct {
	w      *world
	id     string
	secret string
	// key is the Idempotency-Key of POSTs; empty: a new one each time.
	key string
}

func newPartners(tb testing.TB, alter ...func(*store.Options)) *partners {
	tb.Helper()
	w := &partners{world: newWorld(tb, alter...)}
	w.Other, w.OtherPlan = w.NewSchool("410088", "洛阳市某职业学校")
	var file strings.Builder
	add := func(id, kind, school string) partner {
		p := partner{w: w.world, id: id, secret: rand.Text() + rand.Text()}
		fmt.Fprintf(&file, "- {id: %s, kind: %s, secret: %s", id, kind, p.secret)
		if school != "" {
			fmt.Fprintf(&file, ", school: %q", school)
		}
		file.WriteString("}\n")
		w.log.never(p.secret)
		return p
	}
	w.school, w.other = add("school-a", "school", "410099"), add("school-b", "school", "410088")
	w.unnamed = add("school-c", "school", "410077")
	w.students, w.platform = add("students", "students", ""), add("platform", "platform", "")
	keys, err := handlers.LoadPartnerKeys(strings.NewReader(file.String()), webhook.Rules{})
	if err != nil {
		tb.Fatal(err)
	}
	w.keys = keys
	w.app = handlers.New(handlers.Options{Acts: w.Acts, Log: w.Acts.Log, PartnerKeys: keys, Budget: time.Minute})
	return w
}

func (p partner) once(key string) partner { p.key = key; return p }

func (p partner) get(path string) answer            { return p.do(http.MethodGet, path, nil) }
func (p partner) put(path string, body any) answer  { return p.do(http.MethodPut, path, body) }
func (p partner) post(path string, body any) answer { return p.do(http.MethodPost, path, body) }

// do signs and sends a request: a string as it is, anything else as JSON.
func (p partner) do(method, path string, body any) answer {
	p.w.TB.Helper()
	raw := rawBody(p.w.TB, body)
	return caller{p.w, p.sign(method, path, raw, p.w.Now(), rand.Text())}.do(method, path, raw)
}

// sign makes the headers of a request.
func (p partner) sign(method, path string, body []byte, at time.Time, nonce string) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set(partnerapi.HeaderKey, p.id)
	h.Set(partnerapi.HeaderTimestamp, timestamp)
	h.Set(partnerapi.HeaderNonce, nonce)
	h.Set(partnerapi.HeaderSignature, partnerapi.Signature(p.secret, method, path, body, timestamp, nonce))
	if key := p.key; method == http.MethodPost {
		if key == "" {
			key = rand.Text()
		}
		h.Set(partnerapi.HeaderIdempotency, key)
	}
	return h
}

func rawBody(tb testing.TB, body any) []byte {
	tb.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(b)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// planInput and studentInput are valid forms.
func planInput() internship.PlanInput {
	return internship.PlanInput{Name: "2024 级岗位实习", Grade: "2024", Major: "电子技术应用", FirstDay: "2027-01-04", LastDay: "2027-07-03",
		EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31"}
}

func studentInput(n int64) internship.StudentInput {
	return internship.StudentInput{Name: "卢晓东", IDNumber: actstest.IDNumber(900_000 + n), Mobile: fmt.Sprintf("136%08d", n), Education: "中专", Grade: "2024", Major: "电子技术应用"}
}

// applications is where a student's own rows are.
func applications(s *actstest.Student, rest ...string) string {
	return "/partner/v1/students/" + s.Student.ID + "/applications" + strings.Join(rest, "")
}

func (w *partners) application(p *internship.Position) handlers.Application {
	return handlers.Application{PlanID: w.Plan.ID, PositionID: p.ID, Edition: p.Published}
}

// edition is the agreement to the terms of an edition.
func edition(n int) handlers.Reconfirmation { return handlers.Reconfirmation{Edition: n} }

// told passes the events of documents on and numbers them.
func (w *partners) told(collection string, ids ...string) {
	w.TB.Helper()
	for _, id := range ids {
		w.React(collection, id)
	}
	for n := 1; n > 0; {
		var err error
		if n, err = w.DB.NumberEvents(w.TB.Context()); err != nil {
			w.TB.Fatal(err)
		}
	}
}
