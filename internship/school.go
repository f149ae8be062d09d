package internship

// School is a vocational college (职业院校). It is known by its number
// (学校编号) and kept through the partner API under that school's key.
type School struct {
	Root `bson:",inline"`
	Code string `bson:"code"`
	Name string `bson:"name"`
}

// SchoolID is the document id of the school with a number.
func SchoolID(code string) string { return "sch_" + code }

// Holds makes the number unique.
func (s *School) Holds() []string { return []string{"school:" + s.Code} }

// Keep takes over the name that the school gives itself.
func (s *School) Keep(name string, do Do) {
	s.Name = name
	s.History = append(s.History, Change{Name: "keep", To: "kept", By: do.By, At: do.At})
}
