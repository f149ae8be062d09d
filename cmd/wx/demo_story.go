package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"shixi/acts"
	"shixi/handlers/partnerapi"
	"shixi/internship"
	"shixi/registry/registrysim"
	"shixi/sms/smssim"
	"shixi/wxmsg/wxsim"
)

// demo is one run of the story: schools and students come through the partner API, the enterprises' staff through the
// mini-program's API, and WeChat through its callbacks, as they would outside.
type demo struct {
	settings Settings
	log      *slog.Logger
	out      io.Writer
	started  time.Time
	// budget is how long the story may take; 0 means demoBudget.
	budget time.Duration
	folder string
	sim    *wxsim.Sim
	texts  *smssim.Sim
	// regulator is the simulated registry; nil where a real one is set.
	regulator *registrysim.Sim
	base      string
	// puzzles draws what eyes look at; nil: the real thing.
	puzzles acts.Puzzles
	eyes    *eyes

	schoolSecret, studentsSecret, platformSecret string
	school, students, platform                   *partnerapi.Client
	hook                                         *demoHook

	staff      []*demoStaff
	studentIDs map[string]string
	planID     string
	// comer is the enterprise that registers itself.
	comer *demoStaff
	// rows are the two applications of the story's student, by enterprise.
	rows []string
}

// demoStaff is one enterprise with its owner, logged in.
type demoStaff struct {
	demoEnterprise
	id        string
	api       *demoClient
	positions []string
	// plan is the file of its 实习方案.
	plan string
}

// scene is one step of the story; it returns the line to show.
type scene struct {
	name string
	play func(context.Context) (string, error)
}

// tell plays the scenes in order and stops at the first that fails.
func (d *demo) tell(ctx context.Context, once bool) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.budget, demoBudget))
	defer cancel()
	d.connect()
	scenes := []scene{
		{"学校登记实习计划和学生", d.registerSchool},
		{"学校录入企业，企业凭激活码激活", d.activate},
		{"企业发布岗位", d.publish},
		{"负责人扫码绑定服务号", d.bind},
		{"负责人索取短信验证码", d.texted},
		{"学生报名", d.apply},
		{"负责人的微信收到签约申请", d.told},
		{"企业修改薪资后重新发布，学生重新确认", d.change},
		{"企业自荐入驻：短信验证手机号，上传证件，提交登记", d.register},
		{"省级平台审核通过，负责人的微信收到结果", d.admit},
		{"省级平台冻结企业，岗位随即隐藏，解除后恢复", d.freeze},
	}
	if once {
		scenes = append(scenes, scene{"企业同意签约", d.accept}, scene{"其他企业的报名失效，对方收到通知", d.lapsed}, scene{"学校读到事件", d.feed}, scene{"学校的系统收到推送", d.received},
			scene{"浏览器打开登录页和接口文档", d.browse})
	}
	fmt.Fprintln(d.out)
	for i, s := range scenes {
		from := time.Now()
		line, err := s.play(ctx)
		if err != nil {
			fmt.Fprintf(d.out, "✗ %d/%d %s: %v\n", i+1, len(scenes), s.name, err)
			return fmt.Errorf("step %d %q: %w", i+1, s.name, err)
		}
		fmt.Fprintf(d.out, "✓ %d/%d %s（%d 毫秒）\n", i+1, len(scenes), s.name, time.Since(from).Milliseconds())
		fmt.Fprintln(d.out, "      "+strings.ReplaceAll(line, "\n", "\n      "))
	}
	if once {
		fmt.Fprintf(d.out, "\n全部完成，自启动起 %.1f 秒\n", time.Since(d.started).Seconds())
		return nil
	}
	return d.next(ctx)
}

// connect makes the clients of the school and the students' app.
func (d *demo) connect() {
	d.school = &partnerapi.Client{Base: d.base, Key: "school", Secret: d.schoolSecret}
	d.students = &partnerapi.Client{Base: d.base, Key: "students", Secret: d.studentsSecret}
	d.platform = &partnerapi.Client{Base: d.base, Key: "platform", Secret: d.platformSecret}
}

func (d *demo) registerSchool(ctx context.Context) (string, error) {
	now := time.Now()
	if err := d.school.Put(ctx, "/partner/v1/school", internship.SchoolInput{Name: "郑州市某职业学校"}, nil); err != nil {
		return "", err
	}
	var plan struct{ ID string }
	if err := d.school.Put(ctx, "/partner/v1/plans/2026-01", demoPlan(now), &plan); err != nil {
		return "", err
	}
	d.planID, d.studentIDs = plan.ID, map[string]string{}
	for number, in := range demoStudents(now) {
		var student struct{ ID string }
		if err := d.school.Put(ctx, "/partner/v1/students/"+number, in, &student); err != nil {
			return "", err
		}
		d.studentIDs[number] = student.ID
	}
	return "郑州市某职业学校：软件学院岗位实习，学生卢晓东、马丽", nil
}

func (d *demo) activate(ctx context.Context) (string, error) {
	return d.activateAll(ctx, demoEnterprises(time.Now()))
}

func (d *demo) activateAll(ctx context.Context, enterprises []demoEnterprise) (string, error) {
	var lines []string
	for _, e := range enterprises {
		var entry struct {
			Enterprise     struct{ ID string }
			ActivationCode string
		}
		err := d.school.Post(ctx, "/partner/v1/enterprises", "demo-enter-"+e.Code, internship.EntryInput{Name: e.Name, Code: e.Code, Contact: e.Owner, Phone: e.Mobile}, &entry)
		if err != nil {
			return "", err
		}
		s := &demoStaff{demoEnterprise: e, id: entry.Enterprise.ID, api: &demoClient{base: d.base}}
		if err := s.activate(ctx, entry.ActivationCode); err != nil {
			return "", err
		}
		d.staff = append(d.staff, s)
		lines = append(lines, fmt.Sprintf("%s（%s），激活码 %s", e.Name, e.Code, entry.ActivationCode))
	}
	return strings.Join(lines, "\n"), nil
}

func (s *demoStaff) activate(ctx context.Context, code string) error {
	var opened struct{ Token string }
	err := s.api.call(ctx, "POST", "/api/v1/activation", internship.ActivationInput{Code: s.Code, ActivationCode: code, Mobile: s.Mobile, Name: s.Owner, Password: demoPassword}, &opened)
	if err != nil {
		return err
	}
	s.api.token = opened.Token
	return s.api.call(ctx, "PUT", "/api/v1/enterprise", internship.ProfileInput{LegalPerson: "张明", Contact: s.Owner, Phone: "0393-8888888",
		Address: internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路街道任丘路与新华街交叉口东北角 260 号"},
		Website: "https://example.com", Intro: "主要从事产品的研发与生产，常年接收职业院校实习生。", Industry: "制造业", Staff: 1000}, nil)
}

func (d *demo) publish(ctx context.Context) (string, error) {
	n := 0
	for _, s := range d.staff {
		for _, in := range s.Positions {
			id, err := s.publish(ctx, in)
			if err != nil {
				return "", err
			}
			s.positions = append(s.positions, id)
			n++
		}
	}
	return fmt.Sprintf("%d 个岗位上传实习方案、确认合规声明后发布，本校学生可以报名", n), nil
}

// publish saves a position with its 实习方案, makes the declaration and gives the position's id.
func (s *demoStaff) publish(ctx context.Context, in internship.PositionInput) (string, error) {
	id, err := s.save(ctx, in)
	if err != nil {
		return "", err
	}
	return id, s.api.call(ctx, "POST", "/api/v1/positions/"+id+"/publish", demoPublication(), nil)
}

// save saves a complete position, one plan for all.
func (s *demoStaff) save(ctx context.Context, in internship.PositionInput) (string, error) {
	if s.plan == "" {
		var err error
		if s.plan, err = s.api.upload(ctx, "/api/v1/files", internship.FilePlan, "学生实习方案.pdf", demoPlanFile); err != nil {
			return "", err
		}
	}
	in.PlanFile = s.plan
	var p struct{ ID string }
	err := s.api.call(ctx, "POST", "/api/v1/positions", in, &p)
	return p.ID, err
}

func (d *demo) bind(ctx context.Context) (string, error) {
	for _, s := range d.staff {
		if err := d.scan(ctx, s); err != nil {
			return "", err
		}
	}
	return "王经理、李主任扫描二维码关注服务号，消息将发到各自的微信", nil
}

// scan lets an owner scan the code that binds the account to the phone.
func (d *demo) scan(ctx context.Context, s *demoStaff) error {
	if err := s.api.call(ctx, "POST", "/api/v1/bindings/follower", nil, nil); err != nil {
		return err
	}
	scenes := d.sim.Scenes(demoOAAppID) // the newest code first: the one just made
	if len(scenes) == 0 {
		return errors.New("no code to scan was made")
	}
	if _, err := d.sim.Scan(ctx, demoOAAppID, s.OpenID, scenes[0]); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	return d.sim.AddUser(wxsim.User{AppID: demoOAAppID, OpenID: s.OpenID, Name: s.Owner, Subscribed: true}) // the phone's name on /sim
}

func (d *demo) apply(ctx context.Context) (string, error) {
	student := d.studentIDs["2024001"]
	for _, s := range d.staff {
		var row struct{ ID string }
		err := d.students.Post(ctx, "/partner/v1/students/"+student+"/applications", "demo-apply-"+s.Code,
			map[string]any{"planId": d.planID, "positionId": s.positions[0], "edition": 1}, &row)
		if err != nil {
			return "", err
		}
		d.rows = append(d.rows, row.ID)
	}
	return fmt.Sprintf("卢晓东报名「%s」和「%s」", d.staff[0].Positions[0].Name, d.staff[1].Positions[0].Name), nil
}

func (d *demo) told(ctx context.Context) (string, error) {
	return d.onPhone(ctx, d.staff[0], "签约申请提醒")
}

// onPhone waits until a message with the title stands on an owner's phone and draws it.
func (d *demo) onPhone(ctx context.Context, s *demoStaff, title string) (string, error) {
	var shown wxsim.Message
	err := d.sim.Wait(ctx, s.OpenID, func(messages []wxsim.Message) bool {
		for _, m := range messages {
			if m.Title == title {
				shown = m
				return true
			}
		}
		return false
	})
	if err != nil {
		return "", fmt.Errorf("「%s」没有出现在%s的手机上：%w", title, s.Owner, err)
	}
	return drawMessage(s.Owner, shown), nil
}

func (d *demo) accept(ctx context.Context) (string, error) {
	var answer struct {
		Results []struct {
			OK        bool
			Placement struct{ StateLabel string }
			Error     *partnerapi.Problem
		}
	}
	if err := d.staff[0].api.call(ctx, "POST", "/api/v1/placements/accept", map[string][]string{"ids": d.rows[:1]}, &answer); err != nil {
		return "", err
	}
	if len(answer.Results) != 1 || !answer.Results[0].OK {
		return "", fmt.Errorf("not accepted: %+v", answer.Results)
	}
	return "卢晓东：" + answer.Results[0].Placement.StateLabel, nil
}

func (d *demo) lapsed(ctx context.Context) (string, error) {
	message, err := d.onPhone(ctx, d.staff[1], "报名失效通知")
	if err != nil {
		return "", err
	}
	var row struct{ StateLabel string }
	if err := d.staff[1].api.call(ctx, "GET", "/api/v1/placements/"+url.PathEscape(d.rows[1]), nil, &row); err != nil {
		return "", err
	}
	return "卢晓东在" + d.staff[1].Name + "：" + row.StateLabel + "\n" + message, nil
}

func (d *demo) feed(ctx context.Context) (string, error) {
	for {
		var page struct {
			Items []struct {
				Seq  int64
				Kind string
			}
		}
		if err := d.school.Get(ctx, "/partner/v1/events?limit=100", &page); err != nil {
			return "", err
		}
		kinds := []string{}
		lapsed := false
		for _, e := range page.Items {
			kinds = append(kinds, fmt.Sprintf("%d %s", e.Seq, e.Kind))
			lapsed = lapsed || e.Kind == string(internship.PlacementLapsed)
		}
		if lapsed {
			return strings.Join(kinds, "\n"), nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return "", fmt.Errorf("the events do not arrive: %w", err)
		}
	}
}

func (d *demo) received(ctx context.Context) (string, error) {
	kinds, err := d.hook.wait(ctx, string(internship.PlacementLapsed))
	return strings.Join(kinds, "\n"), err
}

// browse opens the pages as a browser does and tells their titles.
func (d *demo) browse(ctx context.Context) (string, error) {
	var lines []string
	for _, path := range []string{"/h5/login", "/docs"} {
		title, err := pageTitle(ctx, d.base+path)
		if err != nil {
			return "", err
		}
		lines = append(lines, title+"  "+path)
	}
	return strings.Join(lines, "\n"), nil
}

// next says what to look at while the demo keeps running.
func (d *demo) next(ctx context.Context) error {
	s := d.staff[0]
	ticket, err := d.eyes.ticket(ctx, &demoClient{base: d.base})
	if err != nil {
		return fmt.Errorf("solve a puzzle: %w", err)
	}
	fmt.Fprintf(d.out, `
系统正在运行，按 Ctrl-C 结束。接下来可以：
  看手机      %[1]s/sim
  看短信      %[11]s
  登录页      %[2]s/h5/login（账号和密码见下）
  看接口      %[2]s/docs，原文 %[2]s/openapi.json
  登录        统一社会信用代码 %[3]s 或手机号 %[4]s，密码 %[5]s
              curl -s %[2]s/api/v1/login -H 'Content-Type: application/json' -d '{"name":"%[4]s","password":"%[5]s","ticket":"%[10]s"}'
              （ticket 是一次滑动验证的结果，5 分钟内可用一次；接口 /api/v1/captcha 给出新的验证）
  看报名      curl -s %[2]s/api/v1/placements -H 'Authorization: Bearer %[6]s'
  同意签约    curl -s %[2]s/api/v1/placements/accept -H 'Authorization: Bearer %[6]s' -H 'Content-Type: application/json' -d '{"ids":["%[7]s"]}'
              另一家企业（%[8]s）的手机随即收到「报名失效通知」
  作为学校、学生、平台 按 /openapi.json 签名调用 /partner/v1，密钥在 %[9]s
`, d.settings.WXAPIBase, d.base, s.Code, s.Mobile, demoPassword, s.api.token, d.rows[0], d.staff[1].Owner, d.settings.PartnerKeys, ticket, d.settings.SMS.Endpoint)
	return nil
}

func pause(ctx context.Context, t time.Duration) error {
	select {
	case <-time.After(t):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
