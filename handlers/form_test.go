package handlers

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
)

func TestFormReadsWhatFits(t *testing.T) {
	t.Parallel()
	var f Form[internship.ProfileInput]
	if err := json.Unmarshal([]byte(`{"legalPerson":"张明","address":{"province":"410000","county":null},"website":null}`), &f); err != nil {
		t.Fatal(err)
	}
	got, err := f.read(func(internship.ProfileInput) error { return nil })
	want := internship.ProfileInput{LegalPerson: "张明", Address: internship.AddressInput{Province: "410000"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("read (-want, +got):\n%s%v", diff, err)
	}
}

func TestFormComplainsOncePerField(t *testing.T) {
	t.Parallel()
	var f Form[internship.ProfileInput]
	if err := json.Unmarshal([]byte(`{"address":{"province":1,"street":"x"},"contact":["a"]}`), &f); err != nil {
		t.Fatal(err)
	}
	_, err := f.read(func(in internship.ProfileInput) error {
		_, err := in.Parse()
		return err
	})
	var got []string
	for _, field := range translate(err).Fields {
		got = append(got, field.Field+"="+field.Code)
	}
	want := []string{"address.province=type", "address.street=unknown", "contact=type",
		"legalPerson=required", "address.city=required", "address.detail=required", "phone=required", "intro=required", "industry=required", "staff=required"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want, +got):\n%s", diff)
	}
}

// FuzzForm: whatever the bytes, a form is read or refused, and what it reads
// without complaint is what encoding/json reads.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{`{}`, `{"name":"焊工","headcount":5,"majors":["a"]}`, `{"name":1,"x":{}}`, `{"majors":[1,null,"b"]}`, `null`, `[]`, `{"headcount":1e3}`, `{"name":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var form Form[internship.PositionInput]
		if err := json.Unmarshal(data, &form); err != nil {
			return
		}
		if len(form.wrong) > maxWrong {
			t.Fatalf("%d complaints", len(form.wrong))
		}
		if len(form.wrong) > 0 {
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(data, &object); err != nil {
			t.Fatalf("not an object: %v", err)
		}
		again, err := json.Marshal(object) // without repeated members
		if err != nil {
			t.Fatal(err)
		}
		var plain internship.PositionInput
		if err := json.Unmarshal(again, &plain); err != nil {
			t.Fatalf("encoding/json refuses: %v", err)
		}
		if len(plain.Majors) == 0 {
			plain.Majors = form.value.Majors
		}
		if !reflect.DeepEqual(plain, form.value) {
			t.Fatalf("read %+v, encoding/json reads %+v", form.value, plain)
		}
	})
}
