package actstest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"shixi/acts"
	"shixi/internship"
)

// Platform is the province's side of the partner API.
var Platform = acts.Partner{Kind: internship.ByPlatform, Key: "platform"}

// Address is a valid 注册地址.
func Address() internship.AddressInput {
	return internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路街道新华街 260 号"}
}

// Applicant is somebody with a verified mobile who is about to register.
type Applicant struct {
	*World
	acts.Admitted
	Mobile string
}

// Applicant verifies a new mobile.
func (w *World) Applicant() *Applicant {
	w.TB.Helper()
	mobile := fmt.Sprintf("134%08d", w.next())
	return &Applicant{World: w, Admitted: w.Admit(internship.CodeForRegister, mobile), Mobile: mobile}
}

// Form is a valid registration of an enterprise; its certificate is uploaded.
func (p *Applicant) Form(name, code string) internship.RegistrationInput {
	p.TB.Helper()
	return internship.RegistrationInput{Password: Password, Registrant: internship.RegistrantInput{Name: "王经理"},
		EnterpriseInput: internship.EnterpriseInput{Name: name, Code: code, LegalPerson: "张明", CertificateKind: "营业执照",
			Certificate: p.File(p.Admitted.Pass.ID, p.Admitted.Pass.ID, internship.FileCertificate), Address: Address(), Contact: "王经理",
			Phone: "0393-8888888", Intro: "电子产品", Industry: "制造业", Staff: 1000}}
}

// Resubmission is the registration of the form again, with a new scan.
func (e *Enterprise) Resubmission(in internship.RegistrationInput) internship.ResubmissionInput {
	e.TB.Helper()
	in.Certificate = e.File(e.ID, e.Staff.AccountID, internship.FileCertificate)
	return internship.ResubmissionInput{EnterpriseInput: in.EnterpriseInput, Registrant: in.Registrant}
}

// Registers hands a form in, which must succeed.
func (p *Applicant) Registers(in internship.RegistrationInput) *Enterprise {
	p.TB.Helper()
	opened, err := p.Acts.Register(p.TB.Context(), p.Token, in, acts.Device{Name: "测试"})
	p.must(err)
	return p.opened(opened, in.Code)
}

func (p *Applicant) opened(o acts.Opened, code string) *Enterprise {
	s := o.Session
	e := &Enterprise{World: p.World, ID: s.EnterpriseID, Code: code, Mobile: p.Mobile, Token: o.Token,
		Staff: acts.Staff{AccountID: s.AccountID, EnterpriseID: s.EnterpriseID, Name: s.Name, Role: s.Role}}
	e.plan = sync.OnceValue(func() string { return e.Upload(internship.FilePlan) })
	return e
}

// Registered is an enterprise that registered itself and waits for review,
// confirmed by the registry.
func (w *World) Registered(name string) *Enterprise {
	w.TB.Helper()
	code := USCC(500_000 + w.next())
	p := w.Applicant()
	w.Registry().Put(code, internship.RegistryRecord{Name: name, LegalPerson: "张明", Status: "存续"})
	e := p.Registers(p.Form(name, code))
	w.React("enterprises", e.ID)
	return e
}

// Passed is an enterprise that registered itself and was admitted.
func (w *World) Passed(name string) *Enterprise {
	w.TB.Helper()
	e := w.Registered(name)
	_, err := w.Acts.PassReview(w.TB.Context(), Platform, e.ID, internship.PassRoundInput{Round: 1})
	w.must(err)
	return e
}

// Read gives the enterprise as it is.
func (e *Enterprise) Read() *internship.Enterprise {
	e.TB.Helper()
	got, err := e.DB.Enterprises.Get(e.TB.Context(), e.ID)
	e.must(err)
	return got
}

// Frozen freezes the enterprise; its positions follow.
func (e *Enterprise) Frozen() {
	e.TB.Helper()
	_, err := e.Acts.Freeze(e.TB.Context(), Platform, e.ID, internship.ReasonInput{Reason: "收到举报，正在调查"})
	e.must(err)
	e.React("enterprises", e.ID)
}

// Registry is the world's market regulator: nothing but what is put there.
func (w *World) Registry() *Registry {
	r, ok := w.Acts.Registry.(*Registry)
	if !ok {
		r = &Registry{}
		w.Acts.Registry = r
	}
	return r
}

// Registry is a market regulator's registry in memory.
type Registry struct {
	mu      sync.Mutex
	records map[string]internship.RegistryRecord
	err     error
	asked   []string
}

// Put gives the registry a record.
func (r *Registry) Put(code string, record internship.RegistryRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.records == nil {
		r.records = map[string]internship.RegistryRecord{}
	}
	r.records[code] = record
}

// Fail lets it answer nothing but an error; nil: it answers again.
func (r *Registry) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Asked are the codes it was asked about.
func (r *Registry) Asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// Record implements acts.Registry.
func (r *Registry) Record(_ context.Context, code string) (internship.RegistryRecord, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, code)
	record, found := r.records[code]
	return record, found, r.err
}
