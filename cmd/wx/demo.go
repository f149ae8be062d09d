package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"shixi/captcha"
	"shixi/logs"
	"shixi/wxmsg/wxsim"
)

// demoCmd shows the main job: everything embedded, WeChat simulated, one sign-up from the student's app to the phone of
// the enterprise's staff.
type demoCmd struct {
	Once bool `help:"Also accept the sign-up, check what follows, and exit: 0 when every step worked, 1 otherwise."`
}

// demoBudget is how long the whole story may take before it has failed.
const demoBudget = 30 * time.Second

// Run starts the system and tells the story; without --once it keeps running until it is interrupted.
func (c demoCmd) Run(ctx context.Context, s *Settings, out *console) error {
	level := s.LogLevel
	if level == slog.LevelInfo { // a line per request would hide the story
		level = slog.LevelWarn
	}
	d := &demo{settings: *s, log: logs.New(out.stderr, level), out: out.stdout, started: time.Now()}
	if err := d.prepare(c.Once); err != nil {
		return errors.Join(err, d.cleanUp())
	}
	defer func() { _ = d.cleanUp() }()
	return d.run(ctx, c.Once)
}

// prepare sets up the simulated WeChat and the settings that make the system use it.
func (d *demo) prepare(once bool) error {
	s := &d.settings
	if !s.EmbeddedMongoDB() || !s.EmbeddedRedis() {
		return errors.New("the demo makes up schools, students and enterprises: unset MONGODB_URI and REDIS_URL, it brings its own")
	}
	var err error
	if d.puzzles == nil {
		if d.puzzles, err = captcha.New(captcha.Options{}); err != nil {
			return err
		}
	}
	d.eyes = newEyes(d.puzzles)
	clearDemos(os.TempDir())
	if d.folder, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", demoFolder, os.Getpid())); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	s.DataDir, s.QuietHours, s.PublicURL = "", QuietHours{}, nil
	s.Support = cmp.Or(s.Support, "0371-12345678（工作日 9:00–17:00，演示）")
	if once {
		s.Listen = netip.AddrPortFrom(s.Listen.Addr(), 0)
	}
	d.sim = wxsim.New(wxsim.Options{Log: d.log})
	base, err := d.sim.Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the simulated WeChat: %w", err)
	}
	if s.WXAPIBase, err = url.Parse(base); err != nil {
		return err
	}
	s.WXOpenBase = s.WXAPIBase
	s.OA = Account{AppID: demoOAAppID, Secret: newSecret(), Token: NewSecret("demotoken"), AESKey: NewSecret(demoAESKey), Mode: modeSafe}
	s.MP = Account{AppID: demoMPAppID, Secret: newSecret(), Token: NewSecret("demotoken"), AESKey: NewSecret(demoAESKey), Mode: modeSafe}
	if err := d.prepareTexts(); err != nil {
		return fmt.Errorf("start the simulated SMS provider: %w", err)
	}
	if err := d.prepareRegistry(); err != nil {
		return err
	}
	d.schoolSecret, d.studentsSecret, d.platformSecret = newSecret().Reveal(), newSecret().Reveal(), newSecret().Reveal()
	if s.Templates, err = d.write("templates.yaml", demoTemplates); err != nil {
		return err
	}
	if d.hook, err = newDemoHook(d.schoolSecret); err != nil {
		return err
	}
	s.WebhookAllowLoopback = "on"
	s.PartnerKeys, err = d.write("partners.yaml", fmt.Sprintf(demoPartners, d.schoolSecret, demoSchoolCode, d.hook.url(), d.studentsSecret, d.platformSecret))
	return err
}

const demoPartners = `- {id: school, secret: %s, kind: school, school: "%s", webhook: {url: "%s", from: start}}
- {id: students, secret: %s, kind: students}
- {id: platform, secret: %s, kind: platform}
`

// newSecret has the form of an AppSecret.
func newSecret() Secret {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return NewSecret(hex.EncodeToString(b[:]))
}

func (d *demo) write(name, text string) (string, error) {
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return path, nil
}

// run opens the system, serves, and tells the story meanwhile.
func (d *demo) run(ctx context.Context, once bool) error {
	y := &system{settings: &d.settings, log: d.log, out: d.out, puzzles: d.eyes}
	err := y.open(ctx)
	if err != nil {
		return err
	}
	app, err := y.listen()   //nolint:contextcheck // requests bring their own context
	if err != nil && !once { // the usual port is taken: any other will do
		y.settings.Listen = netip.AddrPortFrom(y.settings.Listen.Addr(), 0)
		app, err = y.listen() //nolint:contextcheck // as above
	}
	if err != nil {
		return errors.Join(err, y.close(ctx))
	}
	d.base = y.address().String()
	if err := d.addAccounts(); err != nil {
		return errors.Join(err, y.close(ctx))
	}
	story := func(ctx, _ context.Context) error {
		if err := d.tell(ctx, once); err != nil || once {
			return err
		}
		<-ctx.Done()
		return nil
	}
	return y.together(ctx, append(y.parts(app, true), story)...) //nolint:contextcheck // as wx serve
}

// addAccounts makes the two apps and their templates known to the simulated WeChat.
func (d *demo) addAccounts() error {
	oa, mp := d.settings.OA, d.settings.MP
	official := simApp(wxsim.OA, &oa, d.base+"/wx/callback/oa")
	official.Name, official.Linked = "河南实习备案", []string{mp.AppID}
	mini := simApp(wxsim.MP, &mp, d.base+"/wx/callback/mp")
	mini.Name = "实习备案企业端"
	for _, app := range []wxsim.App{official, mini} {
		if err := d.sim.AddApp(app); err != nil {
			return err
		}
	}
	return addTemplates(d.sim, oa.AppID, []byte(demoTemplates))
}

func (d *demo) cleanUp() error {
	var errs []error
	if d.sim != nil {
		d.sim.Close()
	}
	if d.texts != nil {
		d.texts.Close()
	}
	if d.regulator != nil {
		errs = append(errs, d.regulator.Close())
	}
	d.hook.close()
	if d.folder != "" {
		errs = append(errs, os.RemoveAll(d.folder))
	}
	return errors.Join(errs...)
}
