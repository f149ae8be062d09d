package store_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
)

// call is one question or change that the package offers.
type call struct {
	name string
	do   func(context.Context, *store.DB) error
}

// calls are all of them; a method that is missing here fails
// TestEveryCallIsServedByAnIndex.
func calls() []call {
	event := internship.Event{ID: "plc_1.1.0", Kind: internship.PlacementApplied, At: noon, Audience: []string{"sch_1"}}
	work := store.NewWork(noon, noon, 0)
	job, push := &store.Job{ID: "job_1", Event: event, Work: work}, &store.Push{ID: "psh_1", AccountID: "acc_1", Kind: "signup", Work: work}
	text := &store.SMS{ID: "sms_1", Kind: "code", Mobile: "13800000001", Params: map[string]string{"code": "482913"}, Expires: noon.Add(time.Hour), Work: work}
	receipt := store.Receipt{MsgID: "1", OpenID: "o1", At: noon, State: store.PushDelivered}
	return []call{
		{"Ping", func(ctx context.Context, db *store.DB) error { return db.Ping(ctx) }},
		{"Migrate", func(ctx context.Context, db *store.DB) error { return second(db.Migrate(ctx)) }},
		{"Missing", func(ctx context.Context, db *store.DB) error { return second(db.Missing(ctx)) }},
		// Documents.
		{"Create", func(ctx context.Context, db *store.DB) error {
			return second(db.Schools.Create(store.WithOp(ctx, "op"), school("sch_1")))
		}},
		{"Put", func(ctx context.Context, db *store.DB) error {
			return second(db.Schools.Put(ctx, school("sch_1"), rename("二校")))
		}},
		{"Update", func(ctx context.Context, db *store.DB) error {
			return second(db.Schools.Update(ctx, "sch_1", rename("三校")))
		}},
		{"Change", func(ctx context.Context, db *store.DB) error {
			return second(db.Schools.Change(ctx, school("sch_1"), rename("四校")))
		}},
		{"Get", func(ctx context.Context, db *store.DB) error { return second(db.Schools.Get(ctx, "sch_1")) }},
		{"ByHold", func(ctx context.Context, db *store.DB) error {
			return second(db.Schools.ByHold(ctx, "school", "sch_1"))
		}},
		{"ByPrivateHold", func(ctx context.Context, db *store.DB) error {
			return second(db.Accounts.ByPrivateHold(ctx, "mobile", "13800000001"))
		}},
		// Lists and look-ups.
		{"EnterprisePlacements", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePlacements(ctx, "ent_1", store.PlacementFilter{From: noon, To: noon.Add(time.Hour)}))
		}},
		{"EnterprisePlacements/state", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePlacements(ctx, "ent_1", store.PlacementFilter{State: internship.Applied}))
		}},
		{"EnterprisePlacements/school", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePlacements(ctx, "ent_1", store.PlacementFilter{SchoolID: "sch_1"}))
		}},
		{"EnterprisePlacements/position", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePlacements(ctx, "ent_1", store.PlacementFilter{PositionID: "pos_1", State: internship.Applied}))
		}},
		{"EnterprisePlacements/name", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePlacements(ctx, "ent_1", store.PlacementFilter{Name: "晓东"}))
		}},
		{"SchoolPlacements", func(ctx context.Context, db *store.DB) error { return second(db.SchoolPlacements(ctx, "sch_1", "", 0)) }},
		{"StudentPlacements", func(ctx context.Context, db *store.DB) error {
			return second(db.StudentPlacements(ctx, "stu_1", "", 0))
		}},
		{"PositionPlacements", func(ctx context.Context, db *store.DB) error {
			return second(db.PositionPlacements(ctx, "pos_1", internship.Applied, "", 0))
		}},
		{"AnyPlacement", func(ctx context.Context, db *store.DB) error { return second(db.AnyPlacement(ctx, "ent_1", "pos_1")) }},
		{"OpenSlots", func(ctx context.Context, db *store.DB) error { return second(db.OpenSlots(ctx, "stu_1", "pln_1")) }},
		{"Siblings", func(ctx context.Context, db *store.DB) error { return second(db.Siblings(ctx, "stu_1", "pln_1", "")) }},
		{"SignedIn", func(ctx context.Context, db *store.DB) error { return second(db.SignedIn(ctx, "stu_1", "pln_1")) }},
		{"TakenPlaces", func(ctx context.Context, db *store.DB) error { return second(db.TakenPlaces(ctx, "pos_1")) }},
		{"EnterprisePositions", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePositions(ctx, "ent_1", store.PositionFilter{Department: "技术"}))
		}},
		{"EnterprisePositions/state", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePositions(ctx, "ent_1", store.PositionFilter{State: internship.Recruiting}))
		}},
		{"EnterprisePositions/name", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterprisePositions(ctx, "ent_1", store.PositionFilter{Name: "焊工"}))
		}},
		{"OfferedPositions", func(ctx context.Context, db *store.DB) error {
			return second(db.OfferedPositions(ctx, "sch_1", store.OfferFilter{Text: "焊工"}))
		}},
		{"RecruitingPositions", func(ctx context.Context, db *store.DB) error {
			return second(db.RecruitingPositions(ctx, "ent_1", "", 0))
		}},
		{"SchoolPlans", func(ctx context.Context, db *store.DB) error { return second(db.SchoolPlans(ctx, "sch_1", "1", 0)) }},
		{"SchoolStudents", func(ctx context.Context, db *store.DB) error { return second(db.SchoolStudents(ctx, "sch_1", "1", 0)) }},
		{"Staff", func(ctx context.Context, db *store.DB) error { return second(db.Staff(ctx, "ent_1")) }},
		{"AccountByLogin", func(ctx context.Context, db *store.DB) error { return second(db.AccountByLogin(ctx, "", "code")) }},
		{"Owner", func(ctx context.Context, db *store.DB) error { return second(db.Owner(ctx, "ent_1")) }},
		{"AccountByOpenID", func(ctx context.Context, db *store.DB) error { return second(db.AccountByOpenID(ctx, "wx1", "o1")) }},
		{"EnterpriseByCode", func(ctx context.Context, db *store.DB) error {
			return second(db.EnterpriseByCode(ctx, "91410900MA4ABCD173", internship.USCC))
		}},
		{"Reviews", func(ctx context.Context, db *store.DB) error { return second(db.Reviews(ctx, store.ReviewFilter{})) }},
		{"Reviews/text", func(ctx context.Context, db *store.DB) error {
			return second(db.Reviews(ctx, store.ReviewFilter{Text: "电子", Source: internship.FromItself}))
		}},
		{"Reviews/state", func(ctx context.Context, db *store.DB) error {
			return second(db.Reviews(ctx, store.ReviewFilter{State: internship.Frozen}))
		}},
		{"Reviews/state and text", func(ctx context.Context, db *store.DB) error {
			return second(db.Reviews(ctx, store.ReviewFilter{State: internship.Frozen, Text: "电"}))
		}},
		{"RecommendedEnterprises", func(ctx context.Context, db *store.DB) error {
			return second(db.RecommendedEnterprises(ctx, "sch_1", "", 0))
		}},
		// Outboxes and events.
		{"DueOutboxes", func(ctx context.Context, db *store.DB) error { return second(db.DueOutboxes(ctx, "placements", 10)) }},
		{"Outbox", func(ctx context.Context, db *store.DB) error { return second(db.Outbox(ctx, "schools", "sch_1")) }},
		{"TakeOut", func(ctx context.Context, db *store.DB) error {
			return db.TakeOut(ctx, "schools", "sch_2", []internship.Event{event})
		}},
		{"AddEvents", func(ctx context.Context, db *store.DB) error { return db.AddEvents(ctx, []internship.Event{event}) }},
		{"NumberEvents", func(ctx context.Context, db *store.DB) error { return second(db.NumberEvents(ctx)) }},
		{"LastSeq", func(ctx context.Context, db *store.DB) error { return second(db.LastSeq(ctx)) }},
		{"Events", func(ctx context.Context, db *store.DB) error { return second(db.Events(ctx, "", 0, 10)) }},
		{"Events/audience", func(ctx context.Context, db *store.DB) error { return second(db.Events(ctx, "sch_1", 0, 10)) }},
		{"PositionsToLookAt", func(ctx context.Context, db *store.DB) error {
			return second(db.PositionsToLookAt(ctx, "2026-11-23", 10))
		}},
		{"SignedInterns", func(ctx context.Context, db *store.DB) error { return second(db.SignedInterns(ctx, "ent_1", 10)) }},
		// Jobs.
		{"AddJobs", func(ctx context.Context, db *store.DB) error { return db.AddJobs(ctx, []store.Job{*job}) }},
		{"ClaimJob", func(ctx context.Context, db *store.DB) error {
			return second(db.ClaimJob(ctx, "job_1", "me", time.Minute))
		}},
		{"NoteJob", func(ctx context.Context, db *store.DB) error { return second(db.NoteJob(ctx, job, time.Minute)) }},
		{"SaveJob", func(ctx context.Context, db *store.DB) error { return second(db.SaveJob(ctx, job)) }},
		{"DueRows", func(ctx context.Context, db *store.DB) error { return second(db.DueRows(ctx, "jobs", time.Minute, 10)) }},
		{"ServableRows", func(ctx context.Context, db *store.DB) error {
			return second(db.ServableRows(ctx, "pushes", noon.Add(time.Hour), time.Minute, 10))
		}},
		{"StuckJobs", func(ctx context.Context, db *store.DB) error { return second(db.StuckJobs(ctx, 10)) }},
		{"RetryJob", func(ctx context.Context, db *store.DB) error { return second(db.RetryJob(ctx, "job_1")) }},
		{"Troubles", func(ctx context.Context, db *store.DB) error { _, _, err := db.Troubles(ctx); return err }},
		// Subscribers.
		{"AddSubscriber", func(ctx context.Context, db *store.DB) error { return db.AddSubscriber(ctx, "key-1", "sch_1", 0) }},
		{"Subscribers", func(ctx context.Context, db *store.DB) error { return second(db.Subscribers(ctx)) }},
		{"TellSubscribers", func(ctx context.Context, db *store.DB) error {
			return errors.Join(db.AddEvents(ctx, []internship.Event{{ID: "plc_2.1.0", Audience: []string{"sch_1"}}}),
				second(db.NumberEvents(ctx)), second(db.TellSubscribers(ctx)))
		}},
		{"DueRows/subscribers", func(ctx context.Context, db *store.DB) error {
			return second(db.DueRows(ctx, "subscribers", time.Minute, 10))
		}},
		{"ClaimSubscriber", func(ctx context.Context, db *store.DB) error {
			return second(db.ClaimSubscriber(ctx, "key-1", "me", time.Minute))
		}},
		{"NoteSubscriber", func(ctx context.Context, db *store.DB) error {
			return second(db.NoteSubscriber(ctx, &store.Subscriber{ID: "key-1"}, time.Minute))
		}},
		{"RestSubscriber", func(ctx context.Context, db *store.DB) error {
			return second(db.RestSubscriber(ctx, &store.Subscriber{ID: "key-1"}))
		}},
		{"SaveSubscriber", func(ctx context.Context, db *store.DB) error {
			return second(db.SaveSubscriber(ctx, &store.Subscriber{ID: "key-1"}))
		}},
		{"PauseSubscriber", func(ctx context.Context, db *store.DB) error { return second(db.PauseSubscriber(ctx, "key-1")) }},
		{"ResumeSubscriber", func(ctx context.Context, db *store.DB) error {
			return second(db.ResumeSubscriber(ctx, "key-1", store.SubscriberPaused))
		}},
		{"DirectSubscriber", func(ctx context.Context, db *store.DB) error { return db.DirectSubscriber(ctx, "key-1", "") }},
		{"Behind", func(ctx context.Context, db *store.DB) error {
			return second(db.Behind(ctx, &store.Subscriber{Audience: "sch_1"}))
		}},
		{"Behind/all", func(ctx context.Context, db *store.DB) error { return second(db.Behind(ctx, &store.Subscriber{})) }},
		// Pushes and receipts.
		{"AddPushes", func(ctx context.Context, db *store.DB) error { return db.AddPushes(ctx, []store.Push{*push}) }},
		{"ClaimPush", func(ctx context.Context, db *store.DB) error {
			_, _, err := db.ClaimPush(ctx, "psh_1", "me", time.Minute)
			return err
		}},
		{"NotePush", func(ctx context.Context, db *store.DB) error { return second(db.NotePush(ctx, push)) }},
		{"SavePush", func(ctx context.Context, db *store.DB) error { return second(db.SavePush(ctx, push)) }},
		{"Supersede", func(ctx context.Context, db *store.DB) error {
			return db.Supersede(ctx, "plc_1", []string{"application"})
		}},
		{"Absorb", func(ctx context.Context, db *store.DB) error { return second(db.Absorb(ctx, push)) }},
		{"Merged", func(ctx context.Context, db *store.DB) error { return second(db.Merged(ctx, push)) }},
		{"Push", func(ctx context.Context, db *store.DB) error { return second(db.Push(ctx, "psh_1")) }},
		{"Notices", func(ctx context.Context, db *store.DB) error { return second(db.Notices(ctx, "acc_1", "", 0)) }},
		{"Deliveries", func(ctx context.Context, db *store.DB) error { return second(db.Deliveries(ctx, "plc_1")) }},
		{"Unread", func(ctx context.Context, db *store.DB) error { return second(db.Unread(ctx, "acc_1")) }},
		{"MarkRead", func(ctx context.Context, db *store.DB) error {
			return second(db.MarkRead(ctx, "acc_1", []string{"psh_1"}))
		}},
		{"TakeReceipt", func(ctx context.Context, db *store.DB) error { return db.TakeReceipt(ctx, receipt) }},
		{"FetchReceipt", func(ctx context.Context, db *store.DB) error { return db.FetchReceipt(ctx, "1") }},
		{"ParkedReceipts", func(ctx context.Context, db *store.DB) error {
			return second(db.ParkedReceipts(ctx, time.Time{}, noon, 10))
		}},
		{"MatchUncertain", func(ctx context.Context, db *store.DB) error { return second(db.MatchUncertain(ctx, receipt)) }},
		{"DropReceipt", func(ctx context.Context, db *store.DB) error { return db.DropReceipt(ctx, "1") }},
		{"AcceptSilent", func(ctx context.Context, db *store.DB) error { return second(db.AcceptSilent(ctx, noon)) }},
		// Text messages.
		{"AddSMS", func(ctx context.Context, db *store.DB) error { return db.AddSMS(ctx, *text) }},
		{"ClaimSMS", func(ctx context.Context, db *store.DB) error {
			return second(db.ClaimSMS(ctx, "sms_1", "me", time.Minute))
		}},
		{"StartSMS", func(ctx context.Context, db *store.DB) error { return second(db.StartSMS(ctx, text)) }},
		{"SaveSMS", func(ctx context.Context, db *store.DB) error { return second(db.SaveSMS(ctx, text)) }},
		{"SMS", func(ctx context.Context, db *store.DB) error { return second(db.SMS(ctx, "sms_1")) }},
		{"SMSesIn", func(ctx context.Context, db *store.DB) error {
			return second(db.SMSesIn(ctx, store.SMSFailed, 10))
		}},
		{"SMSesTo", func(ctx context.Context, db *store.DB) error { return second(db.SMSesTo(ctx, "13800000001", 10)) }},
		{"RetrySMS", func(ctx context.Context, db *store.DB) error { return second(db.RetrySMS(ctx, "sms_1")) }},
		{"DueRows/smses", func(ctx context.Context, db *store.DB) error {
			return second(db.DueRows(ctx, store.SMSRows, time.Minute, 10))
		}},
		// Files.
		{"SaveFile", func(ctx context.Context, db *store.DB) error {
			return second(db.SaveFile(store.WithOp(ctx, "file"), certificate, strings.NewReader(png)))
		}},
		{"OwnFile", func(ctx context.Context, db *store.DB) error {
			return second(db.OwnFile(ctx, "ent_1", "certificate", store.DeriveID("fil", "file")))
		}},
		{"AdoptFile", func(ctx context.Context, db *store.DB) error {
			return db.AdoptFile(ctx, "acc_1", "ent_1", "certificate", store.DeriveID("fil", "file"))
		}},
		{"OpenFile", func(ctx context.Context, db *store.DB) error {
			_, content, err := db.OpenFile(ctx, "ent_1", store.DeriveID("fil", "file"))
			if err == nil {
				err = errors.Join(second(io.ReadAll(content)), content.Close())
			}
			return err
		}},
		{"DeleteFile", func(ctx context.Context, db *store.DB) error {
			return db.DeleteFile(ctx, "ent_1", store.DeriveID("fil", "file"))
		}},
		{"Naming", func(ctx context.Context, db *store.DB) error { return second(db.Positions.Naming(ctx, "fil_1")) }},
		{"SweepFiles", func(ctx context.Context, db *store.DB) error { return second(db.SweepFiles(ctx, 10)) }},
		// Other machinery.
		{"AddSession", func(ctx context.Context, db *store.DB) error {
			return db.AddSession(ctx, store.Session{ID: "ses_1", AccountID: "acc_1", Expires: noon.Add(time.Hour)})
		}},
		{"Session", func(ctx context.Context, db *store.DB) error { return second(db.Session(ctx, "ses_1")) }},
		{"Sessions", func(ctx context.Context, db *store.DB) error { return second(db.Sessions(ctx, "acc_1")) }},
		{"EndSession", func(ctx context.Context, db *store.DB) error { return second(db.EndSession(ctx, "acc_1", "ses_1")) }},
		{"BeginOnce", func(ctx context.Context, db *store.DB) error { return second(db.BeginOnce(ctx, "key", "hash")) }},
		{"EndOnce", func(ctx context.Context, db *store.DB) error {
			return db.EndOnce(ctx, "key", store.Answer{Status: 200})
		}},
		{"DropOnce", func(ctx context.Context, db *store.DB) error { return db.DropOnce(ctx, "key") }},
		{"UseNonce", func(ctx context.Context, db *store.DB) error {
			return second(db.UseNonce(ctx, "key", "nonce", time.Hour))
		}},
		{"Try", func(ctx context.Context, db *store.DB) error {
			_, _, err := db.Try(ctx, "login", time.Minute)
			return err
		}},
		{"Untry", func(ctx context.Context, db *store.DB) error { return db.Untry(ctx, "login") }},
		{"AddCode", func(ctx context.Context, db *store.DB) error {
			return db.AddCode(ctx, "login", mobile, "123456", "192.0.2.1", time.Minute)
		}},
		{"TryCode", func(ctx context.Context, db *store.DB) error {
			return second(db.TryCode(ctx, "login", mobile, "123456", "192.0.2.1", 5))
		}},
		{"UseCode", func(ctx context.Context, db *store.DB) error {
			_, _, err := db.UseCode(ctx, "login", mobile, "123456")
			return err
		}},
		{"EndSessions", func(ctx context.Context, db *store.DB) error {
			return second(db.EndSessions(ctx, "acc_1", 2, "ses_2"))
		}},
		{"RenameSessions", func(ctx context.Context, db *store.DB) error { return db.RenameSessions(ctx, "acc_1", "李主任") }},
		{"RecoveriesIn", func(ctx context.Context, db *store.DB) error {
			return second(db.RecoveriesIn(ctx, internship.RecoveryPending, "", 0))
		}},
		{"OverdueRecoveries", func(ctx context.Context, db *store.DB) error { return second(db.OverdueRecoveries(ctx, noon, 10)) }},
		{"OpeningAccounts", func(ctx context.Context, db *store.DB) error { return second(db.OpeningAccounts(ctx, noon, 10)) }},
		{"AddPass", func(ctx context.Context, db *store.DB) error {
			return db.AddPass(ctx, store.Pass{ID: "pass_1", Mobile: mobile, Expires: noon.Add(time.Hour)})
		}},
		{"Pass", func(ctx context.Context, db *store.DB) error { return second(db.Pass(ctx, "pass_1")) }},
		{"UsePass", func(ctx context.Context, db *store.DB) error { return second(db.UsePass(ctx, "pass_1")) }},
		{"CountUpload", func(ctx context.Context, db *store.DB) error { return second(db.CountUpload(ctx, "pass_1", 5)) }},
		{"Forgive", func(ctx context.Context, db *store.DB) error { return db.Forgive(ctx, "login") }},
		{"AddScene", func(ctx context.Context, db *store.DB) error {
			return db.AddScene(ctx, store.Scene{ID: "scn_1", Expires: noon.Add(time.Hour)})
		}},
		{"Scene", func(ctx context.Context, db *store.DB) error { return second(db.Scene(ctx, "scn_1")) }},
		{"TakeScene", func(ctx context.Context, db *store.DB) error { return second(db.TakeScene(ctx, "scn_1", "o1")) }},
		{"EndScene", func(ctx context.Context, db *store.DB) error { return db.EndScene(ctx, "scn_1") }},
		{"AddQRLogin", func(ctx context.Context, db *store.DB) error {
			return db.AddQRLogin(ctx, store.QRLogin{ID: "qr_1", State: store.QRWaiting, Expires: noon.Add(time.Hour)})
		}},
		{"QRLogin", func(ctx context.Context, db *store.DB) error { return second(db.QRLogin(ctx, "qr_1")) }},
		{"MoveQRLogin", func(ctx context.Context, db *store.DB) error {
			return second(db.MoveQRLogin(ctx, store.QRLogin{ID: "qr_1", State: store.QRDenied, Expires: noon.Add(time.Hour)}, store.QRWaiting, store.QRScanned))
		}},
		{"ClaimVisit", func(ctx context.Context, db *store.DB) error {
			_, _, err := db.ClaimVisit(ctx, store.Visit{ID: "vis_1", ClaimedUntil: noon, Expires: noon.Add(time.Hour)})
			return err
		}},
		{"ClaimVisit/again", func(ctx context.Context, db *store.DB) error {
			_, _, err := db.ClaimVisit(ctx, store.Visit{ID: "vis_1", ClaimedUntil: noon.Add(time.Minute), Expires: noon.Add(time.Hour)})
			return err
		}},
		{"EndVisit", func(ctx context.Context, db *store.DB) error {
			return db.EndVisit(ctx, store.Visit{ID: "vis_1", ClaimedUntil: noon.Add(time.Minute), Outcome: "unbound", Expires: noon.Add(time.Hour)})
		}},
		{"DropVisit", func(ctx context.Context, db *store.DB) error {
			return db.DropVisit(ctx, store.Visit{ID: "vis_1", ClaimedUntil: noon})
		}},
		{"AccountsByUnion", func(ctx context.Context, db *store.DB) error {
			return second(db.AccountsByUnion(ctx, internship.ServiceAccount, "u1"))
		}},
		{"AccountsByUnion/mini-program", func(ctx context.Context, db *store.DB) error {
			return second(db.AccountsByUnion(ctx, internship.MiniProgram, "u1"))
		}},
		{"Advance", func(ctx context.Context, db *store.DB) error {
			return second(db.Advance(ctx, noon, noon.Add(time.Minute), time.Hour, 10))
		}},
		{"AccountsAfter", func(ctx context.Context, db *store.DB) error { return second(db.AccountsAfter(ctx, "acc_0", 10)) }},
		{"Lease", func(ctx context.Context, db *store.DB) error {
			return second(db.Lease(ctx, "relay", "me", time.Minute))
		}},
	}
}

func second[T any](_ T, err error) error { return err }

// TestEveryCallIsServedByAnIndex runs each call against the engine, which
// refuses a filter that no index serves (design.md §7).
func TestEveryCallIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	_, db, _ := openAt(t)
	create(t, db.Accounts, account("acc_1", "13800000001"))
	known := map[string]bool{"Close": true} // ends the connections
	for _, c := range calls() {
		known[strings.Split(c.name, "/")[0]] = true
		if err := c.do(t.Context(), db); err != nil && !errors.Is(err, internship.ErrNotFound) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[*store.DB](), reflect.TypeOf(db.Schools)} {
		for m := range of.Methods() {
			if takesContext(m) && !known[m.Name] {
				t.Errorf("%s of %s is not tried: add it to calls", m.Name, of)
			}
		}
	}
}

func takesContext(m reflect.Method) bool {
	return m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]()
}
