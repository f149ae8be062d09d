package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shixi/internship"
)

// document is /openapi.json, written once when it is first asked for.
type document struct {
	once sync.Once
	body []byte
	etag string
	err  error
}

// openapi serves the OpenAPI 3.1 document.
func (a *App) openapi(c *fiber.Ctx) error {
	d := &a.spec
	d.once.Do(func() {
		if d.body, d.err = json.Marshal(a.api.OpenAPI()); d.err == nil {
			d.etag = etagOf(d.body)
		}
	})
	if d.err != nil {
		return internship.ErrInternal.Because(fmt.Errorf("handlers: write openapi: %w", d.err))
	}
	c.Set(fiber.HeaderContentType, "application/openapi+json")
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	c.Set(fiber.HeaderETag, d.etag)
	if matches(c.Get(fiber.HeaderIfNoneMatch), d.etag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return c.Send(d.body)
}

func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// matches reads an If-None-Match header.
func matches(header, etag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(s string) bool {
		s = strings.TrimPrefix(strings.TrimSpace(s), "W/")
		return s == etag || s == "*"
	})
}

// schema of problems, for the answers that are documented by hand.
func (*Problem) schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[Problem](), true, "")
}

// securitySchemes are the ways to be recognised.
func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "登录后得到的令牌，小程序使用：Authorization: Bearer sx_…"},
		"pass":   {Type: "http", Scheme: "bearer", Description: "验证手机号后得到的凭据，入驻和找回账号时使用：Authorization: Bearer sp_…"},
		"cookie": {Type: "apiKey", In: "cookie", Name: sessionCookie,
			Description: "网页使用：登录时带请求头 X-Session: cookie；此后的提交请求须带请求头 X-Requested-With: shixi"},
	}
}

// limitSchemas writes the limits of the domain's forms into the schemas of
// what is submitted, so that they stand in one place only. Bodies are checked
// by the domain and not against these schemas.
func (a *App) limitSchemas() {
	schemas := a.api.OpenAPI().Components.Schemas
	for name, form := range formsBySchema() {
		if s := schemas.Map()[name]; s != nil {
			for _, field := range form.Fields {
				limit(schemas, s, strings.Split(field.Name, "."), field)
			}
		}
	}
}

// formsBySchema says which form limits which submitted type.
func formsBySchema() map[string]internship.Form {
	return map[string]internship.Form{
		"PositionInput": internship.PositionForm(), "PublicationInput": internship.PublicationForm(), "ProfileInput": internship.ProfileForm(),
		"ActivationInput": internship.ActivationForm(), "Refusal": internship.RefusalForm(),
		"RegistrationInput": internship.RegistrationForm(), "ResubmissionInput": internship.ResubmissionForm(), "ChangeInput": internship.ChangeForm(), "NominationInput": internship.NominationForm(),
		"PassRoundInput": internship.PassForm(), "VerdictInput": internship.VerdictForm(), "ReasonInput": internship.ReasonForm(),
		"EntryInput": internship.EntryForm(), "PlanInput": internship.PlanForm(),
		"StudentInput": internship.StudentForm(), "SchoolInput": internship.SchoolForm(),
		"Login": loginForm(), "Solution": solutionFields(),
		"CodeRequestInput": internship.CodeRequestForm(), "MobilePassInput": internship.MobilePassForm(),
		"SMSLoginInput": internship.SMSLoginForm(), "ResetInput": internship.ResetForm(), "PasswordInput": internship.PasswordForm(),
		"MobileInput": internship.MobileForm(), "AccountInput": internship.AccountForm(), "RoleInput": internship.RoleForm(),
		"RecoveryInput": internship.RecoveryForm(),
	}
}

// limit finds a field by its path and limits it.
func limit(r huma.Registry, s *huma.Schema, path []string, field internship.Field) {
	property := s.Properties[path[0]]
	if property == nil {
		return
	}
	if len(path) > 1 {
		if property.Ref != "" {
			property = r.SchemaFromRef(property.Ref)
		}
		limit(r, property, path[1:], field)
		return
	}
	s.Required = slices.DeleteFunc(s.Required, func(name string) bool { return name == path[0] })
	if field.Required {
		s.Required = append(s.Required, path[0])
		slices.Sort(s.Required)
	}
	if field.Most > 0 {
		property.MaxItems = &field.Most
		property = property.Items
	}
	describe(property, field)
}

func describe(p *huma.Schema, f internship.Field) {
	if f.Greatest > 0 {
		least, greatest := float64(f.Least), float64(f.Greatest)
		p.Minimum, p.Maximum = &least, &greatest
		return
	}
	p.Pattern = f.Pattern
	for _, choice := range f.Choices {
		p.Enum = append(p.Enum, choice)
	}
	if f.Max > 0 {
		p.MaxLength = &f.Max
	}
	if f.Min > 0 {
		p.MinLength = &f.Min
	}
	if f.Name == "password" {
		p.Format, p.WriteOnly = "password", true
	}
	if f.Help != "" && !strings.Contains(p.Description, f.Help) {
		p.Description += "。" + f.Help
	}
}
