package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
)

// TestScannedAgainByTheSameWechat: the page that shows the code learns of it,
// and nobody is told what was so before.
func TestScannedAgainByTheSameWechat(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	before := w.account(e.Staff.AccountID)
	first := read[handlers.Bindings](w.owner(e).get("/api/v1/bindings")).Follower.BoundAt
	w.Pass(time.Second)
	b, err := w.Acts.BindingQR(t.Context(), e.Staff)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // WeChat repeats events
		if scan, err := w.Acts.Scanned(t.Context(), openLi, b.Scene); err != nil || scan.Outcome != acts.ScanBound {
			t.Fatalf("%v, %v", scan, err)
		}
		w.Pass(time.Second)
	}
	again := read[handlers.Bindings](w.owner(e).get("/api/v1/bindings")).Follower.BoundAt
	if again.Sub(first) != time.Second {
		t.Errorf("bound at %v, then at %v", first, again)
	}
	if after := w.account(e.Staff.AccountID); len(after.History) != len(before.History) || len(after.Outbox) != len(before.Outbox) {
		t.Errorf("a change was told: %+v", after.History)
	}
}

func TestBindingsAreEndedOnTheirPage(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	b := w.browser()
	b.logIn(e)
	if body := b.get("/h5/bind").page(http.StatusOK); strings.Contains(body, "data-unbind") {
		t.Errorf("offers to end what isn't there:\n%s", body)
	}
	w.follows(e, openLi)
	body := b.get("/h5/bind").page(http.StatusOK)
	if !strings.Contains(body, `data-unbind="/api/v1/bindings/follower" data-name="服务号"`) || strings.Contains(body, "mini-program") {
		t.Errorf("the page:\n%s", body)
	}
	w.anyone().post("/api/v1/login", w.bindingLogin(e.Mobile, "for:"+userLi)).ok(http.StatusOK)
	if body := b.get("/h5/bind").page(http.StatusOK); !strings.Contains(body, `data-unbind="/api/v1/bindings/mini-program" data-name="小程序"`) {
		t.Errorf("the page:\n%s", body)
	}
}

// bindingPages: a scan by the WeChat that is bound already is told, and the
// binding is ended after a question.
func bindingPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.enterprise("平顶山市示例建材有限公司")
	w.follows(e, openBinding)
	p.open("/h5/login?next=/h5/bind")
	p.fill("form.password", "name", e.Mobile, "password", actstest.Password)
	p.click("form.password button.main")
	p.slide(actstest.Target)
	p.isAt("/h5/bind")
	p.sees("已绑定服务号")
	p.shoot("bind-there")
	p.click(".qr button.main")
	p.sees("请用微信扫描二维码")
	w.Pass(time.Second) // this clock stands still else
	if _, err := w.Acts.Scanned(t.Context(), openBinding, p.ticket()); err != nil {
		t.Fatal(err)
	}
	p.sees("绑定成功")

	p.click(".unbind .ask")
	p.sees("确定解除服务号绑定吗？")
	p.shoot("unbind")
	p.click(".unbind .no")
	p.until(`document.querySelector('.unbind .question').hidden && document.activeElement === document.querySelector('.unbind .ask')`)
	if w.bound(e) != openBinding {
		t.Error("ended without a yes")
	}
	p.click(".unbind .ask")
	p.do(chromedp.Evaluate(`(() => { const yes = document.querySelector('.unbind .yes'); yes.click(); yes.click(); })()`, nil))
	p.sees("已解除服务号绑定")
	p.until(`!document.querySelector('.unbind')`)
	p.sees("显示二维码")
	if w.bound(e) != "" {
		t.Error("still bound")
	}
}

const openBinding = "oTESTfollowerbinding00000004"
