package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"shixi/wxmsg"
)

// libraryPatience is how long WeChat may take to list the account's templates.
const libraryPatience = 30 * time.Second

// checkLibrary compares the templates of WX_TEMPLATES with the account's library at WeChat, once when a worker starts.
// It stops nothing: a message whose template is missing fails with a reason and stays a notice, and all others leave.
// Every difference is an error in the log and counted in shixi_templates_wrong; a platform that doesn't answer is a
// warning.
func (y *system) checkLibrary(ctx context.Context) {
	if y.templates == nil {
		return
	}
	asking, cancel := context.WithTimeout(ctx, libraryPatience)
	defer cancel()
	library, err := y.gateway.official.Templates(asking)
	if ctx.Err() != nil {
		return // stopped already
	}
	if err != nil {
		y.log.WarnContext(ctx, "the account's template library can't be read, so the templates of WX_TEMPLATES are not compared with it", slog.Any("error", err))
		return
	}
	var wrong wxmsg.TemplatesError
	errors.As(y.templates.CheckAccount(library), &wrong)
	for _, problem := range wrong {
		y.log.ErrorContext(ctx, "a template of WX_TEMPLATES is not as in the account's library: its messages will fail", slog.String("problem", problem))
	}
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "shixi", Name: "templates_wrong", Help: "Templates that the account's library lacks or has otherwise, as of the start."})
	gauge.Set(float64(len(wrong)))
	_ = y.metrics.Register(gauge) // a second worker of this process would have found the same
}
