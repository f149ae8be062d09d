package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

func none(string) string { return "" }

func TestDemoOnceTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--once"}, &out, &errs, none); code != exitOK {
		t.Fatalf("exit %d\n%s\n%s", code, out.String(), errs.String())
	}
	for _, want := range []string{"✓ 15/16 学校的系统收到推送", "待学生重新确认，学生确认后：学生报名待企业确认", "解除后岗位恢复显示", "企事业单位登录", "接口文档", "企业审核结果通知", "审核结果：审核通过", "签约申请提醒", "学生姓名：卢晓东", "企业已同意·待学校", "已失效（他企业先确认）", "placement.lapsed", "全部完成"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the story lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(errs.String(), `"level":"ERROR"`) {
		t.Errorf("logged errors:\n%s", errs.String())
	}
}

// TestDemoNamesThePhones keeps openids off the page the story sends people to.
func TestDemoNamesThePhones(t *testing.T) {
	t.Parallel()
	d := &demo{settings: defaults(t), log: slog.New(slog.DiscardHandler), out: io.Discard, puzzles: flat{}, started: time.Now()}
	defer func() { _ = d.cleanUp() }()
	if err := d.prepare(true); err != nil {
		t.Fatal(err)
	}
	if err := d.run(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	page := httptest.NewRecorder()
	d.sim.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/sim", nil))
	for _, name := range []string{"王经理", "李主任"} {
		if !strings.Contains(page.Body.String(), `<div class="bar">`+name) {
			t.Errorf("no phone is %s's", name)
		}
	}
}

// TestBindingCodeIsShown: under the simulated WeChat the code's address leads to a picture that can be scanned.
func TestBindingCodeIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	var code struct{ ImageURL string }
	b.must(b.boss.api.call(t.Context(), http.MethodPost, "/api/v1/bindings/follower", nil, &code))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, code.ImageURL, nil)
	b.must(err)
	res, err := http.DefaultClient.Do(req)
	b.must(err)
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "image/") {
		t.Errorf("%s: status %d, %s", code.ImageURL, res.StatusCode, kind)
	}
}

func TestDemoNamesTheStepThatFailed(t *testing.T) {
	t.Parallel()
	d := &demo{settings: defaults(t), log: slog.New(slog.DiscardHandler), out: io.Discard, puzzles: flat{}, started: time.Now(), budget: 8 * time.Second}
	defer func() { _ = d.cleanUp() }()
	if err := d.prepare(true); err != nil {
		t.Fatal(err)
	}
	d.sim.Fault(wxsim.PathTemplateSend, wxsim.Fault{Times: -1, Errcode: 43116})
	err := d.run(t.Context(), true)
	if err == nil || !strings.Contains(err.Error(), "负责人的微信收到签约申请") {
		t.Errorf("got %v", err)
	}
}

func TestDemoRefusesRealServers(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	env := func(name string) string {
		return map[string]string{"MONGODB_URI": "mongodb://127.0.0.1:1/", "REDIS_URL": "redis://127.0.0.1:1/0", "KEYSET": keyset(t)}[name]
	}
	if code := run(t.Context(), []string{"demo", "--once"}, &out, &errs, env); code != exitFailed {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

func TestDemoKeepsRunningUntilInterrupted(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out := &watched{want: "按 Ctrl-C 结束", seen: stop}
	if code := run(ctx, []string{"demo", "--listen", "127.0.0.1:0"}, out, io.Discard, none); code != exitOK {
		t.Errorf("exit %d\n%s", code, out.String())
	}
	for _, want := range []string{"/sim", "/h5/login", "/docs", "/openapi.json", "partners.yaml"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("does not say where %s is:\n%s", want, out.String())
		}
	}
}

// work is what a phone shows of the enterprise's work: all but the word that the phone was bound, which comes at its own
// time.
func (d *demo) work(openID string) []wxsim.Message {
	return slices.DeleteFunc(d.sim.Phone(openID), func(m wxsim.Message) bool { return m.Title == "账号绑定成功通知" })
}
