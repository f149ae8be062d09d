package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"shixi/internship"
	"shixi/sms"
	"shixi/sms/smssim"
	"shixi/store"
	"shixi/store/embedded"
)

var aText = sms.Message{ID: "sms_1", Mobile: "13812345678", Kind: "code", Params: map[string]string{"code": "482913", "minutes": "5"}}

// TestEachProviderOfTheSettingsSends: a setting is enough, whoever the provider is.
func TestEachProviderOfTheSettingsSends(t *testing.T) {
	t.Parallel()
	templates := writeFile(t, demoTextTemplates, 0o600)
	for _, provider := range []string{smsTencent, smsAlibaba} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			sim, err := newTextSim(smssim.Options{KeyID: demoSMSKeyID, KeySecret: goodSecret, AppID: demoSMSAppID}, []byte(demoTextTemplates))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sim.Close)
			base, err := sim.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			endpoint, err := url.Parse(base)
			if err != nil {
				t.Fatal(err)
			}
			y := &system{settings: &Settings{WorkerConcurrency: 2, SMS: SMS{Provider: provider, KeyID: NewSecret(demoSMSKeyID), KeySecret: NewSecret(goodSecret),
				AppID: demoSMSAppID, Templates: templates, Endpoint: endpoint}}, out: &bytes.Buffer{}}
			sender, err := y.openSMS()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = y.close(context.Background()) })
			if _, err := sender.Send(t.Context(), aText); err != nil {
				t.Fatal(err)
			}
			if got := sim.Messages(aText.Mobile); len(got) != 1 || got[0].Text != "【实习备案平台】您的验证码是482913，5分钟内有效。如非本人操作，请忽略本短信。" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestTheConsoleShowsTexts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	y := &system{settings: &Settings{SMS: SMS{Provider: smsConsole}}, out: &out}
	sender, err := y.openSMS()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Send(t.Context(), aText); err != nil || !strings.Contains(out.String(), "您的验证码是482913") || strings.Contains(out.String(), aText.Mobile) {
		t.Errorf("%v %s", err, out.String())
	}
	y.settings.SMS.Provider = ""
	if sender, err = y.openSMS(); sender != nil || err != nil || !strings.Contains(out.String(), "SMS_PROVIDER is unset") {
		t.Errorf("%v %v %s", sender, err, out.String())
	}
}

// TestOperatorsTendTexts: wx sms shows what did not leave and what went to a mobile, masked, and sends again.
func TestOperatorsTendTexts(t *testing.T) {
	t.Parallel()
	engine, err := embedded.Open(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	keys := keyset(t)
	env := environment("MONGODB_URI", engine.URI(), "KEYSET", keys)
	if code, _, stderr := wx(t, env, "migrate"); code != exitOK {
		t.Fatal(stderr)
	}
	db, err := store.Open(store.Options{URI: engine.URI(), Keyset: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	for i, state := range []string{store.SMSSent, store.SMSFailed, store.SMSUncertain} {
		id := fmt.Sprint("sms_", i)
		err := db.AddSMS(t.Context(), store.SMS{ID: id, Kind: "code", Mobile: aText.Mobile, Params: aText.Params, Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		row, err := db.ClaimSMS(t.Context(), id, "me", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		row.State, row.Reason = state, "原因"+state
		if _, err := db.SaveSMS(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want []string
		fail bool
	}{
		{args: []string{"sms"}, want: []string{"sms_1", "sms_2", "原因failed", "138****5678", "2 messages"}},
		{args: []string{"sms", "--mobile", "+86 138 1234 5678"}, want: []string{"sms_0", "sms_1", "sms_2", "3 messages"}},
		{args: []string{"sms", "--mobile", "13812345679"}, want: []string{"0 messages", "KEYSET"}},
		{args: []string{"sms", "--mobile", "1234"}, want: []string{"11 digits"}, fail: true},
		{args: []string{"sms", "--retry", "sms_1"}, want: []string{"put back to work"}},
		{args: []string{"sms", "--retry", "sms_0"}, want: []string{"neither failed nor uncertain"}, fail: true},
		{args: []string{"sms", "--retry", "sms_9"}, fail: true},
		{args: []string{"sms"}, want: []string{"1 messages"}},
	} {
		code, stdout, stderr := wx(t, env, c.args...)
		if (code != exitOK) != c.fail {
			t.Errorf("%v: exit %d, %s", c.args, code, stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("%v does not say %q: %s%s", c.args, want, stdout, stderr)
			}
		}
		if strings.Contains(stdout, aText.Mobile) || strings.Contains(stdout, "482913") {
			t.Errorf("%v shows what is private: %s", c.args, stdout)
		}
	}
	if code, _, stderr := wx(t, environment(), "sms"); code != exitFailed || !strings.Contains(stderr, "MONGODB_URI") {
		t.Errorf("without a database: exit %d, %s", code, stderr)
	}
}

// TestACodeArrivesThroughTheWholeSystem: from the log-in page to the phone, within seconds.
func TestACodeArrivesThroughTheWholeSystem(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 2, testLog())
	for n := range 3 {
		mobile := fmt.Sprintf("1380000100%d", n)
		m, err := r.d.code(t.Context(), mobile, internship.CodeForRegister)
		if err != nil {
			t.Fatal(err)
		}
		if m.Provider != smsTencent || len(m.Params["1"]) != 6 || len(r.d.texts.Messages(mobile)) != 1 {
			t.Errorf("%+v", m)
		}
	}
}
