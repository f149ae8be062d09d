package wxsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxPhonesShown = 48
	maxCardsShown  = 30
	maxPeople      = 200 // that /sim may add
)

// phonesView is everything /sim shows.
type phonesView struct {
	Phones  []phoneView
	Hidden  int // phones beyond maxPhonesShown
	Scenes  []sceneView
	Faults  []string
	Presets []preset
	Notice  string
}

// phoneView is one person's phone: every openid with the same unionid.
type phoneView struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Accounts []contactView `json:"accounts"`
	Cards    []cardView    `json:"cards"` // oldest first
}

// contactView is one account on a phone.
type contactView struct {
	AppID    string `json:"appid"`
	Name     string `json:"name"`
	OpenID   string `json:"openid"`
	MP       bool   `json:"mini_program"`
	Follows  bool   `json:"follows"`
	Blocked  bool   `json:"blocked"`
	Grants   int    `json:"grants"`
	Scenes   bool   `json:"-"` // there is a code to scan
	Datalist string `json:"-"`
}

// cardView is one message or reply on a phone.
type cardView struct {
	Account string    `json:"account"`
	Initial string    `json:"-"`
	Title   string    `json:"title,omitempty"`
	Rows    []Value   `json:"rows,omitempty"`
	Text    string    `json:"text,omitempty"` // of a passive reply
	URL     string    `json:"url,omitempty"`  // http or https only
	Page    string    `json:"page,omitempty"`
	MP      bool      `json:"opens_mini_program"`
	MsgID   string    `json:"msgid,omitempty"` // text: it exceeds what JavaScript counts exactly
	At      time.Time `json:"at"`
	Clock   string    `json:"-"`
}

type sceneView struct {
	Datalist string
	Scenes   []string
}

// phones builds the view of all phones, first known first.
func (s *Sim) phones() phonesView {
	v := phonesView{Presets: presets()}
	for _, appID := range s.AppIDs() {
		if scenes := s.Scenes(appID); len(scenes) > 0 {
			v.Scenes = append(v.Scenes, sceneView{Datalist: "scenes-" + appID, Scenes: scenes})
		}
	}
	for _, f := range s.Faults() {
		v.Faults = append(v.Faults, describe(f))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	index := make(map[string]int) // person → place in v.Phones
	for n, openID := range s.userOrder {
		u := s.users[openID]
		who := cmp.Or(u.UnionID, openID)
		i, known := index[who]
		if !known {
			if len(v.Phones) == maxPhonesShown {
				v.Hidden++
				continue
			}
			i = len(v.Phones)
			index[who] = i
			v.Phones = append(v.Phones, phoneView{ID: fmt.Sprintf("p%d", n)})
		}
		s.addContact(&v.Phones[i], u, v.Scenes)
	}
	for i := range v.Phones {
		v.Phones[i].tidy()
	}
	return v
}

// addContact adds one openid of a person to the phone. Needs s.mu.
func (s *Sim) addContact(p *phoneView, u *user, scenes []sceneView) {
	app := s.apps[u.AppID]
	p.Name = cmp.Or(p.Name, u.Name)
	contact := contactView{
		AppID: u.AppID, Name: app.Name, OpenID: u.OpenID, MP: app.Kind == MP,
		Follows: u.Subscribed, Blocked: u.blocked, Datalist: "scenes-" + u.AppID,
	}
	contact.Scenes = slices.ContainsFunc(scenes, func(v sceneView) bool { return v.Datalist == contact.Datalist })
	for _, n := range u.grants {
		contact.Grants += n
	}
	p.Accounts = append(p.Accounts, contact)
	for _, m := range u.messages[max(0, len(u.messages)-maxCardsShown):] {
		p.Cards = append(p.Cards, cardOf(m))
	}
	for _, r := range u.replies {
		card := cardView{Account: r.AppName, Text: cmp.Or(r.Text, "["+r.Kind+"]"), URL: webLink(r.URL), At: r.At}
		p.Cards = append(p.Cards, card)
	}
}

func cardOf(m Message) cardView {
	card := cardView{
		Account: m.AppName, Title: m.Title, Rows: m.Values, Page: m.Page,
		MP: m.MiniProgram != "", MsgID: fmt.Sprint(m.MsgID), At: m.At,
	}
	if m.Subscribe {
		card.Account = "服务通知 · " + m.AppName
	}
	if !card.MP {
		card.URL = webLink(m.URL)
	}
	return card
}

// webLink lets only web addresses become links.
func webLink(address string) string {
	lower := strings.ToLower(address)
	if strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") {
		return address
	}
	return ""
}

// tidy sorts the cards by time and fills in what is drawn.
func (p *phoneView) tidy() {
	p.Name = cmp.Or(p.Name, p.Accounts[0].OpenID)
	slices.SortStableFunc(p.Cards, func(a, b cardView) int { return a.At.Compare(b.At) })
	p.Cards = p.Cards[max(0, len(p.Cards)-maxCardsShown):]
	china := time.FixedZone("CST", 8*3600)
	for i := range p.Cards {
		c := &p.Cards[i]
		c.Clock = c.At.In(china).Format("1月2日 15:04")
		name := strings.TrimPrefix(c.Account, "服务通知 · ")
		first, _ := utf8.DecodeRuneInString(name)
		c.Initial = string(first)
	}
}

// newPerson adds a person who has every account's openid and follows none.
func (s *Sim) newPerson(name string) error {
	s.mu.Lock()
	full := len(s.userOrder) >= maxPeople*max(1, len(s.appOrder))
	id := s.randomString(22)
	apps := slices.Clone(s.appOrder)
	s.mu.Unlock()
	if full || utf8.RuneCountInString(name) > 20 {
		return fmt.Errorf("%w: too many people or too long a name", ErrConfig)
	}
	for i, appID := range apps {
		u := User{AppID: appID, OpenID: fmt.Sprintf("o%d%s", i, id), UnionID: "u_" + id, Name: cmp.Or(name, "新用户")}
		if err := s.AddUser(u); err != nil {
			return err
		}
	}
	return nil
}
