package handlers

import (
	"net/http"

	"shixi/internship"
)

func fileDocs() map[string]doc {
	refused := []*internship.Error{internship.ErrBadRequest, internship.ErrTooSlow, internship.ErrTooLarge, internship.ErrMediaType, internship.ErrInvalid,
		internship.ErrFileType, internship.ErrFileBroken, internship.ErrFileMixed, internship.ErrFileLocked, internship.ErrFileActive,
		internship.ErrFileComplex, internship.ErrFileName, internship.ErrUploads, internship.ErrUploadBusy}
	const says = "以 multipart/form-data 提交 kind 与 file 两项。内容会被完整解码检查：JPG、PNG、PDF 之外的格式、损坏、加密、含脚本或附件、" +
		"夹带其他内容的文件均被拒绝。上传后 24 小时内须在表单中填写文件编号，否则自动删除。每小时最多 60 个文件。"
	return map[string]doc{
		"uploadFile": {Tag: tagFile, Summary: "上传文件", Status: http.StatusCreated, Errors: refused,
			Says: says + "证件不超过 2 MB，其他文件不超过 10 MB（以运维设置为准）。"},
		"uploadWithPass": {Tag: tagFile, Summary: "入驻时上传证件", Status: http.StatusCreated, Errors: refused,
			Says: says + "须带验证手机号后得到的凭据，每个凭据最多上传 20 次，只能上传企业证件。"},
		"readPartnerFile": {Tag: tagPartner, Summary: "读取文件", Errors: []*internship.Error{internship.ErrNotFound},
			Says: "平台密钥：审核中的企业证件，发布过的岗位的实习方案和夜班加班备案材料。学校密钥：对本校发布过的岗位的这两种文件。学生端密钥：发布过的岗位的这两种文件。"},
		"readFile": {Tag: tagFile, Summary: "读取文件", Says: "只能读取本企业的文件。", Errors: []*internship.Error{internship.ErrNotFound}},
	}
}
