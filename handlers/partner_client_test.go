package handlers_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/valyala/fasthttp/fasthttputil"

	"shixi/handlers"
	"shixi/handlers/partnerapi"
	"shixi/internship"
)

// TestPartnerClient drives the API with the client that partners may copy.
func TestPartnerClient(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	listener := fasthttputil.NewInmemoryListener()
	go func() { _ = w.app.Fiber().Listener(listener) }()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return listener.Dial() }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = w.app.Fiber().Shutdown()
	})
	client := func(p partner) *partnerapi.Client {
		return &partnerapi.Client{Base: "http://shixi.test", Key: p.id, Secret: p.secret, HTTP: &http.Client{Transport: transport}, Now: w.Now}
	}
	ctx, school, app := t.Context(), client(w.school), client(w.students)
	position := w.enterprise("A").Position("焊工", 2)

	var student handlers.Student
	if err := school.Put(ctx, "/partner/v1/students/S1", studentInput(1), &student); err != nil {
		t.Fatal(err)
	}
	path := "/partner/v1/students/" + student.ID
	var offers handlers.OfferPage
	if err := app.Get(ctx, path+"/positions?text=%E7%84%8A&limit=5", &offers); err != nil || len(offers.Items) != 1 {
		t.Fatalf("%+v, %v", offers, err)
	}
	var placement handlers.PartnerPlacement
	if err := app.Post(ctx, path+"/applications", "key-1", w.application(position), &placement); err != nil || placement.Position.ID != position.ID {
		t.Fatalf("%+v, %v", placement, err)
	}
	if err := app.Post(ctx, path+"/applications/"+placement.ID+"/withdraw", "key-2", nil, nil); err != nil {
		t.Fatal(err)
	}
	err := app.Post(ctx, path+"/applications/"+placement.ID+"/withdraw", "key-3", nil, nil)
	if p, ok := errors.AsType[*partnerapi.Problem](err); !ok || p.Code != internship.ErrWrongState.Code || p.Status != http.StatusConflict || p.RequestID == "" {
		t.Errorf("refusal = %v", err)
	}
	if err := client(partner{id: "nobody", secret: "x"}).Get(ctx, "/partner/v1/events", nil); err == nil {
		t.Error("a stranger reads the feed")
	}
}
