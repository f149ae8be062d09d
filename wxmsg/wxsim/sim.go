// Package wxsim is a simulated WeChat platform: the server side of one or more
// 服务号 and 小程序, their followers' phones, and the callbacks the platform
// posts back. Tests and the demo run it in process; `wx sim` runs it alone.
//
// It is strict: where the platform refuses, it refuses, with the platform's
// errcode and errmsg (wechat.md §1.5, §3). What it does beyond or short of the
// platform is said at the function that does it.
//
// A *Sim is an http.Handler for every host of WeChat at once (api.weixin.qq.com,
// mp.weixin.qq.com, open.weixin.qq.com) and a control API for what people do:
// follow, scan, tap, switch messages off. All of it is safe for concurrent use.
package wxsim

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of the control API. Match with errors.Is.
var (
	// ErrUnknownApp: no such appid was added.
	ErrUnknownApp = errors.New("wxsim: unknown appid")
	// ErrUnknownUser: the appid has no such openid.
	ErrUnknownUser = errors.New("wxsim: unknown openid")
	// ErrUnknownScene: no live QR code of the account carries the scene. To
	// forge a scan of a code that never was, use Push.
	ErrUnknownScene = errors.New("wxsim: no live QR code with this scene")
	// ErrOpenIDTaken: the openid belongs to another appid; WeChat never gives
	// one openid to two accounts (wechat.md §6.2).
	ErrOpenIDTaken = errors.New("wxsim: openid belongs to another appid")
	// ErrConfig: an app, a template or an option can't be used as given.
	ErrConfig = errors.New("wxsim: bad configuration")
	// ErrCallback: the app's callback did not answer 200 with an empty body,
	// "success" or a valid reply in three attempts.
	ErrCallback = errors.New("wxsim: callback did not accept the message")
	// ErrNotLoopback: Start was asked to listen beyond this machine.
	ErrNotLoopback = errors.New("wxsim: listens on loopback only")
)

const (
	defaultPhoneLimit      = 200
	defaultCallbackTimeout = 5 * time.Second // wechat.md §4.1
	maxPosting             = 64              // receipts in flight at once
)

// Options of a simulator. The zero value is usable.
type Options struct {
	// Now is the platform's clock: expiry of tokens, codes and QR codes, the
	// de-duplication window, quotas, CreateTime. Default time.Now. Latencies
	// and receipt delays pass in real time whatever Now says.
	Now func() time.Time
	// Log receives refusals and failed callbacks; no secret, token or openid is
	// logged. Default: nothing is logged.
	Log *slog.Logger
	// Latency passes before each API call is processed. The call is processed
	// even when the caller has given up waiting by then, as on a real network.
	Latency time.Duration
	// Seed makes tokens, ids and codes repeatable; 0 takes a random seed.
	Seed uint64
	// PhoneLimit is how many messages are kept per openid, oldest dropped
	// first. Default 200.
	PhoneLimit int
	// CallbackTimeout is how long a callback may take to answer. Default 5 s,
	// as WeChat's.
	CallbackTimeout time.Duration
	// Hosts are host names, besides localhost and loopback addresses, under
	// which /sim may be opened, such as a development proxy's.
	Hosts []string
}

// Sim is one simulated platform. Make it with New, end it with Close.
type Sim struct {
	opts      Options
	client    *http.Client
	endpoints map[string]endpoint
	pages     map[string]http.HandlerFunc
	faults    faultList
	view      *template.Template
	posting   chan struct{} // slots for receipts in flight
	waiting   atomic.Int64  // receipts on their way

	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	server     *http.Server
	random     *rand.Rand
	apps       map[string]*account
	appOrder   []string
	users      map[string]*user // by openid
	userOrder  []string
	tokens     map[string]*token
	codes      fading[*code]
	webTokens  fading[webToken]
	dedupe     fading[int64] // openid + client_msg_id → msgid
	lastMsgID  int64
	calls      map[string]int
	answers    map[string]map[int]int
	stats      Stats
	generation atomic.Uint64 // grows with every change /sim can show
}

// New makes a platform with no accounts.
func New(opts Options) *Sim {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.PhoneLimit = cmp.Or(opts.PhoneLimit, defaultPhoneLimit)
	opts.CallbackTimeout = cmp.Or(opts.CallbackTimeout, defaultCallbackTimeout)
	life, end := context.WithCancel(context.Background())
	s := &Sim{
		opts:      opts,
		client:    callbackClient(),
		posting:   make(chan struct{}, maxPosting),
		life:      life,
		end:       end,
		random:    newRandom(opts.Seed),
		apps:      make(map[string]*account),
		users:     make(map[string]*user),
		tokens:    make(map[string]*token),
		codes:     newFading[*code](2 * codeLife),
		webTokens: newFading[webToken](tokenLife),
		dedupe:    newFading[int64](dedupeWindow),
		lastMsgID: 3_500_000_000_000_000_000, // real ones have 19 digits (wechat.md §1.1)
		calls:     make(map[string]int),
		answers:   make(map[string]map[int]int),
	}
	s.endpoints = s.routes()
	s.pages = s.htmlPages()
	s.view = parseView()
	return s
}

func newRandom(seed uint64) *rand.Rand {
	if seed == 0 {
		var b [8]byte
		crand.Read(b[:]) // never fails
		seed = binary.LittleEndian.Uint64(b[:])
	}
	return rand.New(rand.NewPCG(seed, 0x7778_7369_6d00_0001))
}

// Start serves the platform on a loopback address such as "127.0.0.1:0" and
// returns its base URL, without a slash at the end. An empty listen takes any
// free port. Other than loopback addresses are refused with ErrNotLoopback:
// the simulator knows no authentication.
func (s *Sim) Start(listen string) (string, error) {
	address, err := loopback(cmp.Or(listen, "127.0.0.1:0"))
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen for the simulated WeChat: %w", err)
	}
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
	}
	s.mu.Lock()
	closed, started := s.closed, s.server != nil
	if !closed && !started {
		s.server = server
	}
	s.mu.Unlock()
	if closed || started {
		listener.Close()
		return "", fmt.Errorf("%w: already started or closed", ErrConfig)
	}
	s.work.Go(func() { _ = server.Serve(listener) })
	return "http://" + listener.Addr().String(), nil
}

// loopback checks that a listen address names this machine only and returns it
// with the name localhost resolved.
func loopback(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("%w: address %q: %w", ErrConfig, listen, err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", fmt.Errorf("%w: %q", ErrNotLoopback, host)
	}
	return net.JoinHostPort(host, port), nil
}

// Close stops the server, drops receipts not yet posted and waits for what is
// in flight. The phones can still be read.
func (s *Sim) Close() {
	s.mu.Lock()
	s.closed = true
	server := s.server
	s.mu.Unlock()
	s.end()
	if server != nil {
		_ = server.Close()
	}
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// spawn runs f in a goroutine that Close waits for; after Close it does nothing.
func (s *Sim) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Go(f)
	}
}

// sleep waits in real time; false means the simulator was closed meanwhile.
func (s *Sim) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.life.Done():
		return false
	}
}
