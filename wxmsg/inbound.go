package wxmsg

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Events, as Inbound.Event writes them. WeChat's pages and pushes differ in
// case, so all are lower-case here.
const (
	EventSubscribe       = "subscribe"                  // follow; with a scan, Scene is set
	EventUnsubscribe     = "unsubscribe"                // delete what is kept of the user
	EventScan            = "scan"                       // a follower scanned a parametric QR code
	EventClick           = "click"                      // menu button with a key
	EventView            = "view"                       // menu button with a URL
	EventViewMiniProgram = "view_miniprogram"           // menu button with a mini-program page
	EventJobFinish       = "templatesendjobfinish"      // a template message's fate
	EventSubscribePopup  = "subscribe_msg_popup_event"  // answers in the subscribe pop-up
	EventSubscribeChange = "subscribe_msg_change_event" // answers changed in the settings
	EventSubscribeSent   = "subscribe_msg_sent_event"   // a subscribe message's fate
	EventMediaCheck      = "wxa_media_check"            // result of a media check
	EventInfoModified    = "user_info_modified"
	EventRevoked         = "user_authorization_revoke"
	EventCancelled       = "user_authorization_cancellation" // delete what is kept of the user
)

// JobStatus is the fate of a template message (wechat.md §1.7).
type JobStatus string

// The fates WeChat reports.
const (
	JobDelivered    JobStatus = "delivered"
	JobUserBlocked  JobStatus = "user_blocked"
	JobSystemFailed JobStatus = "system_failed"
	JobFreqLimited  JobStatus = "freq_limited"
	JobFailed       JobStatus = "failed" // any other failure; see Inbound.Status
)

// Inbound is a checked and decrypted message or event. It holds openids and
// what users wrote: don't log it.
type Inbound struct {
	// Raw is the decrypted body.
	Raw []byte
	// Format is the notation of the request, which a reply has to use.
	Format Format

	ToUser     string // the account's gh_ id
	FromUser   string // the user's openid; for some events an openid of WeChat's own
	CreateTime int64  // Unix seconds; 0 when absent
	MsgType    string // lower-case: "event", "text" …
	Event      string // lower-case; "" for messages
	EventKey   string
	Ticket     string // of a scanned QR code
	// MsgID is the id of a user's message, or of the template message a
	// TEMPLATESENDJOBFINISH reports. Decimal; "" when absent or 0.
	MsgID   string
	MenuID  string
	Content string // of a text message

	// Status is the raw status of a TEMPLATESENDJOBFINISH, JobStatus its meaning.
	Status    string
	JobStatus JobStatus

	// TraceID, MediaSuggest ("pass", "review", "risky") and MediaLabel belong to
	// wxa_media_check.
	TraceID      string
	MediaSuggest string
	MediaLabel   int

	// Subscriptions are the items of the three subscribe_msg_* events.
	Subscriptions []Subscription
}

// Subscription is one template of a subscribe_msg_* event.
type Subscription struct {
	TemplateID string
	// Accepted is the user's choice in a pop-up or change event, from Choice.
	Accepted bool
	Choice   string // "accept" or "reject"
	Scene    string // PopupScene
	// MsgID, ErrorCode ("0" is success) and ErrorStatus belong to sent events.
	MsgID       string
	ErrorCode   string
	ErrorStatus string
}

func newInbound(root element, format Format, raw []byte) (*Inbound, error) {
	in := &Inbound{
		Raw: raw, Format: format,
		ToUser: root.get("ToUserName"), FromUser: root.get("FromUserName"),
		MsgType: strings.ToLower(root.get("MsgType")), Event: strings.ToLower(root.get("Event")),
		EventKey: root.get("EventKey"), Ticket: root.get("Ticket"),
		MsgID: root.id("MsgId"), MenuID: root.id("MenuId"),
		TraceID: root.get("trace_id"),
	}
	if in.MsgType == "" {
		return nil, fmt.Errorf("%w: no MsgType", ErrBody)
	}
	if at := root.get("CreateTime"); at != "" {
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: CreateTime is no number of seconds", ErrBody)
		}
		in.CreateTime = seconds
	}
	if content, ok := root.find("Content"); ok {
		in.Content = content.text // as typed, spaces too
	}
	switch in.Event {
	case EventJobFinish:
		if id := root.id("MsgID"); id != "" { // documented spelling; a MsgId of 0 may stand beside it
			in.MsgID = id
		}
		in.Status = root.get("Status")
		in.JobStatus = jobStatus(in.Status)
	case EventMediaCheck:
		result, _ := root.find("result")
		in.MediaSuggest = result.get("suggest")
		in.MediaLabel, _ = strconv.Atoi(result.get("label"))
	case EventSubscribePopup, EventSubscribeChange, EventSubscribeSent:
		in.Subscriptions = subscriptions(root)
	}
	return in, nil
}

// jobStatus compares without case and spaces: "failed:user block" and
// "failed: system failed" are both in the documents.
func jobStatus(status string) JobStatus {
	switch strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(status, "：", ":")), "")) {
	case "success":
		return JobDelivered
	case "failed:userblock":
		return JobUserBlocked
	case "failed:systemfailed":
		return JobSystemFailed
	case "failed:freqlimit":
		return JobFreqLimited
	}
	return JobFailed
}

// subscriptions reads the lists: in XML repeated List elements inside one named
// after the event, in JSON a top-level List that is an object for one item and
// an array for several.
func subscriptions(root element) []Subscription {
	lists := root.all("List")
	for _, name := range []string{"SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"} {
		for _, wrapper := range root.all(name) {
			lists = append(lists, wrapper.all("List")...)
		}
	}
	var found []Subscription
	for _, item := range lists {
		s := Subscription{
			TemplateID: item.get("TemplateId"), Choice: strings.ToLower(item.get("SubscribeStatusString")),
			Scene: item.get("PopupScene"), MsgID: item.id("MsgID"),
			ErrorCode: item.get("ErrorCode"), ErrorStatus: item.get("ErrorStatus"),
		}
		s.Accepted = s.Choice == "accept"
		if s.TemplateID != "" {
			found = append(found, s)
		}
	}
	return found
}

// scenePrefix precedes the scene when a scan made the user follow.
const scenePrefix = "qrscene_"

// Scene returns the value of the parametric QR code that was scanned, whether
// by a follower (SCAN) or by someone who followed by it (subscribe). ok is
// false for every other event and for a plain follow.
func (in *Inbound) Scene() (scene string, ok bool) {
	switch in.Event {
	case EventScan:
		return in.EventKey, in.EventKey != ""
	case EventSubscribe:
		return strings.CutPrefix(in.EventKey, scenePrefix)
	}
	return "", false
}

// DedupeKey is the same for every attempt to deliver the same thing and for a
// replay of it, and different for different things: the MsgID of a job-finish
// event, the trace id of a media check, MsgId and sender of a message (ids
// repeat across users), else the hash of the decrypted body. Sender and time of
// an event are not enough: two events can share a second. The key holds no
// openid. Accounts share no key space: prefix it with the account.
func (in *Inbound) DedupeKey() string {
	switch {
	case in.Event == EventJobFinish && in.MsgID != "":
		return "job:" + in.MsgID
	case in.Event == EventMediaCheck && in.TraceID != "":
		return "media:" + hash(in.TraceID)
	case in.Event == "" && in.MsgID != "":
		return "msg:" + hash(in.MsgID+"\n"+in.FromUser)
	}
	return "body:" + hash(string(in.Raw))
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
