package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
	"shixi/wxmsg/wxsim"
)

var update = flag.Bool("update", false, "write docs/costs.md anew")

// cost is what one act asks for.
type cost struct{ mongo, redis, examined float64 }

func (c cost) minus(d cost) cost {
	return cost{c.mongo - d.mongo, c.redis - d.redis, c.examined - d.examined}
}

func (c cost) per(n int) cost {
	return cost{c.mongo / float64(n), c.redis / float64(n), c.examined / float64(n)}
}

// bench is a running system whose costs are read; nothing of it runs in the background.
type bench struct {
	testing.TB
	*odometer
	d    *demo
	y    *system
	boss *demoStaff
	// options are those of the system's tasks.
	options tasks.Options
}

func newBench(t testing.TB, tune func(*tasks.Options)) *bench {
	t.Helper()
	b := &bench{TB: t, odometer: &odometer{}}
	b.d = &demo{settings: defaults(t), log: testLog(), out: &bytes.Buffer{}, puzzles: flat{}, started: time.Now()}
	b.must(b.d.prepare(true))
	if os.Getenv("SOAK") != "" { // the long run may use a real queue; the costs are counted on the embedded one
		b.d.settings.RedisURL = NewSecret(os.Getenv("REDIS_URL"))
	}
	t.Cleanup(func() { _ = b.d.cleanUp() })
	b.y = &system{settings: &b.d.settings, log: testLog(), out: &bytes.Buffer{}, puzzles: b.d.eyes, monitor: b.monitor(),
		tune: func(o *tasks.Options) {
			o.Intervals = tasks.Intervals{Sweep: time.Hour, Slow: time.Hour}
			o.Webhooks = nil // the demo's would be part of everything else's cost
			b.options = *o
			if tune != nil {
				tune(o)
			}
		}}
	b.must(b.y.open(t.Context()))
	b.examined = b.y.engine.Examined
	b.y.redis.AddHook(b.odometer)
	app, err := b.y.listen()
	b.must(err)
	go func() { _ = app.Fiber().Listener(b.y.listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = app.Shutdown(ctx)
		_ = b.y.close(ctx)
	})
	b.d.base = b.y.address().String()
	b.must(b.d.addAccounts())
	b.d.connect()
	for _, play := range []func(context.Context) (string, error){b.d.registerSchool, b.d.activate, b.d.publish} {
		_, err := play(t.Context())
		b.must(err)
	}
	b.boss = b.d.staff[0]
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// of is the cost of doing something, after it was done once to warm connections up.
func (b *bench) of(do func()) cost {
	b.Helper()
	before := b.read()
	do()
	return b.read().minus(before)
}

func (b *bench) get(path string) {
	b.Helper()
	b.must(b.boss.api.call(b.Context(), http.MethodGet, path, nil, nil))
}

// placements makes rows of the boss's enterprise directly in the store, of another student each.
func (b *bench) placements(from, to int) {
	b.Helper()
	position, err := b.y.db.Positions.Get(b.Context(), b.boss.positions[0])
	b.must(err)
	for i := from; i < to; i++ {
		at := time.Now().Add(-time.Duration(i) * time.Second)
		p := &internship.Placement{Root: internship.Root{ID: fmt.Sprintf("plc_bulk%06d", i)}, EnterpriseID: b.boss.id, SchoolID: internship.SchoolID(demoSchoolCode),
			SchoolName: "郑州市某职业学校", PlanID: b.d.planID, PositionID: position.ID, StudentID: fmt.Sprintf("stu_bulk%06d", i),
			Student: internship.Applicant{Name: "学生" + strconv.Itoa(i), Sex: internship.Male, Birth: "2007-01-01", Grade: demoGrade(at), Major: "电子技术应用"},
			Terms:   position.Terms, State: internship.Applied, Slot: 1, AppliedAt: at, PlanFirstDay: "2030-01-01", PlanLastDay: "2030-06-30"}
		_, err := b.y.db.Placements.Create(b.Context(), p)
		b.must(err)
	}
}

// student is a further student with an id, and with applications at the given positions.
func (b *bench) student(n int64, positions ...string) []*internship.Placement {
	b.Helper()
	ctx := b.Context()
	in := demoStudents(time.Now())["2024001"]
	in.IDNumber, in.Mobile = actstest.IDNumber(n), fmt.Sprintf("135%08d", n)
	s, err := b.y.acts.PutStudent(ctx, acts.Partner{Kind: internship.BySchool, SchoolID: internship.SchoolID(demoSchoolCode)}, fmt.Sprintf("N%05d", n), in)
	b.must(err)
	rows := make([]*internship.Placement, len(positions))
	for i, p := range positions {
		rows[i], err = b.y.acts.Apply(ctx, actstest.StudentsApp, acts.Application{StudentID: s.ID, PlanID: b.d.planID, PositionID: p, Edition: 1})
		b.must(err)
	}
	return rows
}

// TestCosts holds docs/costs.md: no act may cost more than what stands there.
//
// What runs by the clock costs more on a slow machine, so numbers that are too high are counted again.
func TestCosts(t *testing.T) {
	for range 3 {
		if count(t).hold(t, false) {
			return
		}
	}
	count(t).hold(t, true)
}

func count(t *testing.T) *costTable {
	t.Helper()
	b := newBench(t, nil)
	table := &costTable{}
	b.lists(table)
	b.deciding(table)
	b.logIns(table)
	b.gettingIn(table)
	b.callbacks(table)
	b.pushing(table)
	newBench(t, nil).texting(table)    // the other one has much to relay
	newBench(t, nil).delivering(table) // one of its own: nothing else has rows that come due meanwhile
	return table
}

// lists reads pages over few and over many rows: the costs must be the same.
func (b *bench) lists(table *costTable) {
	pages := []struct{ name, query string }{
		{"list page of 20", ""}, {"list page of 20 by state", "&state=applied"},
		{"list page of 20 by school", "&schoolId=" + internship.SchoolID(demoSchoolCode)}, {"list page of 20 by position", "&positionId=" + b.boss.positions[0]},
	}
	b.placements(0, 150)
	var few []cost
	for _, p := range pages {
		few = append(few, b.of(func() { b.get("/api/v1/placements?limit=20" + p.query) }))
	}
	b.placements(150, 1500)
	for i, p := range pages {
		many := b.of(func() { b.get("/api/v1/placements?limit=20" + p.query) })
		if many != few[i] {
			b.Errorf("%s grows: %+v with 150 rows, %+v with 1500", p.name, few[i], many)
		}
		table.add(p.name, many)
	}
	table.add("list page of 20 by part of the name", b.of(func() { b.get("/api/v1/placements?limit=20&name=" + "%E5%AD%A6%E7%94%9F1499") }))
	table.add("list page of positions", b.of(func() { b.get("/api/v1/positions?limit=20") }))
	draft, err := b.boss.save(b.Context(), demoPosition(time.Now(), "焊工", "机械部", "2K-3K", 5))
	b.must(err)
	table.add("publish a position", b.of(func() {
		b.must(b.boss.api.call(b.Context(), http.MethodPost, "/api/v1/positions/"+draft+"/publish", demoPublication(), nil))
	}))
}

// deciding accepts a student who applied to five positions, relays the event and lets the siblings lapse.
func (b *bench) deciding(table *costTable) {
	ctx := b.Context()
	five := append(append([]string{}, b.d.staff[1].positions...), b.boss.positions[1:3]...)
	rows := b.student(1, five...)
	lone := b.student(2, five[4])
	accept := func(id, key string) {
		b.must(b.boss.api.with("Idempotency-Key", key).call(ctx, http.MethodPost, "/api/v1/placements/accept", map[string][]string{"ids": {id}}, nil))
	}
	for _, row := range []*internship.Placement{rows[4], lone[0]} { // the applications themselves are told already
		b.must(b.y.tasks.Relay.One(ctx, "placements", row.ID))
	}
	table.add("accept, up to its answer", b.of(func() { accept(rows[4].ID, "cost-1") }))
	table.add("accept asked again under its key", b.of(func() { accept(rows[4].ID, "cost-1") }))
	accept(lone[0].ID, "cost-2")
	event, loneEvent := b.event(rows[4].ID), b.event(lone[0].ID)
	b.must(b.y.tasks.Relay.One(ctx, "placements", lone[0].ID))
	table.add("relay of an acceptance", b.of(func() { b.must(b.y.tasks.Relay.One(ctx, "placements", rows[4].ID)) }))
	table.add("numbering of its events for the feed", b.of(func() { _, err := b.y.db.NumberEvents(ctx); b.must(err) }))
	table.add("job: four siblings lapse", b.of(func() { b.job(event + "/siblings_lapse") }))
	table.add("job: no sibling lapses", b.of(func() { b.job(loneEvent + "/siblings_lapse") }))
	b.y.acts.InternShare = internship.ShareBlock
	blocked := b.student(7, five[4])[0]
	b.must(b.y.tasks.Relay.One(ctx, "placements", blocked.ID))
	table.add("accept where INTERN_SHARE=block, up to its answer", b.of(func() { accept(blocked.ID, "cost-3") }))
	b.y.acts.InternShare = internship.ShareWarn
	b.student(3, five[0])
	table.add("student applies", b.of(func() { b.student(4, five[1]) }).minus(b.of(func() { b.student(5) })))
}

// logIns counts a log-in from a device that the account knows.
func (b *bench) logIns(table *costTable) {
	ctx := b.Context()
	anyone := (&demoClient{base: b.d.base}).with("X-Device", "d2f1c6a07b3e4f58")
	logIn := func() cost {
		ticket, err := b.d.eyes.ticket(ctx, anyone)
		b.must(err)
		return b.of(func() {
			b.must(anyone.call(ctx, http.MethodPost, "/api/v1/login", map[string]string{"name": b.boss.Mobile, "password": demoPassword, "ticket": ticket}, nil))
		})
	}
	logIn() // the device is new
	table.add("log in by password", logIn())
	ticket, err := b.d.eyes.ticket(ctx, anyone)
	b.must(err)
	table.add("SMS code asked for", b.of(func() {
		b.must(anyone.call(ctx, http.MethodPost, "/api/v1/sms-codes", internship.CodeRequestInput{Mobile: b.boss.Mobile, Purpose: internship.CodeForLogin, Ticket: ticket}, nil))
	}))
	texts, err := b.y.db.SMSesTo(ctx, b.boss.Mobile, 1)
	b.must(err)
	b.must(b.y.db.OpenSMS(texts[0]))
	table.add("log in by SMS", b.of(func() {
		b.must(anyone.call(ctx, http.MethodPost, "/api/v1/login/sms", internship.SMSLoginInput{Mobile: b.boss.Mobile, SMSCode: texts[0].Params["code"]}, nil))
	}))
	table.add("session check", b.of(func() {
		_, err := b.y.acts.Authenticate(ctx, b.boss.api.token)
		b.must(err)
	}))
}

// event is the id of the one event that waits in a placement.
func (b *bench) event(placementID string) string {
	b.Helper()
	events, err := b.y.db.Outbox(b.Context(), "placements", placementID)
	b.must(err)
	if len(events) != 1 {
		b.Fatalf("%d events wait", len(events))
	}
	return events[0].ID
}

// job does what a worker does with a job's row.
func (b *bench) job(id string) {
	b.Helper()
	ctx := b.Context()
	job, err := b.y.db.ClaimJob(ctx, id, "bench", time.Minute)
	b.must(err)
	r, _ := acts.ReactionNamed(job.Reaction)
	_, err = r.Run(b.y.acts, ctx, job.Event, "")
	b.must(err)
	job.State = store.JobDone
	_, err = b.y.db.SaveJob(ctx, job)
	b.must(err)
}

// callbacks post events that change nothing.
func (b *bench) callbacks(table *costTable) {
	ctx := b.Context()
	openID := "oNobodyBoundToAnAccount00001"
	b.must(b.d.sim.AddUser(wxsim.User{AppID: demoOAAppID, OpenID: openID, Subscribed: true}))
	click := func() {
		_, err := b.d.sim.Click(ctx, demoOAAppID, openID, "menu")
		b.must(err)
	}
	click()
	table.add("callback that means nothing to us", b.of(click))
	unfollow := b.unfollow(openID)
	post := func() {
		url, body := unfollow()
		res, err := http.Post(url, "text/xml", bytes.NewReader(body))
		b.must(err)
		res.Body.Close()
	}
	table.add("callback of somebody unbound", b.of(post))
	table.add("callback that came before", b.of(post))
}

// unfollow makes the request by which WeChat tells, again and again, that somebody unfollowed at one moment.
func (b *bench) unfollow(openID string) func() (url string, body []byte) {
	event := fmt.Sprintf("<xml><ToUserName>gh_x</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType>event</MsgType><Event>unsubscribe</Event></xml>", openID, time.Now().Unix())
	return func() (string, []byte) {
		url, body, err := b.d.sim.Sealed(demoOAAppID, openID, []byte(event))
		b.must(err)
		return url, body
	}
}

// pushing sends one sign-up to as many people as an enterprise can have, so that the queue is full.
func (b *bench) pushing(table *costTable) {
	const people = 150
	ctx := b.Context()
	b.settle() // the reactions of what was done before are not this message's cost
	b.staff(people)
	row := b.student(6, b.d.staff[1].positions[0])[0]
	b.must(b.d.sim.SetReceipts(demoOAAppID, wxsim.Receipts{Hold: true}))
	relayed := b.of(func() { b.must(b.y.tasks.Relay.One(ctx, "placements", row.ID)) })
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	sent := b.of(func() {
		go func() { ended <- b.y.tasks.Worker.Run(ctx) }()
		for b.d.sim.Stats().Accepted < people {
			b.must(pause(ctx, time.Millisecond))
		}
	})
	stop()
	b.must(<-ended) // an idle worker's polling is nobody's cost
	received := b.of(func() {
		_, err := b.d.sim.Release(demoOAAppID, nil)
		b.must(err)
	})
	table.add("message, from its row to WeChat's answer", cost{sent.mongo, sent.redis + relayed.redis, sent.examined}.per(people))
	table.add("message's receipt", received.per(people))
}

// texting sends text messages.
func (b *bench) texting(table *costTable) {
	const texts = 100
	b.calm()
	ctx, stop := context.WithTimeout(b.Context(), 3*time.Minute)
	defer stop()
	asked := b.of(func() {
		for n := range texts {
			b.must(b.y.acts.SendSMS(ctx, store.SMS{ID: fmt.Sprintf("sms_%03d", n), Kind: "code", Mobile: fmt.Sprintf("138%08d", n),
				Params: map[string]string{"code": "482913", "minutes": "5"}}))
		}
	})
	ended := make(chan error, 2)
	sent := b.of(func() {
		go func() { b.y.tasks.Relay.Run(ctx); ended <- nil }()
		go func() { ended <- b.y.tasks.Worker.Run(ctx) }()
		for b.d.texts.Calls() < texts {
			b.must(pause(ctx, time.Millisecond))
		}
	})
	stop()
	b.must(<-ended)
	b.must(<-ended)
	table.add("text message asked for", asked.per(texts))
	table.add("text message, from its row to the provider's answer", sent.per(texts))
}

// calm relays and serves what all acts before left behind, until nothing is left to do.
func (b *bench) calm() {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 2)
	go func() { b.y.tasks.Relay.Run(ctx); ended <- nil }()
	go func() { ended <- b.y.tasks.Worker.Run(ctx) }()
	for last := int64(-1); b.mongo.Load() != last; {
		last = b.mongo.Load()
		b.must(pause(ctx, 700*time.Millisecond)) // an idle worker asks Redis every 200 ms, and MongoDB for its lease every 3 s
	}
	stop()
	b.must(<-ended)
	b.must(<-ended)
}

// settle runs a worker until no reaction waits.
func (b *bench) settle() {
	b.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(b.y.engine.URI()))
	b.must(err)
	defer func() { _ = client.Disconnect(context.Background()) }()
	ctx, stop := context.WithTimeout(b.Context(), 3*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- b.y.tasks.Worker.Run(ctx) }()
	waiting := bson.D{{Key: "state", Value: store.JobWaiting}, {Key: "sweepAt", Value: bson.D{{Key: "$gt", Value: time.Unix(0, 0)}}}}
	for {
		n, err := client.Database("shixi").Collection("jobs").CountDocuments(ctx, waiting)
		b.must(err)
		if n == 0 {
			break
		}
		b.must(pause(ctx, 5*time.Millisecond))
	}
	stop()
	b.must(<-ended)
}

// staff gives the second enterprise so many people who follow the official account.
func (b *bench) staff(people int) {
	b.Helper()
	for i := range people {
		openID := fmt.Sprintf("oStaff%022d", i)
		b.must(b.d.sim.AddUser(wxsim.User{AppID: demoOAAppID, OpenID: openID, Subscribed: true}))
		a := &internship.Account{Root: internship.Root{ID: fmt.Sprintf("acc_bulk%d", i)}, EnterpriseID: b.d.staff[1].id, Name: "人事", Mobile: fmt.Sprintf("133%08d", i), Role: internship.HR,
			Follower: &internship.Identity{AppID: demoOAAppID, OpenID: openID}}
		b.must(a.Open(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: time.Now()}))
		_, err := b.y.db.Accounts.Create(b.Context(), a)
		b.must(err)
	}
}

// costTable is docs/costs.md.
type costTable struct {
	names []string
	costs []cost
}

func (c *costTable) add(name string, x cost) {
	c.names, c.costs = append(c.names, name), append(c.costs, x)
}

const costHead = `# Costs

<!-- Printed by go test ./cmd/wx -run TestCosts -update; the test fails when a number rises. -->

What each main act asks of MongoDB and Redis, for one row and without contention, and how many documents the database
looks at. HTTP acts include the session. A message is counted with the queue full and with everything asynq itself asks,
loading scripts left out. None of the numbers grows with the collections.

| act | MongoDB commands | Redis commands | documents examined |
|---|---|---|---|
`

var costRow = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([0-9.]+) \| ([0-9.]+) \| ([0-9.]+) \|$`)

// hold says whether every number is at most the document's, beyond the noise of what runs by the clock.
func (c *costTable) hold(t *testing.T, last bool) bool {
	t.Helper()
	const path = "../../docs/costs.md"
	if *update {
		c.write(t, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string][3]float64{}
	for _, m := range costRow.FindAllStringSubmatch(string(text), -1) {
		var n [3]float64
		for i := range n {
			n[i], _ = strconv.ParseFloat(m[i+2], 64)
		}
		allowed[m[1]] = n
	}
	held := true
	for i, name := range c.names {
		most, ok := allowed[name]
		x := c.costs[i]
		if !ok || x.mongo > most[0]+0.2 || x.redis > most[1]+0.4 || x.examined > most[2]+0.2 {
			held = false
			tell := t.Logf
			if last {
				tell = t.Errorf
			}
			tell("%s costs %+v, written are %v (%v)", name, x, most, ok)
		}
	}
	return held
}

func (c *costTable) write(t *testing.T, path string) {
	t.Helper()
	var b strings.Builder
	b.WriteString(costHead)
	for i, name := range c.names {
		x := c.costs[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, figure(x.mongo), figure(x.redis), figure(x.examined))
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func figure(x float64) string { return strconv.FormatFloat(float64(int(x*10+0.5))/10, 'f', -1, 64) }
