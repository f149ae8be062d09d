package main

import (
	"log/slog"
	"net/netip"
	"net/url"
	"time"
)

// Settings are all there are. Each field is one setting: its flag (name), its environment variable (env), the kind of
// its value (type, see settingKinds), its default with the reason for it. A setting marked secret may also come from the
// file that the environment variable with _FILE added names. The flag wins over the environment, the environment over
// the default; an empty value is the same as none.
type Settings struct {
	// Listen is the address of the HTTP server. Port 0 takes a free one.
	Listen netip.AddrPort `name:"listen" env:"LISTEN" type:"listen" default:"127.0.0.1:8080" help:"Address and port of the HTTP server." reason:"A fresh start is reached from this machine only; in a container the image sets 0.0.0.0:8080."`

	// DataDir is where the embedded engine journals, "" to keep nothing.
	DataDir string `name:"data-dir" env:"DATA_DIR" type:"dir" help:"Folder for the journal of the embedded documents." reason:"None: a trial leaves nothing behind. With MONGODB_URI the documents are not on this machine anyway."`

	// PublicURL is the address under which browsers, phones and WeChat reach us; nil when unset, see BaseURL.
	PublicURL *url.URL `name:"public-url" env:"PUBLIC_URL" type:"public-url" help:"Address under which phones, browsers and WeChat reach the server." reason:"None: then it is the address of LISTEN, which only this machine reaches."`

	// MongoDBURI is the connection string of the documents; unset: the embedded engine.
	MongoDBURI Secret `name:"mongodb-uri" env:"MONGODB_URI" type:"mongodb-uri" secret:"" help:"Connection string of the MongoDB replica set (6 or later)." reason:"None: the embedded engine runs in this process, for trial and tests."`

	// RedisURL is where the queue is; unset: the embedded one. See RedisOptions.
	RedisURL Secret `name:"redis-url" env:"REDIS_URL" type:"redis-url" secret:"" help:"Redis (6.2 or later): redis://host:6379/0; Sentinel by ?master_name=, Cluster by ?addr=." reason:"None: the embedded queue runs in this process and is rebuilt from the documents at each start."`

	// EmbeddedMongoDBListen is where the embedded documents can be looked into.
	EmbeddedMongoDBListen netip.AddrPort `name:"embedded-mongodb-listen" env:"EMBEDDED_MONGODB_LISTEN" type:"loopback" default:"127.0.0.1:0" help:"Loopback address on which mongosh reaches the embedded documents." reason:"A free port, shown at start: two trials on one machine don't meet. Loopback only, since it asks for no password."`

	// EmbeddedRedisListen is where the embedded queue can be looked into.
	EmbeddedRedisListen netip.AddrPort `name:"embedded-redis-listen" env:"EMBEDDED_REDIS_LISTEN" type:"loopback" default:"127.0.0.1:0" help:"Loopback address on which redis-cli reaches the embedded queue." reason:"As EMBEDDED_MONGODB_LISTEN."`

	// Keyset seals personal data, as `wx keyset` makes it.
	Keyset Secret `name:"keyset" env:"KEYSET" type:"keyset" secret:"" help:"Tink keysets that seal personal data, as JSON; wx keyset makes one." reason:"None: there is no safe default for a key. Embedded documents get one of their own."`

	// WXAPIBase is the host of WeChat's server API, without a slash at its end.
	WXAPIBase *url.URL `name:"wx-api-base" env:"WX_API_BASE" type:"api-base" default:"https://api.weixin.qq.com" help:"WeChat's server API, or a proxy or simulator in its place." reason:"The general host, which WeChat itself routes to the nearest site."`

	// WXOpenBase is the host of the pages where people agree to tell who they are, without a slash at its end.
	WXOpenBase *url.URL `name:"wx-open-base" env:"WX_OPEN_BASE" type:"api-base" default:"https://open.weixin.qq.com" help:"WeChat's authorize pages, or a simulator in their place." reason:"The only host that WeChat's own browser opens them on."`

	// OA is the official account (服务号), which carries the messages.
	OA Account `embed:"" prefix:"wx-oa-" envprefix:"WX_OA_" set:"account=official account (服务号)"`

	// MP is the mini-program (小程序), which carries the work.
	MP Account `embed:"" prefix:"wx-mp-" envprefix:"WX_MP_" set:"account=mini-program (小程序)"`

	// VerifyFiles are the files, name to content, by which WeChat makes sure that PUBLIC_URL's domain is ours.
	VerifyFiles VerifyFiles `name:"wx-verify-files" env:"WX_VERIFY_FILES" type:"verify-files" help:"Domain verification files to serve at the root: name=content, with commas." reason:"None: WeChat gives them out when a domain is entered there."`

	// PageHosts are further hosts of our own pages.
	PageHosts []string `name:"page-hosts" env:"PAGE_HOSTS" type:"hosts" help:"Hosts of own web pages besides that of PUBLIC_URL, with commas: log-in returns to them and the JS-SDK is signed for them." reason:"None: the pages are served with the API. A host in this list is trusted as much as the program itself."`

	// Templates is the path of the YAML file of message templates, "" when unset.
	Templates string `name:"wx-templates" env:"WX_TEMPLATES" type:"file" help:"YAML file: the message template of each kind of message." reason:"None: template ids belong to one account."`

	// SMS is the provider of text messages.
	SMS SMS `embed:"" prefix:"sms-" envprefix:"SMS_"`

	// RegistryURL is where the market regulator's registry is asked, nil when it is not.
	RegistryURL *url.URL `name:"registry-url" env:"REGISTRY_URL" type:"service-url" help:"Address that answers what the market regulator has on an enterprise's code, see docs/registry.md." reason:"None: no public provider is prescribed. Reviewers then look themselves."`

	// RegistryToken is shown there.
	RegistryToken Secret `name:"registry-token" env:"REGISTRY_TOKEN" type:"bearer" secret:"" help:"Bearer token for REGISTRY_URL." reason:"None: the operator of REGISTRY_URL gives it out."`

	// PartnerKeys is the path of the YAML file of the partners' keys, "" when unset.
	PartnerKeys string `name:"partner-keys" env:"PARTNER_KEYS" type:"secret-file" help:"YAML file: the keys of schools, students' app and province." reason:"None: without a key the partner API admits nobody."`

	// WebhookAllowLoopback lets webhooks of PARTNER_KEYS be on this machine, without TLS: "on" or "off".
	WebhookAllowLoopback string `name:"webhook-allow-loopback" env:"WEBHOOK_ALLOW_LOOPBACK" type:"switch" default:"off" help:"Whether partners' webhooks may be on this machine, also without TLS: on or off." reason:"A webhook must not reach the inside of a network; on is for trials, and refused beside MONGODB_URI."`

	// QuietHours hold back all messages but the urgent ones.
	QuietHours QuietHours `name:"quiet-hours" env:"QUIET_HOURS" type:"quiet-hours" default:"22:00-07:00" help:"Hours in Asia/Shanghai in which no message is sent but complaints of danger; off for none." reason:"People sleep, and an account whose messages annoy loses the right to send them."`

	// InternShare is what becomes of more interns than the usual share of staff: an internship.SharePolicy.
	InternShare string `name:"intern-share" env:"INTERN_SHARE" type:"share" default:"warn" help:"More interns than 10 % of staff, or 20 % of those in like posts: warn, or block publishing and (10 %) accepting." reason:"The regulation says 一般 (as a rule), so there are exceptions, which a school or the province decides and not this program."`

	// Support says whom to ask, to all who use the pages; "" when nobody is named.
	Support string `name:"support" env:"SUPPORT" type:"words" help:"Whom users ask when they don't get on, shown on every page: a telephone number and its hours, such as 0371-12345678（工作日 9:00–17:00）." reason:"None: only the operator knows who answers."`

	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix `name:"trusted-proxies" env:"TRUSTED_PROXIES" type:"prefixes" help:"Addresses or networks (CIDR) of the proxies whose X-Forwarded-For is believed, with commas." reason:"None: anybody can write that header, and limits count by address."`

	// Limits are those that count by address.
	Limits AddressLimits `embed:""`

	// WorkerConcurrency is how many tasks one worker runs at once.
	WorkerConcurrency int `name:"worker-concurrency" env:"WORKER_CONCURRENCY" type:"concurrency" default:"60" help:"Tasks that one worker runs at once." reason:"A send takes about 300 ms, so 50 at once send 10 000 a minute, the burst to plan for; the rest is room for other tasks."`

	// CertificateMB and DocumentMB are the greatest sizes of uploaded files, in megabytes.
	CertificateMB int `name:"certificate-mb" env:"CERTIFICATE_MB" type:"megabytes" default:"2" help:"Megabytes that an uploaded certificate may have." reason:"The manual's limit: a legible scan has less."`
	DocumentMB    int `name:"document-mb" env:"DOCUMENT_MB" type:"megabytes" default:"10" help:"Megabytes that other uploaded files may have: plans, agreements, policies." reason:"A scan of twenty pages. 96 MB of uploads are taken at once, so larger ones wait for each other."`

	// ShutdownGrace is how long a stop waits for what is under way.
	ShutdownGrace time.Duration `name:"shutdown-grace" env:"SHUTDOWN_GRACE" type:"grace" default:"20s" help:"How long a stop waits for requests and tasks under way." reason:"Longer than the slowest WeChat call, and below the 30 s after which Kubernetes kills."`

	// LogLevel is the least level that is logged.
	LogLevel slog.Level `name:"log-level" env:"LOG_LEVEL" type:"log-level" default:"info" help:"Least level that is logged: debug, info, warn or error." reason:"One line per thing that happened; debug adds the expected refusals."`
}

// Account is one WeChat account. All of it is set, or nothing.
type Account struct {
	// AppID names the account; "" when the account is not set.
	AppID string `name:"appid" env:"APPID" type:"appid" help:"AppID of the ${account}." reason:"None: every account has its own."`

	// Secret is the AppSecret, with which access tokens are fetched.
	Secret Secret `name:"secret" env:"SECRET" type:"app-secret" secret:"" help:"AppSecret of the ${account}." reason:"None: every account has its own."`

	// Token signs the callbacks.
	Token Secret `name:"token" env:"TOKEN" type:"token" secret:"" help:"Token of the message push of the ${account}." reason:"None: every account has its own."`

	// AESKey is the EncodingAESKey, with which callbacks are sealed in safe mode.
	AESKey Secret `name:"aes-key" env:"AES_KEY" type:"aes-key" secret:"" help:"EncodingAESKey of the message push of the ${account}." reason:"None: every account has its own."`

	// Mode is modeSafe or modePlain. It is never taken from a request, which an attacker writes.
	Mode string `name:"mode" env:"MODE" type:"mode" default:"safe" help:"Whether callbacks of the ${account} are sealed: safe or plain." reason:"In plain mode the signature does not cover the body."`
}

// SMS is an account at a provider of text messages.
type SMS struct {
	// Provider is smsTencent, smsAlibaba or smsConsole; "" when there is none.
	Provider string `name:"provider" env:"PROVIDER" type:"sms-by" help:"Who sends text messages: tencent, alibaba, or console to show them at start instead." reason:"None: then nobody gets a code, and other messages wait for a provider as long as they are worth sending."`

	// KeyID and KeySecret sign the requests. The id is no secret, but looks like one that was put in the wrong place.
	KeyID     Secret `name:"key-id" env:"KEY_ID" type:"sms-key" secret:"" help:"SecretId (Tencent) or AccessKey ID (Alibaba) of the SMS account." reason:"None: every account has its own."`
	KeySecret Secret `name:"key-secret" env:"KEY_SECRET" type:"sms-secret" secret:"" help:"SecretKey (Tencent) or AccessKey Secret (Alibaba) of the SMS account." reason:"None: every account has its own."`

	// AppID is Tencent's SdkAppId.
	AppID string `name:"app-id" env:"APP_ID" type:"sms-app" help:"SdkAppId of the SMS application at Tencent." reason:"None: every application has its own."`

	// Templates is the path of the YAML file of signature and templates, "" when unset.
	Templates string `name:"templates" env:"TEMPLATES" type:"file" help:"YAML file: the SMS signature, and the template of each kind of text message." reason:"None: template ids belong to one account."`

	// Endpoint stands in for the provider's address; nil: its own.
	Endpoint *url.URL `name:"endpoint" env:"ENDPOINT" type:"api-base" help:"The provider's API, or a proxy or simulator in its place." reason:"None: the provider's general address."`
}

// AddressLimits are how much one address gets. An IPv6 address counts by its network (/64).
type AddressLimits struct {
	// LogInHourly and LogInDaily are tries to get in, by whatever way asks for a secret.
	LogInHourly int `name:"login-address-hourly" env:"LOGIN_ADDRESS_HOURLY" type:"limit" default:"100" help:"Tries to log in, activate or use a code that one address has in an hour; those that succeed do not count." reason:"Room for an office behind one address; raise it where mobile carriers put thousands behind one. Each account has limits of its own."`
	LogInDaily  int `name:"login-address-daily" env:"LOGIN_ADDRESS_DAILY" type:"limit" default:"1000" help:"The same in a day." reason:"As LOGIN_ADDRESS_HOURLY."`

	// SMSHourly and SMSDaily are SMS codes, each of which costs money.
	SMSHourly int `name:"sms-address-hourly" env:"SMS_ADDRESS_HOURLY" type:"limit" default:"20" help:"SMS codes that one address may have sent in an hour; those that are used do not count." reason:"Each costs money and rings on somebody's phone."`
	SMSDaily  int `name:"sms-address-daily" env:"SMS_ADDRESS_DAILY" type:"limit" default:"100" help:"The same in a day." reason:"As SMS_ADDRESS_HOURLY."`

	// PuzzlesHourly and PuzzlesDaily are slide puzzles.
	PuzzlesHourly int `name:"puzzles-address-hourly" env:"PUZZLES_ADDRESS_HOURLY" type:"limit" default:"300" help:"Slide puzzles that one address gets in an hour; those that led to a log-in do not count." reason:"Three for each try to log in: people miss the gap, too."`
	PuzzlesDaily  int `name:"puzzles-address-daily" env:"PUZZLES_ADDRESS_DAILY" type:"limit" default:"3000" help:"The same in a day." reason:"As PUZZLES_ADDRESS_HOURLY."`
}

// The modes of the message push, see [Account].
const (
	modeSafe  = "safe"
	modePlain = "plain"
)

// IsSet tells whether there is such an account.
func (a *Account) IsSet() bool { return a.AppID != "" }

// EmbeddedMongoDB tells whether the documents are kept in this process.
func (s *Settings) EmbeddedMongoDB() bool { return s.MongoDBURI.IsZero() }

// EmbeddedRedis tells whether the queue runs in this process.
func (s *Settings) EmbeddedRedis() bool { return s.RedisURL.IsZero() }

// BaseURL is PUBLIC_URL, or when that is unset the address the server really listens on.
func (s *Settings) BaseURL(listening netip.AddrPort) *url.URL {
	if s.PublicURL != nil {
		base := *s.PublicURL
		return &base
	}
	return &url.URL{Scheme: "http", Host: reachable(listening).String()}
}

// reachable turns the address of a listener into one that this machine can call.
func reachable(listening netip.AddrPort) netip.AddrPort {
	if !listening.Addr().IsUnspecified() {
		return listening
	}
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if listening.Addr().Is6() {
		loopback = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(loopback, listening.Port())
}

// QuietHours are the hours of each day, in Asia/Shanghai, in which nothing is sent that can wait. From is later than To
// when they pass midnight. The zero value has none.
type QuietHours struct {
	From, To time.Duration // since midnight, whole minutes
}

// Off tells whether there are no quiet hours.
func (q QuietHours) Off() bool { return q.From == q.To }

// VerifyFiles are WeChat's domain verification files, name to content.
type VerifyFiles map[string]string
