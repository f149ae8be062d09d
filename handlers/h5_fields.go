package handlers

import (
	"fmt"
	"strings"

	"shixi/internship"
)

// pageField is a field of a form as a page shows it.
type pageField struct {
	internship.Field
	// ID is unique on the page; Input is the type of the input, or select,
	// textarea, file, sms.
	ID, Input string
	// Mode is the keyboard that a phone shows, Auto what a browser may fill in.
	Mode, Auto string
	// Hidden ones are shown when the API asks for them.
	Hidden bool
	// Region is the level of a region, Purpose what an SMS code is for.
	Region, Purpose string
	// Kind, Accept and Most are a file's.
	Kind, Accept string
	Most         int64
	// Value is filled in beforehand.
	Value string
}

// notShown are filled in by scripts or belong to the mini-program.
var notShown = map[string]bool{"ticket": true, "wechatCode": true}

// ownProvince is where most of those who register are (GB/T 2260): 河南省.
const ownProvince = "410000"

// purposes says what an SMS code on a page is for.
var purposes = map[string]string{"login": internship.CodeForLogin, "register": internship.CodeForRegister, "activate": internship.CodeForRegister,
	"reset": internship.CodeForReset, "recover": internship.CodeForRecovery}

// pageForms are forms as a page shows them, by their names: what their fields
// may hold is said by the forms alone.
func (a *App) pageForms(page string, forms ...func() internship.Form) map[string][]pageField {
	out := map[string][]pageField{}
	for _, f := range forms {
		form := f()
		for _, field := range form.Fields {
			if !notShown[field.Name] {
				out[form.Name] = append(out[form.Name], a.pageField(page, form.Name, field))
			}
		}
	}
	return out
}

func (a *App) pageField(page, form string, f internship.Field) pageField {
	x := pageField{Field: f, ID: form + "-" + strings.ReplaceAll(f.Name, ".", "-"), Input: "text"}
	if f.Least != 0 || f.Greatest != 0 {
		x.Input, x.Mode = "number", "numeric"
	}
	if f.Lines { // a limit of the input's own would cut off unseen what is pasted
		x.Input, x.Max, x.Help = "textarea", 0, fmt.Sprintf("不超过 %d 字", f.Max)
	}
	if len(f.Choices) > 0 {
		x.Input = "select"
	}
	last := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
	switch last {
	case "mobile":
		x.Input, x.Auto = "tel", "tel"
	case "phone":
		x.Input = "tel"
	case "smsCode":
		x.Input, x.Purpose = "sms", purposes[page]
	case "password":
		x.Input, x.Auto = "password", "new-password"
		if form == "login" {
			x.Auto = "current-password"
		}
	case "website":
		x.Input, x.Mode = "text", "url"
	case "industry":
		x.Input, x.Help = "select", ""
		for _, i := range internship.Industries() {
			x.Choices = append(x.Choices, i.Name)
		}
	case "province", "city", "county":
		x.Input, x.Region, x.Max = "select", last, 0
		if last == "province" {
			x.Value = ownProvince
		}
		if f.Required { // "请选择" stands in the list already
			x.Help = ""
		}
	case "certificate":
		k, _ := a.acts.FileLimits.Kind(internship.FileCertificate)
		x.Input, x.Kind, x.Accept, x.Most = "file", k.Name, strings.Join(k.Types, ","), k.MaxBytes
		x.Help = k.Formats() + "，不超过 " + internship.ByteSize(k.MaxBytes)
	case "idNumber":
		x.Hidden = !f.Required
	}
	if form == "login" && f.Name == "name" {
		x.Auto = "username"
	}
	return x
}
