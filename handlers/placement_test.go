package handlers_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

func ids(all ...string) handlers.Selection { return handlers.Selection{IDs: all} }

func TestPlacementsAreAcceptedInBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.enterprise("A"), w.enterprise("B")
	welder, fitter := a.Position("焊工", 1), b.Position("钳工", 5)
	lu, zhang := w.NewStudent("卢晓东"), w.NewStudent("张三")
	mine, rival := lu.Applies(welder), lu.Applies(fitter)
	second := zhang.Applies(welder)
	elsewhere := zhang.Applies(fitter)

	out := read[handlers.PlacementResults](w.owner(a).post("/api/v1/placements/accept", ids(mine.ID, second.ID, elsewhere.ID, "plc_NONE", mine.ID)).ok(http.StatusOK))
	if len(out.Results) != 4 {
		t.Fatalf("%d results, want 4: a repeated id counts once", len(out.Results))
	}
	if r := out.Results[0]; !r.OK || r.Error != nil || r.Placement.StateLabel != "企业已同意·待学校" || r.Placement.SignedAt.IsZero() {
		t.Errorf("first = %+v", r)
	}
	for i, want := range map[int]*internship.Error{1: internship.ErrPositionFull, 2: internship.ErrNotFound, 3: internship.ErrNotFound} {
		r := out.Results[i]
		if r.OK || r.Placement != nil || r.Error == nil || r.Error.Code != want.Code || r.Error.Status != want.Status() {
			t.Errorf("row %d = %+v, want %s", i, r, want.Code)
		}
	}
	lost := read[handlers.PlacementResults](w.owner(b).post("/api/v1/placements/accept", ids(rival.ID)))
	if e := lost.Results[0].Error; e == nil || e.Code != "placement.signed_elsewhere" || e.Detail != "该学生已被其他企业签约" {
		t.Errorf("the loser is told %+v", e)
	}
	stored, err := w.DB.Placements.Get(t.Context(), elsewhere.ID)
	if err != nil || stored.State != internship.Applied {
		t.Errorf("a foreign row became %q, %v", stored.State, err)
	}
}

func TestPlacementsAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	placement := w.NewStudent("卢晓东").Applies(e.Position("焊工", 1))
	me := w.owner(e)
	out := read[handlers.PlacementResults](me.post("/api/v1/placements/refuse", handlers.Refusal{IDs: []string{placement.ID}, Reason: " 专业不对口 "}))
	if r := out.Results[0]; !r.OK || r.Placement.StateLabel != "企业已拒绝" || r.Placement.Valid || r.Placement.ValidLabel != "无效" {
		t.Errorf("result = %+v", r)
	}
	got := read[handlers.Placement](me.get("/api/v1/placements/" + placement.ID))
	if got.Reason != "专业不对口" || got.History[1].Note != "专业不对口" {
		t.Errorf("placement = %+v", got)
	}
	again := read[handlers.PlacementResults](me.post("/api/v1/placements/refuse", handlers.Refusal{IDs: []string{placement.ID}}))
	if r := again.Results[0]; !r.OK || r.Placement.StateLabel != "企业已拒绝" {
		t.Errorf("a second click: %+v", r)
	}
	if kept := read[handlers.Placement](me.get("/api/v1/placements/" + placement.ID)); kept.Reason != "专业不对口" || len(kept.History) != 2 {
		t.Errorf("after a second click: %+v", kept)
	}
	other := read[handlers.PlacementResults](me.post("/api/v1/placements/accept", ids(placement.ID)))
	if e := other.Results[0].Error; e == nil || e.Code != "state.wrong" || !strings.Contains(e.Detail, "企业已拒绝") {
		t.Errorf("accepted after all: %+v", e)
	}
}

func TestPlacementTellsItsHistoryAndMessages(t *testing.T) {
	t.Parallel()
	const openID = "oTESTfollowerofthewall000001"
	w := newWorld(t)
	w.log.never(openID)
	e := w.enterprise("A")
	placement := w.NewStudent("卢晓东").Applies(e.Position("焊工", 1))
	push := store.Push{ID: "psh_1", Kind: "application", AccountID: e.Staff.AccountID, EnterpriseID: e.ID, PlacementID: placement.ID, OpenID: openID,
		Work: store.Work{State: store.PushDelivered, CreatedAt: w.Now()}, Data: map[string]string{"student": "卢晓东"},
		Attempts: []store.Attempt{{At: w.Now(), Code: -1, Class: "transient"}, {At: w.Now(), Class: "ambiguous"},
			{At: w.Now(), Class: "not_sent"}, {At: w.Now(), Code: 1, Class: "unknown"}, {At: w.Now().Add(time.Second)}}, ReceiptAt: w.Now().Add(2 * time.Second)}
	merged := store.Push{ID: "psh_2", Kind: "withdrawn", AccountID: "acc_GONE", EnterpriseID: e.ID, PlacementID: placement.ID,
		Work: store.Work{State: store.PushSuppressed, CreatedAt: w.Now().Add(-time.Minute)}, Reason: "merged:psh_1"}
	if err := w.DB.AddPushes(t.Context(), []store.Push{push, merged}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Acts.Accept(t.Context(), e.Staff, placement.ID); err != nil {
		t.Fatal(err)
	}

	a := w.owner(e).get("/api/v1/placements/" + placement.ID).ok(http.StatusOK)
	if strings.Contains(string(a.body), openID) {
		t.Error("the answer names an openid")
	}
	got := read[handlers.Placement](a)
	if got.Student.Name != "卢晓东" || got.Student.Age != 19 || got.Student.Sex == "" || got.School.Name != "郑州市某职业学校" ||
		got.Position.Department != "技术部" || got.Plan.FirstDay != "2027-01-04" || got.Terms.Salary != "2K-3K" {
		t.Errorf("placement = %+v", got)
	}
	var labels []string
	for _, c := range got.History {
		labels = append(labels, c.By.Label+" "+c.By.Name+" "+c.Label+" → "+c.ToLabel)
	}
	if diff := cmp.Diff([]string{"学生 卢晓东 报名 → 学生报名待企业确认", "企业 王经理 同意签约 → 企业已同意·待学校"}, labels); diff != "" {
		t.Errorf("history (-want, +got):\n%s", diff)
	}
	if len(got.Messages) != 2 {
		t.Fatalf("messages = %+v", got.Messages)
	}
	first, second := got.Messages[0], got.Messages[1]
	if first.KindLabel != "签约申请" || first.Recipient != "王经理" || first.StateLabel != "已送达" || first.ReceiptAt.IsZero() {
		t.Errorf("first message = %+v", first)
	}
	var calls []string
	for _, a := range first.Attempts {
		code := "-"
		if a.Code != nil {
			code = strconv.Itoa(*a.Code)
		}
		calls = append(calls, code+" "+a.Label)
	}
	if diff := cmp.Diff([]string{"-1 系统繁忙", "- 没有得到微信的应答，结果不明", "- 消息未能提交微信", "1 微信返回未知错误", "0 成功"}, calls); diff != "" {
		t.Errorf("calls (-want, +got):\n%s", diff)
	}
	if second.Recipient != "" || second.Reason != "已合并到另一条消息" || second.State != "suppressed" {
		t.Errorf("second message = %+v", second)
	}
}

func TestPlacementsListFiltersAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	welder, fitter := e.Position("焊工", 5), e.Position("钳工", 5)
	first := w.NewStudent("卢晓东").Applies(welder)
	w.Pass(24 * time.Hour)
	w.NewStudent("张三").Applies(fitter)
	w.Pass(24 * time.Hour)
	w.NewStudent("张晓").Applies(welder)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, first.ID); err != nil {
		t.Fatal(err)
	}
	me := w.owner(e)
	for query, want := range map[string]string{
		"":                               "张晓 张三 卢晓东 =3",
		"?state=signed":                  "卢晓东 =1",
		"?positionId=" + welder.ID:       "张晓 卢晓东 =2",
		"?schoolId=" + w.School.SchoolID: "张晓 张三 卢晓东 =3",
		"?schoolId=sch_NONE":             "=0",
		"?name=%E6%99%93":                "张晓 卢晓东 ",
		"?name=%E5%BC%A0%E4%B8%89":       "张三 ",
		"?from=2026-11-24":               "张晓 张三 =2",
		"?to=2026-11-24":                 "张三 卢晓东 =2",
		"?from=2026-11-24&to=2026-11-24": "张三 =1",
		"?state=applied&from=2026-11-25&positionId=" + welder.ID: "张晓 ",
	} {
		page := read[handlers.PlacementPage](me.get("/api/v1/placements" + query))
		got := ""
		for _, p := range page.Items {
			got += p.Student.Name + " "
		}
		if page.Total != nil {
			got += "=" + string(rune('0'+*page.Total))
		}
		if got != want {
			t.Errorf("list %s = %q, want %q", query, got, want)
		}
	}
	one := read[handlers.PlacementPage](me.get("/api/v1/placements?limit=1"))
	two := read[handlers.PlacementPage](me.get("/api/v1/placements?limit=2&after=" + one.Next))
	if len(two.Items) != 2 || two.Next != "" || *two.Total != 3 {
		t.Errorf("second page = %+v", two)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.enterprise("A"), w.enterprise("B")
	var pushes []store.Push
	for i, e := range []string{a.Staff.AccountID, a.Staff.AccountID, b.Staff.AccountID} {
		pushes = append(pushes, store.Push{ID: store.DeriveID("psh", string(rune('a'+i))), Kind: "application", AccountID: e, PlacementID: "plc_1",
			Work: store.Work{State: store.PushWaiting, CreatedAt: w.Now().Add(time.Duration(i) * time.Second)},
			Data: map[string]string{"student": "卢晓东", "school": "郑州市某职业学校", "major": "电子技术应用", "position": "焊工"}})
	}
	if err := w.DB.AddPushes(t.Context(), pushes); err != nil {
		t.Fatal(err)
	}
	me := w.owner(a)
	page := read[handlers.NoticePage](me.get("/api/v1/notices").ok(http.StatusOK))
	if len(page.Items) != 2 || page.Unread != 2 || page.Items[0].ID != pushes[1].ID || !page.Items[0].Unread {
		t.Fatalf("notices = %+v", page)
	}
	if got, want := page.Items[0].Text, "卢晓东（郑州市某职业学校 电子技术应用）报名了岗位「焊工」，请尽快处理"; got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
	chosen := handlers.NoticeSelection{IDs: []string{pushes[0].ID, pushes[2].ID, "psh_NONE"}}
	if n := read[handlers.ReadCount](me.post("/api/v1/notices/read", chosen).ok(http.StatusOK)); n.Read != 1 {
		t.Errorf("read %d, want 1: another person's is left alone", n.Read)
	}
	page = read[handlers.NoticePage](me.get("/api/v1/notices?limit=1"))
	if page.Unread != 1 || page.Next == "" {
		t.Errorf("afterwards = %+v", page)
	}
	page = read[handlers.NoticePage](me.get("/api/v1/notices?after=" + page.Next))
	if len(page.Items) != 1 || page.Items[0].Unread || page.Items[0].ReadAt.IsZero() {
		t.Errorf("second page = %+v", page)
	}
	if p := read[handlers.NoticePage](w.owner(b).get("/api/v1/notices")); p.Unread != 1 {
		t.Errorf("the other's unread = %d, want 1", p.Unread)
	}
}

func TestEnterprise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("濮阳市某电子有限公司")
	me := w.owner(e)
	form := internship.ProfileInput{LegalPerson: "张明", Contact: "李工", Phone: "0393-6666666", Website: "https://example.com", Intro: "研发", Industry: "制造业", Staff: 120,
		Address: internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路 1 号"}}
	got := read[handlers.Enterprise](me.put("/api/v1/enterprise", form).ok(http.StatusOK))
	if !got.Complete || got.Profile.Contact != "李工" || got.Profile.Phone != "039*****6666" || got.Profile.Address.County != "410902" {
		t.Errorf("enterprise = %+v", got)
	}
	if again := read[handlers.Me](me.get("/api/v1/me")); !cmp.Equal(got, again.Enterprise) {
		t.Errorf("me = %+v", again.Enterprise)
	}

	code := read[handlers.BindingCode](me.post("/api/v1/bindings/follower", nil).ok(http.StatusOK))
	scene := code.ImageURL[strings.Index(code.ImageURL, "ticket=")+len("ticket="):]
	if code.Expires.Sub(w.Now()) != 10*time.Minute {
		t.Errorf("expires = %v", code.Expires)
	}
	scan, err := w.Acts.Scanned(t.Context(), "oTESTfollowerofthewall000001", scene)
	if err != nil || scan.Outcome != acts.ScanBound {
		t.Fatalf("scan: %v, %v", scan, err)
	}
	if f := read[handlers.Me](me.get("/api/v1/me")).Account.Follower; !f.Bound || f.Following == nil || !*f.Following {
		t.Errorf("follower = %+v", f)
	}
	if err := w.Acts.Unfollowed(t.Context(), "oTESTfollowerofthewall000001"); err != nil {
		t.Fatal(err)
	}
	if f := read[handlers.Me](me.get("/api/v1/me")).Account.Follower; !f.Bound || f.Following == nil || *f.Following {
		t.Errorf("follower = %+v", f)
	}
	w.wechat.down = true
	a := me.post("/api/v1/bindings/follower", nil)
	a.refused(internship.ErrUnavailable)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.anyone().get("/api/v1/forms").ok(http.StatusOK)
	d := read[handlers.Definitions](a)
	if len(d.Forms) != len(internship.Forms()) || len(d.States["placement"]) != len(internship.PlacementStates()) || len(d.Roles) != 3 || len(d.Messages) != len(acts.PushRules()) {
		t.Errorf("definitions = %+v", d)
	}
	if got := d.Forms[0].Fields[0]; got.Label != "岗位名称" || got.Max != 50 || !got.Required {
		t.Errorf("first field = %+v", got)
	}
	tag := a.header.Get("ETag")
	if tag == "" || !strings.Contains(a.header.Get("Cache-Control"), "max-age") {
		t.Errorf("ETag %q, Cache-Control %q", tag, a.header.Get("Cache-Control"))
	}
	if b := w.anyone().with("If-None-Match", tag).get("/api/v1/forms").ok(http.StatusNotModified); len(b.body) > 0 {
		t.Errorf("304 with %s", b.body)
	}
	w.anyone().with("If-None-Match", `"other"`).get("/api/v1/forms").ok(http.StatusOK)
}
