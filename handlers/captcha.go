package handlers

import (
	"context"
	"encoding/base64"
	"math"
	"net/http"
	"time"

	"shixi/internship"
)

// Puzzle is a slide puzzle (滑动验证).
type Puzzle struct {
	Token      string    `json:"token" doc:"本次验证的编号，提交答案时带上" example:"AXk2v9Q0"`
	Picture    string    `json:"picture" doc:"背景图，data URL" example:"data:image/jpeg;base64,/9j/4AAQ"`
	Tile       string    `json:"tile" doc:"滑块图，data URL，透明背景" example:"data:image/png;base64,iVBORw0K"`
	Width      int       `json:"width" doc:"背景图宽，像素" example:"300"`
	Height     int       `json:"height" doc:"背景图高，像素" example:"220"`
	TileWidth  int       `json:"tileWidth" doc:"滑块图宽，像素" example:"60"`
	TileHeight int       `json:"tileHeight" doc:"滑块图高，像素" example:"60"`
	TileX      int       `json:"tileX" doc:"滑块左上角的起始横坐标，像素" example:"5"`
	TileY      int       `json:"tileY" doc:"滑块左上角的纵坐标，像素；只能横向拖动" example:"80"`
	Expires    time.Time `json:"expires" doc:"有效期至" example:"2026-11-23T12:02:00+08:00"`
}

// Solution is where the tile was dropped.
type Solution struct {
	Token string `json:"token" doc:"本次验证的编号" example:"AXk2v9Q0"`
	X     int    `json:"x" doc:"松手时滑块左上角的横坐标，以背景图的像素计" example:"137"`
}

// Ticket lets one password be tried or one SMS code be sent.
type Ticket struct {
	Ticket  string    `json:"ticket" doc:"凭据，只能用一次" example:"AXk2v9Q0"`
	Expires time.Time `json:"expires" doc:"有效期至" example:"2026-11-23T12:05:00+08:00"`
}

type (
	puzzleAnswer struct{ Body Puzzle }
	solutionForm struct{ Body Form[Solution] }
	ticketAnswer struct{ Body Ticket }
)

func (a *App) puzzle(ctx context.Context, _ *nothing) (*puzzleAnswer, error) {
	c, err := a.acts.Challenge(ctx, addressOf(ctx))
	if err != nil {
		return nil, err
	}
	p := c.Puzzle
	return &puzzleAnswer{Puzzle{Token: c.Token, Picture: dataURL(p.PictureType, p.Picture), Tile: dataURL(p.TileType, p.Tile),
		Width: p.Width, Height: p.Height, TileWidth: p.TileWidth, TileHeight: p.TileHeight, TileX: p.TileX, TileY: p.TileY,
		Expires: local(c.Expires)}}, nil
}

func dataURL(mediaType string, data []byte) string {
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(data)
}

// solutionFields limit what is submitted as a solution.
func solutionFields() internship.Form {
	return internship.Form{Name: "solution", Label: "滑动验证", Fields: []internship.Field{
		{Name: "token", Label: "验证编号", Required: true, Max: 512, Pattern: `^[A-Za-z0-9_-]+$`, Help: "请重新获取"},
	}}
}

func checkSolution(s Solution) error {
	wrong := solutionFields().Check(map[string]string{"token": s.Token})
	if s.X < 0 || s.X > math.MaxInt16 {
		wrong = append(wrong, internship.FieldError{Field: "x", Code: "range", Message: "横坐标应为背景图内的像素数"})
	}
	return invalid(wrong)
}

func (a *App) solvePuzzle(ctx context.Context, in *solutionForm) (*ticketAnswer, error) {
	form, err := in.Body.read(checkSolution)
	if err != nil {
		return nil, err
	}
	t, err := a.acts.Solve(ctx, form.Token, form.X)
	if err != nil {
		return nil, err
	}
	return &ticketAnswer{Ticket{Ticket: t.Text, Expires: local(t.Expires)}}, nil
}

func captchaDocs() map[string]doc {
	return map[string]doc{
		"puzzle": {Tag: tagLogin, Summary: "获取滑动验证", Status: http.StatusCreated, Says: "得到背景图和滑块图。2 分钟内有效，只能提交一次答案。",
			Errors: []*internship.Error{internship.ErrTooManyTries}},
		"solvePuzzle": {Tag: tagLogin, Summary: "提交滑动验证", Says: "把滑块拖到缺口处，提交松手时滑块的横坐标，得到凭据。无论对错，同一验证只能提交一次。凭据 5 分钟内有效，可用于一次密码登录或发送一次验证码。",
			Errors: append(formErrors(), internship.ErrCaptcha)},
	}
}
