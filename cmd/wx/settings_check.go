package main

import (
	"os"
	"slices"
	"strings"
)

// check looks at the settings together. What a single setting may be, its kind has checked before.
func (l *loaded) check() {
	l.checkAccount("WX_OA_", &l.values.OA)
	l.checkAccount("WX_MP_", &l.values.MP)
	l.checkAccounts()
	l.checkSMS()
	l.checkRegistry()
	l.checkAddresses()
	l.checkEngines()
	l.checkKeys()
}

func (l *loaded) fail(text string) { l.problems = append(l.problems, text) }

func (l *loaded) warn(text string) { l.warnings = append(l.warnings, text) }

// isSet tells whether a setting was given, valid or not: one that is merely wrong must not be called missing as well.
func (l *loaded) isSet(name string) bool {
	for i := range l.table {
		if l.table[i].name == name {
			return l.table[i].text != "" || l.table[i].broken
		}
	}
	return false
}

// public tells whether others than this machine reach us.
func (l *loaded) public() bool {
	return l.values.PublicURL != nil && !isLoopback(l.values.PublicURL.Hostname())
}

// checkAccount holds that an account is set whole or not at all.
func (l *loaded) checkAccount(prefix string, account *Account) {
	needed := []string{prefix + "APPID", prefix + "SECRET", prefix + "TOKEN"}
	if account.Mode != modePlain {
		needed = append(needed, prefix+"AES_KEY")
	}
	var missing []string
	for _, name := range needed {
		if !l.isSet(name) {
			missing = append(missing, name)
		}
	}
	some := len(missing) < len(needed) || l.isSet(prefix+"AES_KEY")
	if some && len(missing) > 0 {
		l.fail(strings.Join(missing, ", ") + " missing: set all of " + strings.Join(needed, ", ") + ", or none of them")
	}
	if some && account.Mode == modePlain && l.public() {
		l.warn(prefix + "MODE is plain: callbacks travel unsealed and their content is not signed; choose safe mode at WeChat and here")
	}
}

// checkAccounts looks at what the accounts need together.
func (l *loaded) checkAccounts() {
	s := l.values
	if s.OA.IsSet() && s.OA.AppID == s.MP.AppID {
		l.fail("WX_MP_APPID is the same as WX_OA_APPID: the mini-program and the official account have one AppID each")
	}
	wechat := s.WXAPIBase != nil && strings.HasSuffix(s.WXAPIBase.Hostname(), ".weixin.qq.com")
	if s.OA.IsSet() && wechat && !l.isSet("WX_TEMPLATES") {
		l.fail("WX_TEMPLATES is missing: set it to the file that names the official account's message templates, without them nobody is told anything")
	}
	if s.WXAPIBase != nil && s.WXAPIBase.Scheme == "http" && !isLoopback(s.WXAPIBase.Hostname()) {
		l.warn("WX_API_BASE is http:// on another machine: secrets and tokens travel in the clear; use https://")
	}
	if l.public() && !l.isSet("WX_OA_APPID") {
		l.warn("WX_OA_APPID is unset: there is no official account, so no WeChat message is sent")
	}
	if l.public() && !l.isSet("PARTNER_KEYS") {
		l.warn("PARTNER_KEYS is unset: no school, students' app or province can reach the partner API")
	}
}

// checkSMS holds that the provider of text messages has what it needs.
func (l *loaded) checkSMS() {
	s := &l.values.SMS
	needed := map[string][]string{
		smsTencent: {"SMS_KEY_ID", "SMS_KEY_SECRET", "SMS_APP_ID", "SMS_TEMPLATES"},
		smsAlibaba: {"SMS_KEY_ID", "SMS_KEY_SECRET", "SMS_TEMPLATES"},
	}[s.Provider]
	var missing, idle []string
	for _, name := range []string{"SMS_KEY_ID", "SMS_KEY_SECRET", "SMS_APP_ID", "SMS_TEMPLATES"} {
		switch {
		case slices.Contains(needed, name) && !l.isSet(name):
			missing = append(missing, name)
		case !slices.Contains(needed, name) && l.isSet(name):
			idle = append(idle, name)
		}
	}
	switch {
	case !l.isSet("SMS_PROVIDER") && len(idle) > 0:
		l.fail("SMS_PROVIDER is missing: set it to tencent or alibaba beside " + strings.Join(idle, ", "))
	case l.isSet("SMS_PROVIDER") && s.Provider != "" && len(idle) > 0:
		l.warn(strings.Join(idle, ", ") + " have no effect with SMS_PROVIDER=" + s.Provider)
	}
	if len(missing) > 0 {
		l.fail(strings.Join(missing, ", ") + " missing: SMS_PROVIDER=" + s.Provider + " needs " + strings.Join(needed, ", "))
	}
	if l.public() && !l.isSet("SMS_PROVIDER") {
		l.warn("SMS_PROVIDER is unset: nobody gets an SMS code, so nobody can register, log in by code or find an account again")
	}
	if l.public() && s.Provider == smsConsole {
		l.warn("SMS_PROVIDER is console while PUBLIC_URL is public: codes are shown at the console and reach nobody")
	}
	if s.Endpoint != nil && s.Endpoint.Scheme == "http" && !isLoopback(s.Endpoint.Hostname()) {
		l.warn("SMS_ENDPOINT is http:// on another machine: mobiles and codes travel in the clear; use https://")
	}
}

// checkRegistry holds that the registry is set whole or not at all.
func (l *loaded) checkRegistry() {
	address, token := l.isSet("REGISTRY_URL"), l.isSet("REGISTRY_TOKEN")
	switch {
	case address && !token:
		l.fail("REGISTRY_TOKEN is missing: set it beside REGISTRY_URL")
	case token && !address:
		l.fail("REGISTRY_URL is missing: set it beside REGISTRY_TOKEN, or neither")
	case !address && l.public():
		l.warn("REGISTRY_URL is unset: no registration is compared with the market regulator's data, reviewers look themselves")
	}
	if u := l.values.RegistryURL; u != nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		l.warn("REGISTRY_URL is http:// on another machine: the token travels in the clear; use https://")
	}
}

// checkAddresses looks at where we listen and what others call us.
func (l *loaded) checkAddresses() {
	s := l.values
	others := s.Listen.IsValid() && !s.Listen.Addr().IsLoopback()
	if others && !l.isSet("PUBLIC_URL") {
		l.fail("PUBLIC_URL is missing: LISTEN lets other machines in, so set it to the address by which they come, such as https://shixi.example.com")
	}
	if l.public() && !others && len(s.TrustedProxies) == 0 && !l.isSet("TRUSTED_PROXIES") {
		l.warn("TRUSTED_PROXIES is unset although a proxy on this machine must stand before LISTEN: all callers look like that proxy; set 127.0.0.1")
	}
	listeners := map[uint16]string{}
	for _, each := range []struct {
		name string
		port uint16
	}{
		{"LISTEN", s.Listen.Port()},
		{"EMBEDDED_MONGODB_LISTEN", s.EmbeddedMongoDBListen.Port()},
		{"EMBEDDED_REDIS_LISTEN", s.EmbeddedRedisListen.Port()},
	} {
		if other, taken := listeners[each.port]; taken && each.port != 0 {
			l.fail(each.name + " has the port of " + other + ": choose another, or 0 for a free one")
		}
		listeners[each.port] = each.name
	}
}

// checkEngines holds that nobody serves the public from engines meant for trial without having chosen so. Both engines
// must be of one sort there: with real documents and a queue per process, the limits that WeChat sets would be counted
// by each process alone; with an embedded engine and a real queue, other processes would find no documents. Both
// embedded is one process's trial with real phones, and allowed where a restart doesn't lose what people entered.
func (l *loaded) checkEngines() {
	mongodb, redis := l.isSet("MONGODB_URI"), l.isSet("REDIS_URL")
	if mongodb && l.isChosen("EMBEDDED_MONGODB_LISTEN") {
		l.warn("EMBEDDED_MONGODB_LISTEN has no effect: MONGODB_URI is set")
	}
	if redis && l.isChosen("EMBEDDED_REDIS_LISTEN") {
		l.warn("EMBEDDED_REDIS_LISTEN has no effect: REDIS_URL is set")
	}
	if mongodb && l.values.WebhookAllowLoopback == "on" {
		l.fail("WEBHOOK_ALLOW_LOOPBACK is on beside MONGODB_URI: it is for trials on one machine, set it to off")
	}
	if !l.public() {
		return
	}
	switch {
	case mongodb && !redis:
		l.fail("REDIS_URL is missing: set it beside MONGODB_URI, because PUBLIC_URL is public and the embedded queue is not shared by processes")
	case redis && !mongodb:
		l.fail("MONGODB_URI is missing: set it beside REDIS_URL, because PUBLIC_URL is public and the embedded documents are not shared by processes")
	case !mongodb && !l.isSet("DATA_DIR"):
		l.fail("MONGODB_URI is missing: PUBLIC_URL is public, so set MONGODB_URI and REDIS_URL; or, for a trial in one process, DATA_DIR, so that a restart loses nothing")
	case !mongodb:
		l.warn("MONGODB_URI and REDIS_URL are unset while PUBLIC_URL is public: the embedded engines are for trial, in one process")
	}
}

// isChosen tells whether a setting with a default was given all the same.
func (l *loaded) isChosen(name string) bool {
	for i := range l.table {
		if l.table[i].name == name {
			return l.table[i].source != fromDefault
		}
	}
	return false
}

// checkKeys looks at what protects data.
func (l *loaded) checkKeys() {
	if l.isSet("MONGODB_URI") && !l.isSet("KEYSET") {
		l.fail("KEYSET is missing: put what wx keyset prints into a file and set KEYSET_FILE, because MONGODB_URI is set and personal data are stored sealed")
	}
	if path := l.values.PartnerKeys; path != "" {
		if info, err := os.Stat(path); err == nil && openToOthers(path, info.Mode()) {
			l.warn("PARTNER_KEYS names a file that other users of this machine can read or change: chmod 600 it")
		}
	}
}
