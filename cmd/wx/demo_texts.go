package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/goccy/go-yaml"

	"shixi/acts"
	"shixi/internship"
	"shixi/sms/smssim"
)

//go:embed demo_sms.yaml
var demoTextTemplates string

// The demo's account at the simulated SMS provider.
const (
	demoSMSKeyID = "AKIDdemodemodemodemodemo"
	demoSMSAppID = "1400000000"
)

// prepareTexts starts the simulated SMS provider and makes the system use it.
func (d *demo) prepareTexts() error {
	secret := newSecret()
	var err error
	if d.texts, err = newTextSim(smssim.Options{KeyID: demoSMSKeyID, KeySecret: secret.Reveal(), AppID: demoSMSAppID}, []byte(demoTextTemplates)); err != nil {
		return err
	}
	base, err := d.texts.Start("127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &d.settings
	s.SMS = SMS{Provider: smsTencent, KeyID: NewSecret(demoSMSKeyID), KeySecret: secret, AppID: demoSMSAppID}
	if s.SMS.Endpoint, err = url.Parse(base); err != nil {
		return err
	}
	s.SMS.Templates, err = d.write("sms.yaml", demoTextTemplates)
	return err
}

// newTextSim makes a simulated provider that has approved the templates of a SMS_TEMPLATES file.
func newTextSim(o smssim.Options, file []byte) (*smssim.Sim, error) {
	var wanted struct {
		Sign      string `yaml:"sign"`
		Templates map[string]struct {
			ID     string   `yaml:"id"`
			Params []string `yaml:"params"`
		} `yaml:"templates"`
	}
	if err := yaml.Unmarshal(file, &wanted); err != nil {
		return nil, fmt.Errorf("read the SMS templates: %w", err)
	}
	o.Sign, o.Templates = wanted.Sign, map[string]smssim.Template{}
	for kind, t := range wanted.Templates {
		text, _ := acts.TextOf(kind) // a kind that is unknown has no text to show
		o.Templates[t.ID] = smssim.Template{Params: t.Params, Text: text.Template}
	}
	return smssim.New(o), nil
}

// texted asks for a code as the log-in page does, and reads it on the owner's phone.
func (d *demo) texted(ctx context.Context) (string, error) {
	owner := d.staff[0]
	code, err := d.code(ctx, owner.Mobile, internship.CodeForLogin)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s的手机收到短信：%s", owner.Owner, code.Text), nil
}

// code asks for a code and waits for the message that brings it.
func (d *demo) code(ctx context.Context, mobile, purpose string) (smssim.Message, error) {
	phone := &demoClient{base: d.base}
	ticket, err := d.eyes.ticket(ctx, phone)
	if err != nil {
		return smssim.Message{}, err
	}
	before := len(d.texts.Messages(mobile))
	if err := phone.call(ctx, http.MethodPost, "/api/v1/sms-codes", map[string]string{"mobile": mobile, "purpose": purpose, "ticket": ticket}, nil); err != nil {
		return smssim.Message{}, err
	}
	return d.texts.Wait(ctx, mobile, func(m smssim.Message) bool {
		return len(d.texts.Messages(mobile)) > before && strings.Contains(m.Text, "验证码")
	})
}
