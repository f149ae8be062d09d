package acts_test

import (
	"testing"

	"shixi/acts/actstest"
	"shixi/internship"
)

// TestAFurtherSchoolSeesThePositions: who recommends an enterprise later may choose what it has published before.
func TestAFurtherSchoolSeesThePositions(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	p := e.Position("焊工", 1)
	school, _ := w.NewSchool("410088", "洛阳市某职业学校")
	_, err := w.Acts.Offer(t.Context(), school.SchoolID, p.ID)
	expect(t, "before", err, internship.ErrNotFound)
	_, err = w.Acts.EnterEnterprise(t.Context(), school, internship.EntryInput{Name: "甲", Code: e.Code})
	expect(t, "the entry", err, nil)
	w.React("enterprises", e.ID)
	_, err = w.Acts.Offer(t.Context(), school.SchoolID, p.ID)
	expect(t, "afterwards", err, nil)
}

// TestWhatFollowsAChangeOfCoreData: the positions have the new name, and the owner logs in by the new code alone.
func TestWhatFollowsAChangeOfCoreData(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e, other := w.Enterprise("甲"), w.Enterprise("乙")
	p := e.Position("焊工", 1)
	change := internship.ChangeInput{CertificateKind: "营业执照", Certificate: e.Upload(internship.FileCertificate), Name: "丙", Code: other.Code, LegalPerson: "李四"}
	_, err := w.Acts.RequestChange(t.Context(), e.Staff, change)
	expect(t, "another's code", err, internship.ErrCodeTaken)
	change.Code = actstest.USCC(7001)
	asked, err := w.Acts.RequestChange(t.Context(), e.Staff, change)
	if err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID) // the registry is asked
	_, err = logIn(w, w.Acts, change.Code, actstest.Password, here)
	expect(t, "by the new code, before it is passed", err, internship.ErrBadLogin)
	if _, err := w.Acts.PassChange(t.Context(), actstest.Platform, e.ID, internship.PassRoundInput{Round: asked.Enterprise.Round}); err != nil {
		t.Fatal(err)
	}
	w.React("enterprises", e.ID)
	if shown, err := w.Acts.Offer(t.Context(), w.School.SchoolID, p.ID); err != nil || shown.EnterpriseName != "丙" {
		t.Errorf("%+v, %v", shown, err)
	}
	_, err = logIn(w, w.Acts, change.Code, actstest.Password, here)
	expect(t, "by the new code", err, nil)
	_, err = logIn(w, w.Acts, e.Code, actstest.Password, here)
	expect(t, "by the old one", err, internship.ErrBadLogin)
}
