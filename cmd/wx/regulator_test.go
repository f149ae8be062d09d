package main

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/registry"
	"shixi/registry/registrysim"
)

// A record, no record and silence are three things to the acts.
func TestRegulator(t *testing.T) {
	t.Parallel()
	sim := registrysim.New("0123456789abcdef", registry.Record{Code: "91410900MA4ABCD173", Name: "示例（河南）电子有限公司", LegalPerson: "张明", Status: "吊销，未注销"})
	address, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := registry.New(registry.Options{URL: u, Token: "0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := regulator{client}

	record, found, err := r.Record(t.Context(), "91410900MA4ABCD173")
	if err != nil || !found {
		t.Fatalf("found %v, %v", found, err)
	}
	check := record.Compare(internship.Core{Name: "示例(河南)电子有限公司", LegalPerson: "张明"})
	want := internship.RegistryCheck{Outcome: internship.RegistryMismatch, Status: "吊销，未注销", Differences: []internship.Difference{{Field: "status", Theirs: "吊销，未注销"}}}
	if diff := cmp.Diff(want, check); diff != "" {
		t.Error(diff)
	}
	if _, found, err := r.Record(t.Context(), "91410100123456788Y"); found || err != nil {
		t.Errorf("unknown code: found %v, %v", found, err)
	}
	sim.Fault(registrysim.Fault{Times: 1, Status: 502})
	if _, found, err := r.Record(t.Context(), "91410900MA4ABCD173"); found || err == nil {
		t.Errorf("silence: found %v, %v", found, err)
	}
}
