package wxmsg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"shixi/wxmsg"
)

// platform stands in for https://api.weixin.qq.com. It knows one follower.
func platform() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cgi-bin/stable_token":
			fmt.Fprint(w, `{"access_token":"token","expires_in":7200}`)
		case "/cgi-bin/message/template/send":
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), `"touser":"follower"`) {
				fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","msgid":3557254367693750277}`)
				return
			}
			fmt.Fprint(w, `{"errcode":43004,"errmsg":"require subscribe rid: 65f0a1b2-1c2d"}`)
		case "/sns/jscode2session":
			fmt.Fprint(w, `{"openid":"user","session_key":"stays inside"}`)
		case "/cgi-bin/qrcode/create":
			fmt.Fprint(w, `{"ticket":"gQH+8w==","expire_seconds":600,"url":"http://weixin.qq.com/q/abc"}`)
		}
	}))
}

func ExampleClient_SendTemplate() {
	wechat := platform()
	defer wechat.Close()
	client, err := wxmsg.NewClient(wxmsg.Options{Base: wechat.URL, AppID: "wx1", Secret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	message := wxmsg.TemplateMessage{ToUser: "follower", TemplateID: "t1", Data: map[string]string{"thing1": "张三"}, ClientMsgID: "push-1"}
	sent, err := client.SendTemplate(context.Background(), message)
	fmt.Println(sent.MsgID, err)

	message.ToUser = "gone"
	_, err = client.SendTemplate(context.Background(), message)
	var e *wxmsg.Error
	if errors.As(err, &e) {
		fmt.Println(e.Class, e.Code, e.Started, e.RID)
	}
	// Output:
	// 3557254367693750277 <nil>
	// refused 43004 true 65f0a1b2-1c2d
}

func ExampleClient_Code2Session() {
	wechat := platform()
	defer wechat.Close()
	client, err := wxmsg.NewClient(wxmsg.Options{Base: wechat.URL, AppID: "wx2", Secret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	session, err := client.Code2Session(context.Background(), "the code of wx.login")
	fmt.Println(session.OpenID, err)
	// Output: user <nil>
}

func ExampleClient_CreateQR() {
	wechat := platform()
	defer wechat.Close()
	client, err := wxmsg.NewClient(wxmsg.Options{Base: wechat.URL, AppID: "wx1", Secret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	qr, err := client.CreateQR(context.Background(), "bind:42", 10*time.Minute)
	fmt.Println(qr.ImageURL(), err)
	// Output: https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH%2B8w%3D%3D <nil>
}

func ExampleReceiver_Receive() {
	const (
		token  = "AAAAA"
		aesKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		appID  = "wxba5fad812f8e6fb9"
	)
	// What WeChat posts:
	cipher, err := wxmsg.NewCipher(token, aesKey, appID)
	if err != nil {
		fmt.Println(err)
		return
	}
	encrypted, err := cipher.Encrypt([]byte(`<xml><ToUserName>gh_1</ToUserName><FromUserName>user</FromUserName><CreateTime>1714112445</CreateTime>`+
		`<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_bind:42</EventKey></xml>`), [16]byte{})
	if err != nil {
		fmt.Println(err)
		return
	}
	query := "timestamp=1714112445&nonce=n&encrypt_type=aes&msg_signature=" + cipher.Sign("1714112445", "n", encrypted)
	body := []byte("<xml><Encrypt>" + encrypted + "</Encrypt></xml>")

	// What the callback does with it:
	receiver, err := wxmsg.NewReceiver(wxmsg.CallbackConfig{AppID: appID, Token: token, AESKey: aesKey, Mode: wxmsg.Safe,
		Now: func() time.Time { return time.Unix(1714112446, 0) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := wxmsg.ParseCallbackQuery(query)
	if err != nil {
		fmt.Println(err)
		return
	}
	in, err := receiver.Receive(q, "text/xml", body)
	if err != nil {
		fmt.Println(err)
		return
	}
	scene, scanned := in.Scene()
	fmt.Println(in.Event, in.FromUser, scene, scanned)
	_, nothing, err := receiver.Reply(in, nil)
	fmt.Printf("%q %v\n", nothing, err)
	// Output:
	// subscribe user bind:42 true
	// "" <nil>
}

func ExampleTemplates_Render() {
	templates, err := wxmsg.Load(strings.NewReader(`
kinds:
  signup:
    template_id: ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY
    title: 报名通知
    page: pages/placement?id={{.Placement}}
    keywords:
      - {key: thing1, value: "{{.Student}}", name: 学生}
      - {key: time2, value: "{{.At}}", name: 时间}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(templates.Check(map[string][]string{"signup": {"Student", "At", "Placement"}}))
	r, err := templates.Render("signup", map[string]string{"Student": "张三", "At": "2026-11-23T10:00:00+08:00", "Placement": "p1"})
	fmt.Println(r.Data["thing1"], r.Data["time2"], r.Page, err)
	// Output:
	// <nil>
	// 张三 2026-11-23 10:00 pages/placement?id=p1 <nil>
}

func ExampleCut() {
	fmt.Println(wxmsg.Cut(wxmsg.Thing, "郑州市某某职业技术学院智能制造专业2024级1班张三"))
	fmt.Println(wxmsg.Cut(wxmsg.Time, "2026年11月23日10：00～12：00"))
	fmt.Println(wxmsg.Cut(wxmsg.Amount, "￥1,200.50 元/月"))
	fmt.Println(wxmsg.Cut(wxmsg.Phrase, ""))
	// Output:
	// 郑州市某某职业技术学院智能制造专业20…
	// 2026年11月23日 10:00~12:00
	// ￥1200.50元
	// 无
}
