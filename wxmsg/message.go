package wxmsg

// MiniProgram is the mini-program a message opens. AppID must be associated
// with the official account, else WeChat answers 40013.
type MiniProgram struct {
	AppID    string
	PagePath string // may carry a query; "" opens the home page
}

// TemplateMessage is one 模板消息 to one follower (wechat.md §1.1).
type TemplateMessage struct {
	ToUser     string // openid of the official account's user
	TemplateID string
	// URL opens on a tap; with MiniProgram it is the fallback for clients that
	// can't open mini-programs.
	URL         string
	MiniProgram *MiniProgram
	// Data maps keyword keys to values; see Cut and Templates.Render.
	Data map[string]string
	// ClientMsgID makes WeChat send the same message to the same user only once
	// within 10 minutes.
	ClientMsgID string
}
