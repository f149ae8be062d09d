package handlers

import (
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Groups of operations in the documentation.
const (
	tagLogin      = "登录"
	tagEnterprise = "企业与账号"
	tagPosition   = "岗位"
	tagPlacement  = "签约"
	tagNotice     = "消息"
	tagFile       = "文件"
	tagClient     = "客户端"
	tagOperator   = "运维"
)

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: tagLogin, Description: "企业激活、登录、会话"},
		{Name: tagEnterprise, Description: "本人、本企业、微信绑定"},
		{Name: tagPosition, Description: "实习岗位管理"},
		{Name: tagPlacement, Description: "学生报名与签约"},
		{Name: tagNotice, Description: "站内消息"},
		{Name: tagFile, Description: "证件、方案等文件的上传与读取"},
		{Name: tagClient, Description: "供客户端使用的表单与状态定义"},
		{Name: tagOperator, Description: "探针，供负载均衡与监控使用"},
	}
}

// docs are what the documentation says of each operation.
func docs() map[string]doc {
	all := map[string]doc{}
	for _, some := range []map[string]doc{operatorDocs(), loginDocs(), captchaDocs(), codeDocs(), accountDocs(), recoveryDocs(), wechatDocs(), enterpriseDocs(), registrationDocs(), positionDocs(), placementDocs(), noticeDocs(), clientDocs()} {
		maps.Copy(all, some)
	}
	return all
}

func operatorDocs() map[string]doc {
	return map[string]doc{
		"live": {Tag: tagOperator, Summary: "进程是否存活", Says: "能回答即存活，不检查依赖。"},
		"ready": {Tag: tagOperator, Summary: "是否可以提供服务", Says: "检查各依赖部件，任一失败或正在停机时回答 503。",
			Also: map[int]also{http.StatusServiceUnavailable: {Says: "不能提供服务：有部件失败，或正在停机", Body: true}}},
	}
}
