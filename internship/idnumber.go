package internship

import "time"

const (
	idLabel      = "身份证号"
	idLength     = 18
	idOldLength  = 15   // numbers issued before 1999-10, invalid since 2013
	idOldestYear = 1900 // nobody born earlier is alive
)

// IDNumber is a valid 18-digit citizen number (GB 11643-1999, domain.md
// §3.4). Age and sex follow from it and are never asked for. The zero value
// is no number.
type IDNumber struct{ digits string }

// ParseIDNumber reads a citizen number as people type it and checks its form,
// its birth date (a real day, not after the day on which today falls) and its
// check character. The error is a FieldError: required, format, date or
// check_digit; none repeats the number.
func ParseIDNumber(s string, today time.Time) (IDNumber, error) {
	number, err := compactCode(s, idLabel)
	if err != nil {
		return IDNumber{}, err
	}
	if message := idForm(number); message != "" {
		return IDNumber{}, FieldError{Code: "format", Message: idLabel + message}
	}
	n := IDNumber{digits: number}
	birth, err := ParseDate("出生日期", string(n.Birth()))
	if err != nil || birth.Start().Year() < idOldestYear {
		return IDNumber{}, FieldError{Code: "date", Message: idLabel + "第 7 至 14 位不是有效的出生日期，请逐位核对"}
	}
	if birth > DateOf(today) {
		return IDNumber{}, FieldError{Code: "date", Message: idLabel + "中的出生日期晚于今天，请逐位核对"}
	}
	if idCheck(number[:idLength-1]) != number[idLength-1] {
		return IDNumber{}, FieldError{Code: "check_digit", Message: idLabel + "校验不通过，请对照身份证逐位核对"}
	}
	return n, nil
}

// String is the number, X in upper case. It is personal data: it belongs in no
// log and no list (MaskIDNumber).
func (n IDNumber) String() string { return n.digits }

// Birth is the birth date; "" for the zero value.
func (n IDNumber) Birth() Date {
	if len(n.digits) != idLength {
		return ""
	}
	return Date(n.digits[6:10] + "-" + n.digits[10:12] + "-" + n.digits[12:14])
}

// Sex is read from the 17th digit, odd for men; "" for the zero value.
func (n IDNumber) Sex() Sex {
	switch {
	case len(n.digits) != idLength:
		return ""
	case n.digits[16]%2 == 1:
		return Male
	default:
		return Female
	}
}

// idForm says what is wrong with length or characters, "" when nothing is.
func idForm(number string) string {
	if len(number) == idOldLength {
		return "应为 18 位，15 位旧号码已停用，请填写现用号码"
	}
	if message := lengthMessage(number, idLength); message != "" {
		return message
	}
	for i, r := range number {
		last := i == idLength-1
		if !isDigit(r) && !(last && r == 'X') {
			return "只能包含数字，最后一位可为 X，请检查"
		}
	}
	if number[0] == '0' {
		return "前 6 位不是有效的地区代码，请检查"
	}
	return ""
}

// idCheck computes the check character of the first 17 digits (ISO 7064
// MOD 11-2, which shows each single wrong character).
func idCheck(body string) byte {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(body[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}
