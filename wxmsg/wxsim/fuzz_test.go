package wxsim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shixi/wxmsg/wxsim"
)

// FuzzAPI throws bodies at the endpoints that read one: each must answer whole
// JSON and show nothing that breaks a template's limits.
func FuzzAPI(f *testing.F) {
	paths := []string{wxsim.PathTemplateSend, wxsim.PathSubscribeSend, wxsim.PathQRCreate, wxsim.PathPhoneNumber, wxsim.PathStableToken}
	for i := range paths {
		f.Add(i, `{"touser":"o","template_id":"t","data":{"thing1":{"value":"张三"}}}`)
		f.Add(i, `{"action_name":"QR_SCENE","expire_seconds":1,"action_info":{"scene":{"scene_id":1e3}}}`)
		f.Add(i, `{"data":{"thing1":null}}`)
		f.Add(i, `[]`)
	}
	s := wxsim.New(wxsim.Options{Seed: 1})
	f.Cleanup(s.Close)
	tokens := map[string]string{}
	for _, app := range []wxsim.App{{Kind: wxsim.OA, AppID: "oa", Secret: "s"}, {Kind: wxsim.MP, AppID: "mp", Secret: "s"}} {
		if err := s.AddApp(app); err != nil {
			f.Fatal(err)
		}
		if err := s.AddTemplate(app.AppID, wxsim.Template{ID: "t", Keywords: []wxsim.Keyword{{Key: "thing1"}}}); err != nil {
			f.Fatal(err)
		}
		var got struct{ AccessToken string }
		w := post(s, wxsim.PathStableToken, `{"grant_type":"client_credential","secret":"s","appid":"`+app.AppID+`"}`)
		text := strings.Replace(w.Body.String(), "access_token", "AccessToken", 1)
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.AccessToken == "" {
			f.Fatal(w.Body)
		}
		tokens[app.AppID] = got.AccessToken
	}
	if err := s.AddUser(wxsim.User{AppID: "oa", OpenID: "o", Subscribed: true}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which int, body string) {
		path := paths[uint(which)%uint(len(paths))]
		for _, token := range tokens {
			w := post(s, path+"?access_token="+token, body)
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s answered %q", path, w.Body)
			}
		}
		for _, m := range s.Phone("o") {
			if n := len([]rune(m.Values[0].Value)); n == 0 || n > 20 {
				t.Fatalf("the phone shows a thing of %d characters", n)
			}
		}
	})
}

func post(s *wxsim.Sim, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
	return w
}

// FuzzReply has a callback answer anything: the platform must neither fail nor
// take a plain reply in safe mode.
func FuzzReply(f *testing.F) {
	f.Add("success")
	f.Add("<xml><MsgType>text</MsgType></xml>")
	f.Add(`<xml><Encrypt>AAAA</Encrypt><MsgSignature>x</MsgSignature></xml>`)
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(answer))
	}))
	f.Cleanup(server.Close)
	s := wxsim.New(wxsim.Options{Seed: 1})
	f.Cleanup(s.Close)
	if err := s.AddApp(wxsim.App{AppID: "oa", Secret: "s", Token: cbToken, AESKey: aesKey, Callback: server.URL}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		answer = text
		reply, err := s.Push(context.Background(), "oa", "<xml/>")
		if err == nil && text != "" && text != "success" {
			t.Fatalf("took %q as %q", text, reply.Message)
		}
	})
}
