package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// TestSchoolCorrectsTheContact: the code of an entry with a wrong mobile would let its holder in; the renewal goes to the
// right one, and what the wrong one got is void.
func TestSchoolCorrectsTheContact(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	const wrong, right = "13800000001", "13800000002"
	in := entryInput(1, "濮阳市某电子有限公司")
	in.Phone = wrong
	entry := read[handlers.Entry](w.school.post("/partner/v1/enterprises", in).ok(http.StatusCreated))
	path := "/partner/v1/enterprises/" + entry.Enterprise.ID + "/activation-code"
	w.log.never(wrong, right, entry.ActivationCode)

	w.other.post(path, tree{"phone": right}).refused(internship.ErrNotFound)
	key := w.school.once("correct-1")
	renewed := read[handlers.Entry](key.post(path, tree{"contact": " 李经理 ", "phone": "138 0000 0002"}).ok(http.StatusOK))
	w.log.never(renewed.ActivationCode)
	if diff := cmp.Diff(handlers.Texted{Sent: true, Mobile: "138****0002"}, renewed.SMS); diff != "" || renewed.Enterprise.Profile.Contact != "李经理" {
		t.Errorf("%+v %s", renewed, diff)
	}
	if _, params, _ := w.SMS(right); params["code"] != renewed.ActivationCode {
		t.Errorf("the right mobile got %v", params)
	}
	if _, params, _ := w.SMS(wrong); params["code"] != entry.ActivationCode {
		t.Errorf("the wrong mobile got %v", params)
	}
	key.post(path, nil).refused(internship.ErrKeyReused)

	kept := read[handlers.Entry](w.school.post(path, tree{}).ok(http.StatusOK))
	w.log.never(kept.ActivationCode)
	if kept.SMS.Mobile != "138****0002" || kept.Enterprise.Profile.Contact != "李经理" {
		t.Errorf("nothing to correct: %+v", kept)
	}
	e, err := w.DB.Enterprises.Get(t.Context(), entry.Enterprise.ID)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, c := range e.History {
		notes = append(notes, c.Name+" "+c.Note)
	}
	if diff := cmp.Diff([]string{"enter ", "renew_code 更正联系人和联系电话", "renew_code "}, notes); diff != "" {
		t.Error(diff)
	}

	form := internship.ActivationInput{Code: in.Code, ActivationCode: entry.ActivationCode, Mobile: wrong, Name: "王", Password: actstest.Password}
	w.anyone().post("/api/v1/activation", form).refused(internship.ErrBadActivation)
	form.ActivationCode = kept.ActivationCode
	p := w.anyone().post("/api/v1/activation", form).refused(internship.ErrInvalid)
	if diff := cmp.Diff([]string{"smsCode=required"}, fields(p)); diff != "" {
		t.Errorf("the wrong mobile with the right code: %s", diff)
	}
	form.Mobile = right
	w.log.never(read[handlers.LoggedIn](w.anyone().post("/api/v1/activation", form).ok(http.StatusCreated)).Token)
	w.school.post(path, tree{"phone": wrong}).refused(internship.ErrAlreadyActive)
}

func TestCorrectionsOfTheContact(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	path := "/partner/v1/enterprises/" + w.enteredBySchool(entryInput(1, "甲")) + "/activation-code" // 王经理, 0393-8888888
	for name, c := range map[string]struct {
		body           tree
		contact, phone string
		texted         bool
		want           []string
	}{
		"nothing":            {tree{}, "王经理", "039*****8888", false, nil},
		"empty":              {tree{"contact": "", "phone": " "}, "王经理", "039*****8888", false, nil},
		"null":               {tree{"phone": nil}, "王经理", "039*****8888", false, nil},
		"contact alone":      {tree{"contact": "李经理"}, "李经理", "039*****8888", false, nil},
		"wide digits":        {tree{"phone": "１３８００００００１２"}, "王经理", "138****0012", true, nil},
		"landline":           {tree{"phone": "0371-66666666"}, "王经理", "037******6666", false, nil},
		"no such mobile":     {tree{"phone": "12800000000"}, "", "", false, []string{"phone=format"}},
		"a digit too few":    {tree{"phone": "1380000000"}, "", "", false, []string{"phone=format"}},
		"long phone":         {tree{"phone": strings.Repeat("1", 33)}, "", "", false, []string{"phone=too_long"}},
		"long contact":       {tree{"contact": strings.Repeat("王", 51)}, "", "", false, []string{"contact=too_long"}},
		"hidden":             {tree{"contact": "王\u202e经理"}, "", "", false, []string{"contact=format"}},
		"two lines":          {tree{"contact": "王\n经理", "phone": "138\x0000000000"}, "", "", false, []string{"contact=format", "phone=format"}},
		"query":              {tree{"phone": tree{"$ne": nil}}, "", "", false, []string{"phone=type"}},
		"number":             {tree{"phone": 13800000000}, "", "", false, []string{"phone=type"}},
		"name of a neighbor": {tree{"mobile": "13800000000"}, "", "", false, []string{"mobile=unknown"}},
	} {
		if c.want != nil {
			if diff := cmp.Diff(c.want, fields(w.school.post(path, c.body).refused(internship.ErrInvalid))); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			continue
		}
		got := read[handlers.Entry](w.school.post(path, c.body).ok(http.StatusOK))
		if p := got.Enterprise.Profile; p.Contact != c.contact || p.Phone != c.phone || got.SMS.Sent != c.texted || got.ActivationCode == "" {
			t.Errorf("%s: %+v", name, got)
		}
		w.school.post(path, tree{"contact": "王经理", "phone": "0393-8888888"}).ok(http.StatusOK)
	}
	for _, body := range []string{"{", "[]", `"13800000000"`, "\xff"} {
		w.school.post(path, body).refused(internship.ErrBadRequest)
	}
}
