package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"shixi/acts"
	"shixi/sms"
)

// The SMS providers, see [SMS].
const (
	smsTencent = "tencent"
	smsAlibaba = "alibaba"
	smsConsole = "console"
)

// openSMS makes the sender of text messages; nil, and a word of it, when none is set.
func (y *system) openSMS() (sms.Sender, error) {
	s := &y.settings.SMS
	switch s.Provider {
	case "":
		y.say("text messages", "none: SMS_PROVIDER is unset, so nobody gets a code")
		return nil, nil //nolint:nilnil // no provider is a setting, not a failure
	case smsConsole:
		y.say("text messages", "shown here, codes in clear, and sent to nobody")
		return sms.NewConsole(y.out, sayText), nil
	}
	templates, err := loadTextTemplates(s.Templates)
	if err != nil {
		return nil, err
	}
	account := sms.Account{KeyID: s.KeyID.Reveal(), KeySecret: s.KeySecret.Reveal(), AppID: s.AppID, Templates: templates, Endpoint: s.Endpoint, MaxConns: y.settings.WorkerConcurrency}
	if s.Provider == smsAlibaba {
		return sms.NewAlibaba(account)
	}
	sender, err := sms.NewTencent(account)
	if err != nil {
		return nil, err
	}
	y.onClose(func(context.Context) error { sender.Close(); return nil })
	return sender, nil
}

// sayText is the text of a message as the console shows it.
func sayText(kind string, params map[string]string) (string, bool) {
	t, known := acts.TextOf(kind)
	return t.Say(params), known
}

// loadTextTemplates reads the templates and holds them against the parameters each kind of text message has.
func loadTextTemplates(path string) (*sms.Templates, error) {
	if path == "" {
		return nil, errors.New("SMS_TEMPLATES is not set")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open SMS_TEMPLATES: %w", err)
	}
	defer file.Close()
	templates, err := sms.LoadTemplates(file)
	if err != nil {
		return nil, fmt.Errorf("read SMS_TEMPLATES: %w", err)
	}
	if err := templates.Check(acts.TextParams()); err != nil {
		return nil, fmt.Errorf("check SMS_TEMPLATES: %w", err)
	}
	return templates, nil
}
