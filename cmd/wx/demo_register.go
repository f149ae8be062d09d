package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"regexp"
	"time"

	"shixi/internship"
)

// demoComer is the enterprise that registers itself (自荐).
func demoComer() demoEnterprise {
	return demoEnterprise{Name: "洛阳市涧西区示例智能装备有限公司", Code: "91410300MA9FGHJ28B", Mobile: "13800138003", Owner: "赵厂长", OpenID: "oDemoFollowerOfZhaoManager03"}
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// register verifies a mobile, uploads the certificate and hands the form in.
func (d *demo) register(ctx context.Context) (string, error) {
	s := &demoStaff{demoEnterprise: demoComer(), api: &demoClient{base: d.base}}
	text, err := d.code(ctx, s.Mobile, internship.CodeForRegister)
	if err != nil {
		return "", err
	}
	var pass struct{ Pass string }
	proof := internship.MobilePassInput{Mobile: s.Mobile, SMSCode: sixDigits.FindString(text.Text)}
	if err := s.api.call(ctx, http.MethodPost, "/api/v1/registration/pass", proof, &pass); err != nil {
		return "", err
	}
	holder := &demoClient{base: d.base, token: pass.Pass}
	var picture bytes.Buffer
	if err := png.Encode(&picture, demoScan()); err != nil {
		return "", err
	}
	scan, err := holder.upload(ctx, "/api/v1/registration/files", internship.FileCertificate, "营业执照.png", picture.Bytes())
	if err != nil {
		return "", err
	}
	var opened struct {
		Token string
		Me    struct {
			Enterprise struct{ ID, StateLabel string }
		}
	}
	form := internship.RegistrationInput{Password: demoPassword, Registrant: internship.RegistrantInput{Name: s.Owner, IDNumber: "410199198003150013"},
		EnterpriseInput: internship.EnterpriseInput{CertificateKind: demoCertificate, Certificate: scan, Name: s.Name, Code: s.Code, LegalPerson: demoComerLegal,
			Address: internship.AddressInput{Province: "410000", City: "410300", County: "410305", Detail: "建设路 18 号"},
			Contact: s.Owner, Phone: "0379-66666666", Intro: "主要从事智能装备的研发与制造。"}}
	if err := holder.call(ctx, http.MethodPost, "/api/v1/registration", form, &opened); err != nil {
		return "", err
	}
	s.id, s.api.token = opened.Me.Enterprise.ID, opened.Token
	d.comer = s
	return fmt.Sprintf("%s的手机收到短信：%s\n%s（%s）：%s", s.Owner, text.Text, s.Name, s.Code, opened.Me.Enterprise.StateLabel), nil
}

// admit lets the province pass the registration once the registry was asked, and waits for the word on the owner's phone.
func (d *demo) admit(ctx context.Context) (string, error) {
	if d.comer == nil {
		return "", errors.New("nobody has registered")
	}
	if err := d.scan(ctx, d.comer); err != nil {
		return "", err
	}
	path := "/partner/v1/reviews/" + d.comer.id
	var seen struct {
		Round    int
		Registry struct{ Outcome, Label string }
	}
	for {
		if err := d.platform.Get(ctx, path, &seen); err != nil {
			return "", err
		}
		if seen.Registry.Outcome != "pending" {
			break
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return "", fmt.Errorf("the registry is not asked: %w", err)
		}
	}
	if d.regulator != nil && seen.Registry.Outcome != internship.RegistryMatch {
		return "", fmt.Errorf("the registry says %s", seen.Registry.Label)
	}
	var passed struct{ StateLabel string }
	if err := d.platform.Post(ctx, path+"/pass", "demo-pass", internship.PassRoundInput{Round: seen.Round}, &passed); err != nil {
		return "", err
	}
	message, err := d.onPhone(ctx, d.comer, "企业审核结果通知")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s：市场监管信息%s，账号状态%s\n%s", d.comer.Name, seen.Registry.Label, passed.StateLabel, message), nil
}

// demoComerLegal is the legal person of the one who comes, in its form and in the registry.
const demoComerLegal = "赵刚"

// demoCertificate is the 证件类别 of the one who comes.
const demoCertificate = "营业执照"

// demoScan is a sheet of paper with a red stamp.
func demoScan() image.Image {
	sheet := image.NewPaletted(image.Rect(0, 0, 210, 297), color.Palette{color.White, color.RGBA{R: 200, A: 255}})
	for y := 220; y < 270; y++ {
		for x := 130; x < 180; x++ {
			if dx, dy := x-155, y-245; dx*dx+dy*dy < 600 {
				sheet.SetColorIndex(x, y, 1)
			}
		}
	}
	return sheet
}
