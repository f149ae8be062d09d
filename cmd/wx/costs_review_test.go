package main

import (
	"fmt"
	"net/http"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

// gettingIn registers an enterprise, passes it, freezes the boss's and lifts that.
func (b *bench) gettingIn(table *costTable) {
	ctx := b.Context()
	var ids []string
	for n := range int64(2) { // the first one warms up
		holder, form := b.applicant(n)
		cost := b.of(func() {
			var opened struct {
				Me struct{ Enterprise struct{ ID string } }
			}
			b.must(holder.call(ctx, http.MethodPost, "/api/v1/registration", form, &opened))
			ids = append(ids, opened.Me.Enterprise.ID)
		})
		if n > 0 {
			table.add("registration, up to its answer", cost)
		}
	}
	id := ids[1]
	event := b.newest("enterprises", id)
	table.add("relay of a registration", b.of(func() { b.must(b.y.tasks.Relay.One(ctx, "enterprises", id)) }))
	table.add("job: the registry is asked, beside its own answer", b.of(func() { b.job(event + "/registry_check") }))
	b.job(event + "/owner_follows")
	table.add("page of 20 reviews", b.of(func() {
		_, err := b.y.acts.Reviews(ctx, store.ReviewFilter{})
		b.must(err)
	}))
	table.add("registration passed", b.of(func() {
		_, err := b.y.acts.PassReview(ctx, actstest.Platform, id, internship.PassRoundInput{Round: 1})
		b.must(err)
	}))
	boss := b.boss.id
	b.must(b.y.tasks.Relay.One(ctx, "enterprises", boss))
	table.add("freeze", b.of(func() {
		_, err := b.y.acts.Freeze(ctx, actstest.Platform, boss, internship.ReasonInput{Reason: "调查"})
		b.must(err)
	}))
	event = b.newest("enterprises", boss)
	b.must(b.y.tasks.Relay.One(ctx, "enterprises", boss))
	table.add(fmt.Sprintf("job: a freeze hides %d positions", len(b.boss.positions)), b.of(func() { b.job(event + "/offers_follow") }))
	_, err := b.y.acts.Lift(ctx, actstest.Platform, boss)
	b.must(err)
	event = b.newest("enterprises", boss)
	b.must(b.y.tasks.Relay.One(ctx, "enterprises", boss))
	b.job(event + "/offers_follow")
	school := acts.Partner{Kind: internship.BySchool, SchoolID: internship.SchoolID(demoSchoolCode)}
	_, err = b.y.db.NumberEvents(ctx)
	b.must(err)
	table.add("page of 20 of a school's events", b.of(func() {
		_, err := b.y.acts.Events(ctx, school, 0, 20)
		b.must(err)
	}))
}

// applicant holds a pass, with a form whose certificate was uploaded with it.
func (b *bench) applicant(n int64) (*demoClient, internship.RegistrationInput) {
	b.Helper()
	ctx, token := b.Context(), fmt.Sprintf("sp_COSTS%d", n)
	pass := store.Pass{ID: acts.TokenHash(token), Purpose: internship.CodeForRegister, Mobile: fmt.Sprintf("134%08d", n), Expires: time.Now().Add(time.Hour)}
	b.must(b.y.db.AddPass(ctx, pass))
	scan, err := b.y.acts.SaveFile(ctx, acts.Uploader{Owner: pass.ID, By: pass.ID}, internship.FileCertificate, "证件.jpg", actstest.Photo())
	b.must(err)
	form := internship.RegistrationInput{Password: demoPassword, Registrant: internship.RegistrantInput{Name: "王经理", IDNumber: actstest.IDNumber(800 + n)},
		EnterpriseInput: internship.EnterpriseInput{CertificateKind: "营业执照", Certificate: scan.ID, Name: "示例电子", Code: actstest.USCC(8000 + n), LegalPerson: "张明",
			Address: actstest.Address(), Contact: "王经理", Phone: "0393-8888888", Intro: "电子产品"}}
	return &demoClient{base: b.d.base, token: token}, form
}

// newest is the id of the event that was put last into a document's outbox.
func (b *bench) newest(collection, id string) string {
	b.Helper()
	events, err := b.y.db.Outbox(b.Context(), collection, id)
	b.must(err)
	if len(events) == 0 {
		b.Fatalf("no event waits in %s", id)
	}
	return events[len(events)-1].ID
}
