package handlers

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// join is where the link of an invitation leads: it says how the enterprise gets
// in. It names nobody, as whoever has the address may read it.
func (a *App) join(c *fiber.Ctx) error {
	return a.show(c, http.StatusOK, page{
		Title: "企业入驻",
		Text:  "有学生推荐贵单位接收实习生。请按以下步骤完成登记，也可以在微信中打开实习备案企业端小程序，选择「企业入驻」；登记经平台审核后，即可发布实习岗位。",
		Rows: []pageRow{
			{"第一步", "用手机号接收验证码"},
			{"第二步", "上传营业执照等证件，不超过 2 MB"},
			{"第三步", "填写单位信息、设置密码并提交"},
			{"审核结果", "登录后查看；关注服务号的，同时发送微信消息"},
		},
		Link: h5Path + "/register", LinkLabel: "去登记",
	})
}
