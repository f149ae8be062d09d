package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/goccy/go-yaml"

	"shixi/sms/smssim"
	"shixi/wxmsg/wxsim"
)

// simCmd runs the simulated WeChat platform alone, for the accounts and templates of the settings.
type simCmd struct {
	At       string `help:"Loopback address to listen on; set WX_API_BASE of the server to it." default:"127.0.0.1:8090"`
	SMSAt    string `name:"sms-at" help:"Loopback address for the simulated SMS provider, when SMS_PROVIDER is set; set SMS_ENDPOINT of the server to it." default:"127.0.0.1:8091"`
	Callback string `help:"Address of the server whose callbacks it posts to." default:"http://127.0.0.1:8080"`
}

// Run serves until ctx ends.
func (c simCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	if !s.OA.IsSet() {
		return errors.New("WX_OA_APPID is not set: the simulator plays the accounts of the settings")
	}
	sim := wxsim.New(wxsim.Options{Log: log})
	defer sim.Close()
	oa := simApp(wxsim.OA, &s.OA, c.Callback+"/wx/callback/oa")
	apps := []wxsim.App{oa}
	if s.MP.IsSet() {
		apps[0].Linked = []string{s.MP.AppID}
		apps = append(apps, simApp(wxsim.MP, &s.MP, c.Callback+"/wx/callback/mp"))
	}
	for _, app := range apps {
		if err := sim.AddApp(app); err != nil {
			return err
		}
	}
	if s.Templates != "" {
		text, err := os.ReadFile(s.Templates)
		if err != nil {
			return fmt.Errorf("read WX_TEMPLATES: %w", err)
		}
		if err := addTemplates(sim, oa.AppID, text); err != nil {
			return err
		}
	}
	base, err := sim.Start(c.At)
	if err != nil {
		return err
	}
	fmt.Fprintln(out.stdout, "simulated WeChat  WX_API_BASE="+base+" WX_OPEN_BASE="+base)
	fmt.Fprintln(out.stdout, "phones            "+base+"/sim")
	texts, err := c.startSMS(s, out)
	if err != nil {
		return err
	}
	defer texts.Close()
	<-ctx.Done()
	return nil
}

// startSMS plays the provider of the settings, when it is one that can be played.
func (c simCmd) startSMS(s *Settings, out *console) (*smssim.Sim, error) {
	if s.SMS.Provider != smsTencent && s.SMS.Provider != smsAlibaba {
		return smssim.New(smssim.Options{}), nil
	}
	file, err := os.ReadFile(s.SMS.Templates)
	if err != nil {
		return nil, fmt.Errorf("read SMS_TEMPLATES: %w", err)
	}
	texts, err := newTextSim(smssim.Options{KeyID: s.SMS.KeyID.Reveal(), KeySecret: s.SMS.KeySecret.Reveal(), AppID: s.SMS.AppID}, file)
	if err != nil {
		return nil, err
	}
	base, err := texts.Start(c.SMSAt)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(out.stdout, "simulated SMS     SMS_ENDPOINT="+base+" (open it to read the messages)")
	return texts, nil
}

func simApp(kind wxsim.Kind, a *Account, callback string) wxsim.App {
	return wxsim.App{Kind: kind, AppID: a.AppID, Secret: a.Secret.Reveal(), OriginalID: "gh_" + a.AppID[2:14], Token: a.Token.Reveal(),
		AESKey: a.AESKey.Reveal(), Mode: a.Mode, Callback: callback}
}

// addTemplates puts the templates of a WX_TEMPLATES file into an account's library.
func addTemplates(sim *wxsim.Sim, appID string, text []byte) error {
	var file struct {
		Kinds map[string]struct {
			TemplateID string `yaml:"template_id"`
			Title      string `yaml:"title"`
			Keywords   []struct {
				Key  string `yaml:"key"`
				Name string `yaml:"name"`
			} `yaml:"keywords"`
		} `yaml:"kinds"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return fmt.Errorf("read the templates: %w", err)
	}
	for _, k := range file.Kinds {
		t := wxsim.Template{ID: k.TemplateID, Title: k.Title}
		for _, w := range k.Keywords {
			t.Keywords = append(t.Keywords, wxsim.Keyword{Key: w.Key, Name: w.Name})
		}
		if err := sim.AddTemplate(appID, t); err != nil {
			return err
		}
	}
	return nil
}
