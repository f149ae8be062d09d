package handlers

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"shixi/handlers/partnerapi"
)

const aboutWebhook = "把密钥可以读取的事件推送到运维人员登记的地址（登记在密钥文件中，不能经接口修改）。" +
	"请求体是事件的列表，每个事件与 /partner/v1/events 中的相同，按序号从小到大，一次至多 100 个或 256 KB。" +
	"签名方法与调用本接口相同，密钥为登记的推送密钥，未登记时为该密钥编号的密钥；接收方应检查签名和时间。\n\n" +
	"回答 2xx 即为收到，请先保存再回答，20 秒内完成；其他状态、跳转和超时都视为失败，按 5 秒至 1 小时逐次延长的间隔重试，前面的事件未收到时不会推送后面的事件。" +
	"每个事件至少推送一次：应答丢失时会再次推送，可能与新的事件一起。请按事件编号去重，或忽略序号不大于已收到的最大序号的事件。" +
	"连续失败 72 小时后停止推送，由运维人员恢复后从停止处继续；期间和之后都可以从 /partner/v1/events 读取。"

// documentWebhook describes what is posted to the partners' webhooks.
func (a *App) documentWebhook() {
	api := a.api.OpenAPI()
	event := api.Components.Schemas.Schema(reflect.TypeFor[Event](), true, "")
	least, most := 1, 100 // tasks' batch
	header := func(name, says string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: says, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	answer := func(says string) *huma.Response { return &huma.Response{Description: says} }
	api.Webhooks = map[string]*huma.PathItem{"events": {Post: &huma.Operation{
		OperationID: "postEvents", Method: http.MethodPost, Summary: "推送事件", Description: aboutWebhook, Tags: []string{tagPartner},
		Parameters: []*huma.Param{
			header(partnerapi.HeaderKey, "密钥编号"), header(partnerapi.HeaderTimestamp, "签名时间，Unix 秒"),
			header(partnerapi.HeaderNonce, "随机串，每次推送不同"), header(partnerapi.HeaderSignature, "签名，见「"+tagPartner+"」的说明"),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
			Schema: &huma.Schema{Type: huma.TypeArray, Items: event, MinItems: &least, MaxItems: &most}}}},
		Responses: map[string]*huma.Response{"2XX": answer("已收到并保存"), "default": answer("未收到，稍后重试；可用 Retry-After（秒）要求等待，至多 1 小时")},
	}}}
}
