package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gofiber/fiber/v2"

	"shixi/internship"
)

// newAPI sets Huma up as design.md §5 wants it: JSON only, our errors, no
// links to schemas in answers. The document itself is served by document.
func newAPI(f *fiber.App, version string, public *url.URL) huma.API {
	chinese()
	config := huma.DefaultConfig("实习备案·企业端", version)
	config.CreateHooks = nil
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	// A filter with a slip in its name would silently show everything.
	config.RejectUnknownQueryParameters = true
	config.Info.Description = about
	config.Tags = tags()
	config.Components.SecuritySchemes = securitySchemes()
	if public != nil {
		config.Servers = []*huma.Server{{URL: strings.TrimSuffix(public.String(), "/")}}
	}
	api := humafiber.New(f, config)
	api.UseMiddleware(severalCookies)
	return api
}

const about = "河南省职业院校实习备案企业端的接口。时间一律为 RFC 3339（+08:00），日期为 YYYY-MM-DD；" +
	"每个状态旁附有中文名称；编号是不透明的字符串。出错时回答 application/problem+json，其中 code 稳定不变，" +
	"detail 可直接显示给用户，errors 逐项说明有误的字段。未知的字段和参数会被拒绝。"

// chinese replaces Huma's error model and messages. They are globals of Huma,
// so this is done once for the process, before anything is declared.
var chinese = sync.OnceFunc(func() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return render(refusal(status, message, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		err := failure(status, message, errs)
		r := requestOf(ctx.Context())
		if r == nil {
			return render(translate(err))
		}
		p := r.app.problem(ctx.Context(), err)
		p.headers(ctx.SetHeader)
		return p
	}
	huma.DefaultArrayNullable = false
	for message, sentence := range sentences() {
		*message = sentence
	}
})

// failure is what went wrong where Huma asks for an error: the error of a
// handler as it is, or what Huma itself refuses.
func failure(status int, message string, errs []error) error {
	if status == http.StatusInternalServerError && len(errs) == 1 {
		return errs[0]
	}
	return refusal(status, message, errs)
}

// refusal turns what Huma refuses into our error, with one entry per wrong
// parameter. A body that can't be read comes as one detail at "body", with the
// body in it: that is dropped.
func refusal(status int, message string, errs []error) *internship.Error {
	if message == "request body is required" {
		return notJSON()
	}
	var fields []internship.FieldError
	for _, err := range errs {
		detail, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		d := detail.ErrorDetail()
		if d.Location == "body" {
			return notJSON()
		}
		fields = append(fields, wrongParameter(d))
	}
	e := ofStatus(status)
	if len(fields) > 0 {
		return e.At(fields...)
	}
	return e
}

func notJSON() *internship.Error {
	return internship.ErrBadRequest.With("提交的内容应为 JSON 对象，请检查后重新提交")
}

// wrongParameter reads the code in front of our sentences.
func wrongParameter(d *huma.ErrorDetail) internship.FieldError {
	_, name, ok := strings.Cut(d.Location, ".")
	if !ok {
		name = d.Location
	}
	name = shown(name)
	code, sentence, ok := strings.Cut(d.Message, "|")
	if !ok {
		code, sentence = hardCoded(d.Message)
	}
	return internship.FieldError{Field: name, Code: code, Message: "参数 " + name + " " + sentence}
}

// hardCoded knows Huma's messages that can't be replaced.
func hardCoded(message string) (code, sentence string) {
	switch {
	case message == "unknown query parameter":
		return "unknown", "不存在，请检查拼写"
	case strings.HasSuffix(message, "parameter is missing"):
		return "required", "不能为空"
	case message == "invalid integer":
		return "type", "应为整数"
	case message == "invalid boolean":
		return "type", "应为 true 或 false"
	}
	return "format", "格式不正确"
}

// sentences gives each of Huma's messages a code and a Chinese sentence. Only
// parameters are validated by Huma; bodies are Form's matter.
func sentences() map[*string]string {
	const format = "format|格式不正确"
	return map[*string]string{
		&validation.MsgUnexpectedProperty:                 "unknown|不存在，请检查拼写",
		&validation.MsgExpectedRFC3339DateTime:            "date|应为 RFC 3339 时间",
		&validation.MsgExpectedRFC1123DateTime:            "date|应为 RFC 1123 时间",
		&validation.MsgExpectedRFC3339Date:                "date|应为存在的日期，格式如 2026-03-01",
		&validation.MsgExpectedRFC3339Time:                "date|应为 RFC 3339 时刻",
		&validation.MsgExpectedRFC5322Email:               "format|应为电子邮箱（%v）",
		&validation.MsgExpectedRFC5890Hostname:            format,
		&validation.MsgExpectedRFC2673IPv4:                format,
		&validation.MsgExpectedRFC2373IPv6:                format,
		&validation.MsgExpectedRFCIPAddr:                  format,
		&validation.MsgExpectedRFC3986URI:                 "format|应为网址（%v）",
		&validation.MsgExpectedRFC4122UUID:                "format|应为 UUID(%v)",
		&validation.MsgExpectedRFC6570URITemplate:         format,
		&validation.MsgExpectedRFC6901JSONPointer:         format,
		&validation.MsgExpectedRFC6901RelativeJSONPointer: format,
		&validation.MsgExpectedRegexp:                     "format|应为正则表达式（%v）",
		&validation.MsgExpectedMatchAtLeastOneSchema:      format,
		&validation.MsgExpectedMatchExactlyOneSchema:      format,
		&validation.MsgExpectedNotMatchSchema:             format,
		&validation.MsgExpectedPropertyNameInObject:       format,
		&validation.MsgExpectedBoolean:                    "type|应为 true 或 false",
		&validation.MsgExpectedDuration:                   "format|应为时长（%v）",
		&validation.MsgExpectedNumber:                     "type|应为数字",
		&validation.MsgExpectedInteger:                    "type|应为整数",
		&validation.MsgExpectedString:                     "type|应为文字",
		&validation.MsgExpectedBase64String:               format,
		&validation.MsgExpectedArray:                      "type|应为列表",
		&validation.MsgExpectedObject:                     "type|应为对象",
		&validation.MsgExpectedArrayItemsUnique:           "format|有重复的项",
		&validation.MsgExpectedOneOf:                      "choice|应为下列之一：%s",
		&validation.MsgExpectedMinimumNumber:              "range|不能小于 %v",
		&validation.MsgExpectedExclusiveMinimumNumber:     "range|应大于 %v",
		&validation.MsgExpectedMaximumNumber:              "range|不能大于 %v",
		&validation.MsgExpectedExclusiveMaximumNumber:     "range|应小于 %v",
		&validation.MsgExpectedNumberBeMultipleOf:         "range|应为 %v 的倍数",
		&validation.MsgExpectedMinLength:                  "format|至少 %d 个字符",
		&validation.MsgExpectedMaxLength:                  "too_long|不能超过 %d 个字",
		&validation.MsgExpectedBePattern:                  "format|应为%s",
		&validation.MsgExpectedMatchPattern:               "format|格式应符合 %s",
		&validation.MsgExpectedMinItems:                   "range|至少 %d 项",
		&validation.MsgExpectedMaxItems:                   "too_long|最多 %d 项",
		&validation.MsgExpectedMinProperties:              "range|至少 %d 项",
		&validation.MsgExpectedMaxProperties:              "too_long|最多 %d 项",
		&validation.MsgExpectedRequiredProperty:           "required|缺少 %s",
		&validation.MsgExpectedDependentRequiredProperty:  "required|缺少 %s（因为填写了 %s）",
	}
}
