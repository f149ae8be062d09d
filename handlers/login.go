package handlers

import "shixi/internship"

// loginForm limits what is submitted to log in; who exists and which password
// fits is the act's matter.
func loginForm() internship.Form {
	return internship.Form{Name: "login", Label: "登录", Fields: []internship.Field{
		{Name: "name", Label: "账号", Required: true, Max: 64, Help: "手机号、统一社会信用代码或组织机构代码"},
		{Name: "password", Label: "密码", Required: true, Max: 64},
		{Name: "wechatCode", Label: "微信登录凭证", Max: 128},
	}}
}
