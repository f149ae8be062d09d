package handlers

import (
	"context"
	"net/http"

	"shixi/internship"
)

type registrationForm struct {
	Way
	Body Form[internship.RegistrationInput]
}

func (a *App) register(ctx context.Context, in *registrationForm) (*loggedIn, error) {
	form, err := in.Body.read(func(r internship.RegistrationInput) error {
		_, _, err := r.Parse(a.acts.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	opened, err := a.acts.Register(ctx, passTokenOf(ctx), form, in.device())
	if err != nil {
		return nil, err
	}
	return a.loggedIn(ctx, opened, in.Way), nil
}

func registrationDocs() map[string]doc {
	return map[string]doc{
		"register": {Tag: tagLogin, Summary: "企业入驻", Status: http.StatusCreated,
			Says: "企业自荐，或由学生推荐的企业补全登记。手机号为凭据所验证的手机号，证件须先以同一凭据上传。登记后等待平台审核，其间可以登录、查看进度、编写岗位，不能发布。" +
				"同一凭据重复提交同一企业只登记一次。已由学校录入、尚未激活的企业请用激活码激活。",
			Errors: append(formErrors(), internship.ErrEntered, internship.ErrRegistered, internship.ErrBlacklisted, internship.ErrMobileTaken, internship.ErrTooManyTries, internship.ErrBusy)},
	}
}
