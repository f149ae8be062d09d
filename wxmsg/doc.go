// Package wxmsg speaks to WeChat: it sends template messages, keeps the
// access token, renders and limits template values, and checks, decrypts and
// parses what the platform pushes back.
//
// It knows nothing of internships. Callers hand it an openid, a template kind
// and values; it hands back a message id or an *Error that says whether the
// request may have reached WeChat and what kind of failure it was.
//
// Where github.com/silenceper/wechat/v2 serves, it is used behind these types
// and none of its own types appear in an exported signature. Where it hides
// error codes, ignores contexts or trusts the request (template send, the
// callback, the token), the call is made here.
package wxmsg
