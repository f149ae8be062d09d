package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"shixi/internship"
)

// change raises the pay of the position that the student has signed up for: published again, the student is asked again.
func (d *demo) change(ctx context.Context) (string, error) {
	s := d.staff[0]
	in, path := s.Positions[0], "/api/v1/positions/"+s.positions[0]
	in.PlanFile, in.SalaryMin = s.plan, 3500
	var edited struct{ Edition int }
	if err := s.api.call(ctx, "PUT", path, in, &edited); err != nil {
		return "", err
	}
	publication := demoPublication()
	publication.Edition = edited.Edition
	if err := s.api.call(ctx, "POST", path+"/publish", publication, nil); err != nil {
		return "", err
	}
	row := "/partner/v1/students/" + d.studentIDs["2024001"] + "/applications/" + d.rows[0]
	asked, err := d.until(ctx, row, internship.AwaitingStudent)
	if err != nil {
		return "", err
	}
	if err := d.students.Post(ctx, row+"/reconfirm", "demo-reconfirm", map[string]int{"edition": edited.Edition}, nil); err != nil {
		return "", err
	}
	agreed, err := d.until(ctx, row, internship.Applied)
	return fmt.Sprintf("「%s」月薪改为 3500 元起，第 %d 版重新发布\n卢晓东的报名：%s，学生确认后：%s", in.Name, edited.Edition, asked, agreed), err
}

// until waits until an application is in a state and gives its label.
func (d *demo) until(ctx context.Context, row, state string) (string, error) {
	for {
		var got struct{ State, StateLabel string }
		if err := d.students.Get(ctx, row, &got); err != nil {
			return "", err
		}
		if got.State == state {
			return got.StateLabel, nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return "", fmt.Errorf("the application stays %s: %w", got.StateLabel, err)
		}
	}
}

// freeze hides the other enterprise's positions from students, and lifts that: they are shown again.
func (d *demo) freeze(ctx context.Context) (string, error) {
	s, lines := d.staff[1], []string{}
	for _, step := range []struct {
		path  string
		body  any
		shown bool
		says  string
	}{
		{"/freeze", internship.ReasonInput{Reason: "接到举报，正在核实"}, false, "冻结后学生看不到其岗位，报名原样等待"},
		{"/lift", nil, true, "解除后岗位恢复显示"},
	} {
		if err := d.platform.Post(ctx, "/partner/v1/reviews/"+s.id+step.path, "demo"+step.path, step.body, nil); err != nil {
			return "", err
		}
		if err := d.offered(ctx, s.positions[0], step.shown); err != nil {
			return "", err
		}
		lines = append(lines, s.Name+"："+step.says)
		if step.shown {
			continue
		}
		message, err := d.onPhone(ctx, s, "账号状态变更通知")
		if err != nil {
			return "", err
		}
		lines = append(lines, message)
	}
	return strings.Join(lines, "\n"), nil
}

// offered waits until the student sees a position, or sees it no more.
func (d *demo) offered(ctx context.Context, position string, shown bool) error {
	for {
		var page struct{ Items []struct{ ID string } }
		if err := d.students.Get(ctx, "/partner/v1/students/"+d.studentIDs["2024001"]+"/positions?limit=100", &page); err != nil {
			return err
		}
		if slices.ContainsFunc(page.Items, func(p struct{ ID string }) bool { return p.ID == position }) == shown {
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("the position is shown: %t: %w", !shown, err)
		}
	}
}
