package actstest

import (
	"fmt"
	"strings"
)

// USCC makes the n-th valid code of a made-up enterprise (domain.md §3.4).
func USCC(n int64) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := "91410900" + organisation(fmt.Sprintf("T%07d", n%10_000_000))
	weight, sum := 1, 0
	for _, c := range body {
		sum += strings.IndexRune(alphabet, c) * weight
		weight = weight * 3 % 31
	}
	return body + string(alphabet[(31-sum%31)%31])
}

func organisation(body string) string {
	weights := []int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, c := range body {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
		}
		sum += v * weights[i]
	}
	switch check := 11 - sum%11; check {
	case 10:
		return body + "X"
	case 11:
		return body + "0"
	default:
		return body + fmt.Sprint(check)
	}
}

// IDNumber makes the n-th valid number of a made-up person born in 2007; its
// region is not assigned to anyone.
func IDNumber(n int64) string {
	body := fmt.Sprintf("4101992007%02d%02d%03d", n/1000/28%12+1, n/1000%28+1, n%1000)
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, c := range body {
		sum += int(c-'0') * weights[i]
	}
	return body + string("10X98765432"[sum%11])
}
