package appspec

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mode reads a file mode as the agent does: whatever the value is, its text,
// padded to three digits.
func (r *reader) mode(p *Permission, e entry) {
	v := r.value(e)
	p.Mode = v
	if !v.Present() {
		return
	}
	for len(v.Value) < 3 {
		v.Value = "0" + v.Value
	}
	p.Mode = v
	says, rule, message := "", "", ""
	if utf8.RuneCountInString(v.Value) > 4 {
		rule, message = "EC2-060", fmt.Sprintf("mode %s has more than four digits", show(v.Value))
		says = fmt.Sprintf(saysModeLength, v.Value)
	} else if i := strings.IndexFunc(v.Value, func(c rune) bool { return c < '0' || c > '7' }); i >= 0 {
		bad, _ := utf8.DecodeRuneInString(v.Value[i:])
		rule, message = "EC2-062", fmt.Sprintf("mode %s holds %q, which is no octal digit", show(v.Raw), bad)
		says = fmt.Sprintf(saysModeCharacter, v.Value, bad)
	}
	const help = "Give three or four digits from 0 to 7, such as mode: 644 or \"0644\"."
	switch octal := writtenOctal(v); {
	case octal != "" && rule != "":
		r.refused("EC2-061", v.Range(), fmt.Sprintf("mode %s begins with a zero, so YAML reads it as octal: the agent sees %s", v.Raw, v.Value), says,
			octalHelp(octal))
	case octal != "" && !sameBits(octal, v.Value):
		r.fails("EC2-061", v.Range(), fmt.Sprintf("mode %s begins with a zero, so YAML reads it as octal: the agent sets %04s", v.Raw, v.Value), "",
			octalHelp(octal))
	case rule != "":
		r.refused(rule, v.Range(), message, says, help)
	case len(strings.Trim(v.Raw, " ")) < 3:
		r.warn("EC2-063", v.Range(), fmt.Sprintf("mode %s is padded to %s", show(v.Raw), v.Value), help)
	}
}

// octalHelp tells how to write a mode that has a leading zero. One of five
// digits is too long in quotes.
func octalHelp(digits string) string {
	plain := strings.TrimLeft(digits, "0")
	if len(digits) > 4 && len(plain) >= 3 && len(plain) <= 4 {
		return "Write mode: " + plain + "."
	}
	return fmt.Sprintf("Quote it: %q, or drop the zero.", digits)
}

// writtenOctal returns the digits of a number that is written with a leading
// zero, "" for any other value.
func writtenOctal(v String) string {
	digits := digitsOf(strings.TrimLeft(v.Raw, "+-"))
	if v.Quoted || v.Kind != Int || len(digits) < 2 || digits[0] != '0' || strings.Trim(digits, "01234567") != "" {
		return ""
	}
	return digits
}

// sameBits is true if two octal numbers are equal.
func sameBits(a, b string) bool {
	m, errA := strconv.ParseUint(a, 8, 32)
	n, errB := strconv.ParseUint(b, 8, 32)
	return errA == nil && errB == nil && m == n
}
