package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"shixi/acts/actstest"
	"shixi/handlers/partnerapi"
	"shixi/internship"
	"shixi/store"
	"shixi/wxmsg/wxsim"
)

// childEnv makes the test binary run as the program itself.
const childEnv = "SHIXI_TEST_RUN_AS_WX"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
	}
	os.Exit(m.Run())
}

// watched is an output that tells when a text has come.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	seen func()
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	if w.want != "" && strings.Contains(w.text.String(), w.want) {
		w.want = ""
		w.seen()
	}
	return n, err
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func keyset(tb testing.TB) string {
	tb.Helper()
	k, err := store.NewKeyset()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// defaults are the settings of a fresh machine, on a free port.
func defaults(tb testing.TB) Settings {
	tb.Helper()
	return Settings{Listen: netip.MustParseAddrPort("127.0.0.1:0"), EmbeddedMongoDBListen: netip.MustParseAddrPort("127.0.0.1:0"),
		EmbeddedRedisListen: netip.MustParseAddrPort("127.0.0.1:0"), WorkerConcurrency: 60, ShutdownGrace: 20 * time.Second,
		Limits: AddressLimits{LogInHourly: 1000, LogInDaily: 10000, SMSHourly: 1000, SMSDaily: 10000, PuzzlesHourly: 1000, PuzzlesDaily: 10000}}
}

// victim is a server process that can be killed and started again on the same documents.
type victim struct {
	t    *testing.T
	d    *demo
	dir  string
	base string
	cmd  *exec.Cmd
	out  *watched
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	d := &demo{settings: defaults(t), log: testLog(), out: io.Discard, puzzles: flat{}, started: time.Now()}
	if err := d.prepare(false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cleanUp() })
	v := &victim{t: t, d: d, dir: t.TempDir(), base: "http://" + freeAddress(t)}
	d.base = v.base
	if err := d.addAccounts(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.kill)
	v.start()
	return v
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (v *victim) start() {
	v.t.Helper()
	s := v.d.settings
	v.cmd = exec.Command(os.Args[0], "serve", "--worker")
	v.out = &watched{}
	v.cmd.Stdout, v.cmd.Stderr = v.out, v.out
	v.cmd.Env = []string{childEnv + "=1", "LISTEN=" + strings.TrimPrefix(v.base, "http://"), "DATA_DIR=" + v.dir,
		"WX_API_BASE=" + s.WXAPIBase.String(), "WX_OPEN_BASE=" + s.WXOpenBase.String(), "WX_TEMPLATES=" + s.Templates, "PARTNER_KEYS=" + s.PartnerKeys, "WEBHOOK_ALLOW_LOOPBACK=on", "QUIET_HOURS=off",
		"WX_OA_APPID=" + s.OA.AppID, "WX_OA_SECRET=" + s.OA.Secret.Reveal(), "WX_OA_TOKEN=" + s.OA.Token.Reveal(), "WX_OA_AES_KEY=" + s.OA.AESKey.Reveal(),
		"WX_MP_APPID=" + s.MP.AppID, "WX_MP_SECRET=" + s.MP.Secret.Reveal(), "WX_MP_TOKEN=" + s.MP.Token.Reveal(), "WX_MP_AES_KEY=" + s.MP.AESKey.Reveal(),
		"SMS_PROVIDER=" + s.SMS.Provider, "SMS_KEY_ID=" + s.SMS.KeyID.Reveal(), "SMS_KEY_SECRET=" + s.SMS.KeySecret.Reveal(), "SMS_APP_ID=" + s.SMS.AppID,
		"SMS_TEMPLATES=" + s.SMS.Templates, "SMS_ENDPOINT=" + s.SMS.Endpoint.String(),
		"TMPDIR=" + os.TempDir()}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	defer cancel()
	for {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/readyz", nil)
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if pause(ctx, 10*time.Millisecond) != nil {
			v.t.Fatalf("the server does not come up:\n%s", v.out)
		}
	}
}

// kill is kill -9: nothing is flushed, closed or finished.
func (v *victim) kill() {
	if v.cmd != nil && v.cmd.Process != nil {
		_ = v.cmd.Process.Signal(syscall.SIGKILL)
		_ = v.cmd.Wait()
	}
}

// TestKilledServerLosesNothing kills the whole server -9 while students sign up and messages leave. Every enterprise's
// phone shows its sign-up exactly once.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	const enterprises, kills = 10, 4
	v := newVictim(t)
	ctx, d := t.Context(), v.d
	d.connect()
	if _, err := d.registerSchool(ctx); err != nil {
		t.Fatal(err)
	}
	var people []demoEnterprise
	for i := range enterprises {
		people = append(people, demoEnterprise{Name: fmt.Sprintf("企业%d", i), Code: actstest.USCC(int64(i)), Mobile: fmt.Sprintf("1370000%04d", i),
			Owner: "王经理", OpenID: fmt.Sprintf("oVictim%021d", i), Positions: []internship.PositionInput{demoPosition(time.Now(), "焊工", "机械部", "2K-3K", 9)}})
	}
	for _, play := range []func(context.Context) (string, error){
		func(ctx context.Context) (string, error) { return d.activateAll(ctx, people) }, d.publish, d.bind} {
		if _, err := play(ctx); err != nil {
			t.Fatal(err)
		}
	}
	applied := make(chan error, enterprises)
	go func() {
		for i, s := range d.staff {
			applied <- v.applyUntilDone(ctx, s, []string{"2024001", "2024002"}[i%2])
		}
	}()
	for i := range enterprises {
		if err := <-applied; err != nil {
			t.Fatal(err)
		}
		if i%(enterprises/kills) == 0 {
			v.kill()
			v.start()
		}
	}
	for _, s := range d.staff {
		v.seesOnce(s)
	}
}

// applyUntilDone repeats an application under one idempotency key until it is answered, as the students' app does.
func (v *victim) applyUntilDone(ctx context.Context, s *demoStaff, number string) error {
	for {
		student := v.d.studentIDs[number]
		err := v.d.students.Post(ctx, "/partner/v1/students/"+student+"/applications", "apply-"+s.Code,
			map[string]any{"planId": v.d.planID, "positionId": s.positions[0], "edition": 1}, nil)
		var p *partnerapi.Problem
		if err == nil || errors.As(err, &p) && p.Status < 500 && p.Code != "idempotency.in_flight" {
			return err
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// seesOnce waits for the sign-up on a phone, gives a second one the time to come, and counts.
func (v *victim) seesOnce(s *demoStaff) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 60*time.Second)
	defer cancel()
	if err := v.d.sim.Wait(ctx, s.OpenID, func(m []wxsim.Message) bool {
		return slices.ContainsFunc(m, func(m wxsim.Message) bool { return m.Title == "签约申请提醒" })
	}); err != nil {
		v.t.Fatalf("%s was not told: %v\n%s", s.Name, err, v.out)
	}
	if got := v.d.work(s.OpenID); len(got) != 1 {
		v.t.Errorf("%s sees %d messages", s.Name, len(got))
	}
}
