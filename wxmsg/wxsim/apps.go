package wxsim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"shixi/wxmsg"
)

// Kind is what an account is: a 服务号 or a 小程序.
type Kind int

const (
	// OA is a verified 服务号: it has followers, template messages, QR codes.
	OA Kind = iota
	// MP is a 小程序: it has logins, phone numbers, subscribe messages.
	MP
)

// Callback modes and formats of an account, as its console offers them
// (wechat.md §4.1). The mixed 兼容 mode is not simulated.
const (
	ModeSafe   = "safe"
	ModePlain  = "plain"
	FormatXML  = "xml"
	FormatJSON = "json"
)

// maxTemplates is the size of an account's template library (wechat.md §1.2).
const maxTemplates = 25

// defaultDailyQuota is the daily cap of template messages (wechat.md §1.2).
const defaultDailyQuota = 100_000

// App is one account of the platform.
type App struct {
	Kind       Kind
	Name       string // shown on phones; default the appid
	AppID      string
	Secret     string
	OriginalID string // gh_…; ToUserName of callbacks
	Token      string // callback token
	AESKey     string // EncodingAESKey, 43 characters; needed in safe mode
	Mode       string // ModeSafe (default) or ModePlain
	Format     string // FormatXML (default) or FormatJSON
	Callback   string // absolute http(s) URL; empty posts no callbacks
	// Linked are the appids of the 小程序 associated with a 服务号; others are
	// refused in a template message with 40013.
	Linked []string
	// Pages are the released pages of a 小程序, without query; others are
	// refused in a subscribe message with 41030. Empty: not checked.
	Pages []string
	// OAuthDomain is the 网页授权域名, a bare host. Empty: not checked.
	OAuthDomain string
	// DailyQuota caps template/send calls a day (Asia/Shanghai); 0 means
	// 100 000, negative none at all. Beyond: 45009.
	DailyQuota int
	// MinuteQuota caps template/send calls a minute; 0 means no cap. Beyond: 45011.
	MinuteQuota int
	// PhoneQuota is how many phone numbers the account has paid for
	// (getuserphonenumber); 0 means no cap, negative none at all. Beyond: 1400001.
	PhoneQuota int
}

// Keyword is one row of a template.
type Keyword struct {
	Key  string // typed key such as "thing1" (wechat.md §1.4)
	Name string // what the phone shows before the value
	// Allowed lists the values of an enumerated or constant row; a value not
	// in it is refused with 47003. Empty: the key's type alone decides.
	Allowed []string
}

// Template is one entry of an account's template library (类目模板).
type Template struct {
	ID       string
	Title    string
	Keywords []Keyword
}

// account is the platform's side of an App. Guarded by Sim.mu.
type account struct {
	App
	cipher    *wxmsg.Cipher // nil without an AESKey
	templates map[string]*libraryTemplate
	order     []string // template ids in order of arrival
	stable    stableIssuer
	classic   classicIssuer
	refuseAll bool // every token of the account answers 40001
	daily     meter
	minute    meter
	receipts  Receipts
	held      []Receipt
	tickets   map[string]*ticket // by ticket
	scenes    map[string]*ticket // by scene
	jsTicket  jsTicket
	fetches   int
	clears    meter // clear_quota
	phones    int   // numbers told
}

type libraryTemplate struct {
	Template
	banned bool
}

// AddApp adds an account. It fails with ErrConfig on a second account with the
// same appid, an unusable callback key, mode, format or URL.
func (s *Sim) AddApp(app App) error {
	a, err := newAccount(app)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.apps[app.AppID] != nil {
		return fmt.Errorf("%w: appid %s added twice", ErrConfig, app.AppID)
	}
	s.apps[app.AppID] = a
	s.appOrder = append(s.appOrder, app.AppID)
	return nil
}

func newAccount(app App) (*account, error) {
	if app.Name == "" {
		app.Name = app.AppID
	}
	if app.Mode == "" {
		app.Mode = ModeSafe
	}
	if app.Format == "" {
		app.Format = FormatXML
	}
	if app.DailyQuota == 0 {
		app.DailyQuota = defaultDailyQuota
	}
	a := &account{
		App:       app,
		templates: make(map[string]*libraryTemplate),
		tickets:   make(map[string]*ticket),
		scenes:    make(map[string]*ticket),
	}
	return a, a.check()
}

// check looks at what the console of an account would refuse, and sets cipher.
func (a *account) check() error {
	switch {
	case a.AppID == "" || a.Secret == "":
		return fmt.Errorf("%w: appid and secret are needed", ErrConfig)
	case a.Mode != ModeSafe && a.Mode != ModePlain:
		return fmt.Errorf("%w: mode %q", ErrConfig, a.Mode)
	case a.Format != FormatXML && a.Format != FormatJSON:
		return fmt.Errorf("%w: format %q", ErrConfig, a.Format)
	}
	if err := checkCallback(a.Callback); err != nil {
		return err
	}
	if a.AESKey != "" {
		cipher, err := wxmsg.NewCipher(a.Token, a.AESKey, a.AppID)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
		a.cipher = cipher
	}
	if a.Mode == ModeSafe && a.Callback != "" && a.cipher == nil {
		return fmt.Errorf("%w: safe mode needs token and AESKey", ErrConfig)
	}
	return nil
}

func checkCallback(callback string) error {
	if callback == "" {
		return nil
	}
	u, err := url.Parse(callback)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%w: callback URL %q", ErrConfig, callback)
	}
	return nil
}

// SetCallback changes where an account's callbacks go; empty stops them. Like
// AddApp it fails with ErrConfig on an unusable URL, or a safe-mode account
// without key.
func (s *Sim) SetCallback(appID, callback string) error {
	return s.withApp(appID, func(a *account) error {
		changed := *a
		changed.Callback = callback
		if err := changed.check(); err != nil {
			return err
		}
		a.Callback = callback
		return nil
	})
}

// AddTemplate puts a template into an account's library, replacing one with
// the same id. It fails with ErrConfig when the library is full (25) or the
// template has no id, no keywords or a key that is not typed (wechat.md §1.4).
func (s *Sim) AddTemplate(appID string, t Template) error {
	if t.ID == "" || len(t.Keywords) == 0 {
		return fmt.Errorf("%w: a template needs an id and keywords", ErrConfig)
	}
	for _, k := range t.Keywords {
		if _, err := wxmsg.TypeOf(k.Key); err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	return s.withApp(appID, func(a *account) error {
		if a.templates[t.ID] == nil {
			if len(a.templates) >= maxTemplates {
				return fmt.Errorf("%w: a template library holds %d", ErrConfig, maxTemplates)
			}
			a.order = append(a.order, t.ID)
		}
		t.Keywords = slices.Clone(t.Keywords)
		a.templates[t.ID] = &libraryTemplate{Template: t}
		return nil
	})
}

// RemoveTemplate deletes a template, as an operator or a change of category
// does; sends with it answer 40037.
func (s *Sim) RemoveTemplate(appID, templateID string) error {
	return s.withApp(appID, func(a *account) error {
		delete(a.templates, templateID)
		a.order = slices.DeleteFunc(a.order, func(id string) bool { return id == templateID })
		return nil
	})
}

// BanTemplate makes sends with a template answer 43116.
func (s *Sim) BanTemplate(appID, templateID string) error {
	return s.withApp(appID, func(a *account) error {
		t := a.templates[templateID]
		if t == nil {
			return fmt.Errorf("%w: no template %s", ErrConfig, templateID)
		}
		t.banned = true
		return nil
	})
}

// AppIDs lists the accounts in the order they were added.
func (s *Sim) AppIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.appOrder)
}

// TemplateIDs lists an account's library, sorted; nil for an unknown appid.
func (s *Sim) TemplateIDs(appID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[appID]
	if a == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(a.templates))
}

// withApp runs f on an account under the lock.
func (s *Sim) withApp(appID string, f func(*account) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[appID]
	if a == nil {
		return fmt.Errorf("%w: %s", ErrUnknownApp, appID)
	}
	return f(a)
}
