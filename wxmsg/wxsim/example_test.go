package wxsim_test

import (
	"context"
	"fmt"
	"log"

	"shixi/wxmsg/wxsim"
)

// A test's usual start: one 服务号, one template, one follower. The client
// under test gets base in place of https://api.weixin.qq.com.
func Example() {
	sim := wxsim.New(wxsim.Options{})
	defer sim.Close()
	for _, err := range []error{
		sim.AddApp(wxsim.App{Kind: wxsim.OA, AppID: "wx1", Secret: "secret", OriginalID: "gh_1"}),
		sim.AddTemplate("wx1", wxsim.Template{ID: "T1", Title: "报名提醒", Keywords: []wxsim.Keyword{{Key: "thing1", Name: "学生"}}}),
		sim.Follow("wx1", "openid-1", "unionid-1"),
	} {
		if err != nil {
			log.Panic(err)
		}
	}
	base, err := sim.Start("127.0.0.1:0")
	if err != nil {
		log.Panic(err)
	}
	// The next send is taken, but its answer is lost on the way.
	sim.Fault(wxsim.PathTemplateSend, wxsim.Fault{ResetAfter: true})
	_ = base // … let the client send here …

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = sim.Wait(ctx, "openid-1", func(m []wxsim.Message) bool { return len(m) == 1 })
	fmt.Println(err)
	// Output: wait for a phone that shows 0 messages: context canceled
}
