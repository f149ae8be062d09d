package internship

import "time"

// Recovery asks for an enterprise's account whose name and password are both
// lost (账号和密码都忘记了, manual §2.3): somebody shows a mobile, an ID number
// and the certificate, and the platform decides. It is kept whether or not such
// an enterprise exists.
type Recovery struct {
	Root `bson:",inline"`
	// Code is the enterprise's, as it was submitted.
	Code     string   `bson:"code"`
	CodeKind CodeKind `bson:"codeKind"`
	// Name, IDNumber and Mobile are the person's; the mobile is verified.
	Name     string `bson:"name"`
	IDNumber string `bson:"-"`
	Mobile   string `bson:"-"`
	// Certificate is the id of the certificate's scan.
	Certificate string `bson:"certificate"`
	// Pass is the pass it was submitted with, whose files it may name.
	Pass      string    `bson:"pass"`
	State     string    `bson:"state"`
	CreatedAt time.Time `bson:"createdAt"`
	// Expires is when it lapses undecided.
	Expires time.Time `bson:"expires"`
	// Reason is why it was refused.
	Reason string `bson:"reason,omitempty"`
	// AccountID is the owner's account that an approval gives away.
	AccountID    string `bson:"accountId,omitempty"`
	EnterpriseID string `bson:"enterpriseId,omitempty"`
}

// RecoveryLife is how long a recovery waits for the platform.
const RecoveryLife = 30 * 24 * time.Hour

// States of a recovery.
const (
	RecoveryPending  = "pending"
	RecoveryApproved = "approved"
	RecoveryRefused  = "refused"
	RecoveryExpired  = "expired"
)

var recoveryMachine = Machine{
	Name: "recovery", Label: "找回申请",
	States: []State{{RecoveryPending, "待处理", false}, {RecoveryApproved, "已通过", false}, {RecoveryRefused, "已拒绝", true}, {RecoveryExpired, "已过期", true}},
	Transitions: []Transition{
		{Name: "submit", Label: "提交", To: RecoveryPending, By: []ActorKind{ByEnterprise}, Needs: "verified mobile; one pending per mobile"},
		{Name: "approve", Label: "通过", From: []string{RecoveryPending}, To: RecoveryApproved, By: []ActorKind{ByPlatform}, Emits: RecoveryGranted,
			Needs: "the code is that of an activated enterprise; the mobile is no other account's"},
		{Name: "refuse", Label: "拒绝", From: []string{RecoveryPending}, To: RecoveryRefused, By: []ActorKind{ByPlatform}, Emits: RecoveryDenied, Needs: "a reason"},
		{Name: "take_back", Label: "撤回通过", From: []string{RecoveryApproved}, To: RecoveryRefused, By: []ActorKind{BySystem}, Emits: RecoveryDenied,
			Needs: "the mobile became another account's before this one moved to it"},
		{Name: "expire", Label: "过期", From: []string{RecoveryPending}, To: RecoveryExpired, By: []ActorKind{BySystem}, Needs: "30 days without a decision"},
	},
}

// Holds lets one recovery wait per mobile. Several may wait for one enterprise:
// whoever asks first is not always the right one, and could keep the right one
// out.
func (r *Recovery) Holds() []string {
	if r.State != RecoveryPending {
		return nil
	}
	return []string{"mobile:" + r.Mobile}
}

// Private lists the fields that the store encrypts.
func (r *Recovery) Private() map[string]*string {
	return map[string]*string{"idNumber": &r.IDNumber, "mobile": &r.Mobile}
}

// Files names the scan that the platform looks at.
func (r *Recovery) Files() []string { return []string{r.Certificate} }

// Order sorts lists: newest first.
func (r *Recovery) Order() time.Time { return r.CreatedAt }

// StateLabel is the state as people read it.
func (r *Recovery) StateLabel() string { return recoveryMachine.StateLabel(r.State) }

// Submit begins a recovery.
func (r *Recovery) Submit(do Do) error {
	r.CreatedAt, r.Expires = do.At, do.At.Add(RecoveryLife)
	return r.fire("submit", do)
}

// Same says whether another recovery asks for the same with the same papers.
func (r *Recovery) Same(other *Recovery) bool {
	return r.Code == other.Code && r.Name == other.Name && r.IDNumber == other.IDNumber && r.Mobile == other.Mobile && r.Certificate == other.Certificate
}

// Approve gives the owner's account to the person. Errors: ErrNothingToGive
// without an account, ErrWrongState, also once it is overdue.
func (r *Recovery) Approve(owner *Account, do Do) error {
	if err := r.undecided(do); err != nil {
		return err
	}
	if owner == nil || owner.State != AccountActive {
		return ErrNothingToGive
	}
	r.AccountID, r.EnterpriseID = owner.ID, owner.EnterpriseID
	return r.fire("approve", do)
}

// Refuse ends it with the reason in do.Note. Errors: as Approve.
func (r *Recovery) Refuse(do Do) error {
	if err := r.undecided(do); err != nil {
		return err
	}
	r.Reason = do.Note
	return r.fire("refuse", do)
}

// TakeBack ends an approval that can't be carried out with the reason in
// do.Note: the mobile, which was free when the platform looked, is another
// account's. It says whether there was one to take back.
func (r *Recovery) TakeBack(do Do) (bool, error) {
	if r.State != RecoveryApproved {
		return false, nil
	}
	r.Reason, r.AccountID, r.EnterpriseID = do.Note, "", ""
	return true, r.fire("take_back", do)
}

// Expire ends one that waited too long; it says whether it did.
func (r *Recovery) Expire(do Do) (bool, error) {
	if r.State != RecoveryPending || do.At.Before(r.Expires) {
		return false, nil
	}
	return true, r.fire("expire", do)
}

// undecided refuses a decision that comes too late.
func (r *Recovery) undecided(do Do) error {
	if r.State == RecoveryPending && !do.At.Before(r.Expires) {
		return ErrWrongState.With("申请已过期，请申请人重新提交")
	}
	return nil
}

func (r *Recovery) fire(name string, do Do) error {
	return r.Root.fire(recoveryMachine, &r.State, name, do, Refs{EnterpriseID: r.EnterpriseID, AccountID: r.AccountID, RecoveryID: r.ID}, nil)
}

// Match is what comparing a submitted ID number with that on file says.
type Match string

// What a comparison says, which only the platform is told.
const (
	Matches    Match = "match"
	Mismatches Match = "mismatch"
	NotOnFile  Match = "nothing_on_file"
)

// Compare holds the recovery's ID number against the registrant's.
func (r *Recovery) Compare(owner *Account) Match {
	switch {
	case owner == nil || owner.IDNumber == "":
		return NotOnFile
	case owner.IDNumber == r.IDNumber:
		return Matches
	}
	return Mismatches
}

// RecoveryForm is 账号和密码都忘记了, but for the mobile and its code, for which
// the pass stands.
func RecoveryForm() Form {
	return Form{Name: "recovery", Label: "找回账号", Fields: []Field{
		{Name: "code", Label: usccLabel, Required: true, Max: codeMax, Help: codeHelp},
		{Name: "name", Label: "姓名", Required: true, Max: nameMax},
		{Name: "idNumber", Label: idLabel, Required: true, Max: codeMax},
		{Name: "certificate", Label: "证件扫描件", Verb: "上传", Required: true, Max: codeMax, Pattern: numberPattern, Help: "请先上传"},
	}}
}

// RecoveryInput is the form as it is submitted.
type RecoveryInput struct {
	Code        string `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	Name        string `json:"name" doc:"姓名" example:"王经理"`
	IDNumber    string `json:"idNumber" doc:"身份证号，加密保存" example:"410199200701020013"`
	Certificate string `json:"certificate" doc:"企业证件扫描件的文件编号，以同一凭据上传" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// Parse checks the form and gives the recovery, without id and mobile. A code
// whose check digit alone is wrong is taken: a few are registered (domain.md
// §3.4). Errors: ErrInvalid with each wrong field.
func (in RecoveryInput) Parse(now time.Time) (*Recovery, error) {
	r := &Recovery{Name: Clean(in.Name), Certificate: Clean(in.Certificate)}
	var q inquiry
	q.form(RecoveryForm(), map[string]string{"code": Clean(in.Code), "name": r.Name, "idNumber": Clean(in.IDNumber), "certificate": r.Certificate})
	var err error
	if r.Code, r.CodeKind, err = ParseEnterpriseCode(in.Code); !Unverified(err) {
		q.note("code", err)
	}
	id, err := ParseIDNumber(in.IDNumber, now)
	q.note("idNumber", err)
	r.IDNumber = id.String()
	return r, q.err()
}
