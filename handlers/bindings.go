package handlers

import (
	"context"

	"shixi/internship"
)

// Bindings are the person's WeChat identities.
type Bindings struct {
	Follower    Binding `json:"follower" doc:"服务号绑定；following 为 false 时收不到微信消息"`
	MiniProgram Binding `json:"miniProgram" doc:"小程序绑定"`
}

type bindingsAnswer struct{ Body Bindings }

func (a *App) bindings(ctx context.Context, _ *nothing) (*bindingsAnswer, error) {
	account, err := a.acts.Bindings(ctx, staffOf(ctx))
	if err != nil {
		return nil, err
	}
	return &bindingsAnswer{Bindings{Follower: renderFollower(account.Follower), MiniProgram: renderBinding(account.MiniProgram)}}, nil
}

func (a *App) unbindFollower(ctx context.Context, _ *nothing) (*struct{}, error) {
	return nil, a.acts.Unbind(ctx, staffOf(ctx), internship.ServiceAccount)
}

func (a *App) unbindMiniProgram(ctx context.Context, _ *nothing) (*struct{}, error) {
	return nil, a.acts.Unbind(ctx, staffOf(ctx), internship.MiniProgram)
}
