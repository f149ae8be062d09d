package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shixi/internship"
)

// CodeSent is the answer to every request for an SMS code.
type CodeSent struct {
	Expires    time.Time `json:"expires" doc:"验证码的有效期至" example:"2026-11-23T12:05:00+08:00"`
	RetryAfter int       `json:"retryAfter" doc:"几秒后可以重新获取" example:"60"`
}

// Pass is a mobile that was shown to be one's own.
type Pass struct {
	Pass    string    `json:"pass" doc:"手机号已验证的凭据，只出现这一次；后续请求以 Authorization: Bearer 带上" example:"sp_ABCDEFGHIJKLMNOPQRSTUVWXYZ"`
	Expires time.Time `json:"expires" doc:"有效期至" example:"2026-11-23T13:00:00+08:00"`
}

type (
	codeForm struct {
		Body Form[internship.CodeRequestInput]
	}
	codeAnswer struct{ Body CodeSent }
	passForm   struct {
		Body Form[internship.MobilePassInput]
	}
	passAnswer struct{ Body Pass }
)

func (a *App) sendCode(ctx context.Context, in *codeForm) (*codeAnswer, error) {
	form, err := in.Body.read(func(c internship.CodeRequestInput) error {
		_, err := c.Parse()
		return err
	})
	if err != nil {
		return nil, err
	}
	sent, err := a.acts.SendCode(ctx, form, addressOf(ctx))
	if err != nil {
		return nil, err
	}
	return &codeAnswer{CodeSent{Expires: local(sent.Expires), RetryAfter: sent.RetryAfter}}, nil
}

// admit gives passes for one purpose.
func (a *App) admit(purpose string) func(context.Context, *passForm) (*passAnswer, error) {
	return func(ctx context.Context, in *passForm) (*passAnswer, error) {
		form, err := in.Body.read(func(p internship.MobilePassInput) error {
			_, err := p.Parse()
			return err
		})
		if err != nil {
			return nil, err
		}
		admitted, err := a.acts.Admit(ctx, purpose, form, addressOf(ctx))
		if err != nil {
			return nil, err
		}
		return &passAnswer{Pass{Pass: admitted.Token, Expires: local(admitted.Pass.Expires)}}, nil
	}
}

type passKey struct{}

// passTokenOf is the token of the pass that a request behind passAccess came
// with; the act checks it.
func passTokenOf(ctx context.Context) string {
	token, _ := ctx.Value(passKey{}).(string)
	return token
}

// passAccess lets in who holds a pass. An Idempotency-Key makes a POST safe to
// repeat without its answer being kept.
func (a *App) passAccess() access {
	return access{
		security: []map[string][]string{{"pass": {}}},
		unseen:   true,
		guards:   huma.Middlewares{a.withPass},
		keyed:    huma.Middlewares{a.sameOp},
		errors:   []*internship.Error{internship.ErrPass},
	}
}

// withPass lets only requests with the form of a pass through.
func (a *App) withPass(ctx huma.Context, next func(huma.Context)) {
	scheme, token, _ := strings.Cut(ctx.Header(fiber.HeaderAuthorization), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		a.refuse(ctx, internship.ErrPass)
		return
	}
	next(huma.WithValue(ctx, passKey{}, token))
}

// formErrors are what every route with a JSON body refuses with.
func formErrors() []*internship.Error {
	return []*internship.Error{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge}
}

func codeDocs() map[string]doc {
	type errs = []*internship.Error
	return map[string]doc{
		"sendCode": {Tag: tagLogin, Summary: "发送短信验证码", Status: http.StatusAccepted,
			Says:   "每次须先完成滑动验证。验证码为 6 位数字，5 分钟内有效，在申请验证码的网络地址最多试 5 次，其他地址合计最多试 5 次；新的验证码使旧的失效，不同用途的验证码互不通用。每个手机号 1 分钟 1 条、1 小时 5 条、1 天 10 条。无论手机号是否已有账号，回答都相同；用途为登录或重设密码而手机号没有账号时，不会发出短信。",
			Errors: append(errs{internship.ErrCaptcha, internship.ErrTooManyTries}, formErrors()...)},
		"admitRegistrant": {Tag: tagLogin, Summary: "入驻前验证手机号", Status: http.StatusCreated,
			Says:   "以用途为 register 的验证码换取凭据，1 小时内有效，用于上传证件和提交入驻信息。",
			Errors: append(errs{internship.ErrSMSCode, internship.ErrTooManyTries}, formErrors()...)},
	}
}
