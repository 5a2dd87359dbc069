package appspec

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what YAML 1.1 makes of a value, as the agent's Ruby reads it.
type Kind int

const (
	Absent  Kind = iota // nothing in the file
	Null                // ~, null, or nothing after the colon: counts as absent
	Bool                // yes, no, on, off, true, false in any case
	Int                 // decimal, 0x, 0b, leading zero (octal), 2:00 (base 60)
	Float               // with a point
	Text                // everything else, and whatever is quoted
	Symbol              // :word
	Date                // 2024-01-31, with or without a time
	List                // a sequence where one value is expected
	Mapping             // a mapping where one value is expected
)

// The patterns are those of YAML 1.1 with Psych's own departures. They are
// made when a value first needs them; most files never do.
var (
	timeLike = pattern(`^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$`)
	dateLike = pattern(`^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$`)
	base60   = pattern(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}(\.[0-9_]*)?$`)
)

func pattern(expression string) func(string) bool {
	compiled := lazily(expression)
	return func(s string) bool { return compiled().MatchString(s) }
}

// isWord is true for what Psych takes for a text, or one of a few words, by its
// first characters.
func isWord(s string) bool {
	first, n := utf8.DecodeRuneInString(s)
	if isWordCharacter(first) {
		return true
	}
	second, _ := utf8.DecodeRuneInString(s[n:])
	return strings.IndexByte("0123456789.:-", s[0]) < 0 && len(s) > n && isWordCharacter(second)
}

func isWordCharacter(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("_ \t\n\v\f\r!@#$%^&*(){}<>|/\\~;=", byte(c)) >= 0
	}
	return unicode.IsLetter(c) || unicode.IsMark(c) || unicode.Is(unicode.Nl, c)
}

// isInt is true for the form of a whole number: decimal, octal with a leading
// zero, 0x or 0b, with _ and , between the digits.
func isInt(s string) bool {
	s = withoutSign(s)
	switch {
	case strings.HasPrefix(s, "0b"):
		return len(s) > 2 && strings.Trim(s[2:], "01_,") == ""
	case strings.HasPrefix(s, "0x"):
		return len(s) > 2 && strings.Trim(s[2:], "0123456789abcdefABCDEF_,") == ""
	case s == "" || s[0] == '0':
		return s != "" && strings.Trim(s, "01234567_,") == ""
	}
	last := byte('_')
	for i := range len(s) {
		digit := s[i] >= '0' && s[i] <= '9'
		if !digit && (s[i] != '_' && s[i] != ',' || last == '_' || last == ',') {
			return false
		}
		last = s[i]
	}
	return last != '_' && last != ','
}

// isFloat is true for the form of a decimal number with a point; an exponent
// has a sign.
func isFloat(s string) bool {
	whole, rest, ok := strings.Cut(withoutSign(s), ".")
	if !ok || strings.Trim(whole, "0123456789_,") != "" || whole != "" && (whole[0] == '_' || whole[0] == ',') {
		return false
	}
	rest = strings.TrimLeft(rest, "0123456789")
	return rest == "" || len(rest) > 2 && (rest[0] == 'e' || rest[0] == 'E') && (rest[1] == '-' || rest[1] == '+') && strings.Trim(rest[2:], "0123456789") == ""
}

func withoutSign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

// digitsOf leaves out what may stand between the digits of a number.
func digitsOf(s string) string {
	if strings.IndexByte(s, '_') < 0 && strings.IndexByte(s, ',') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "_", ""), ",", "")
}

// longestNumber bounds the digits that are computed with; a longer number
// keeps the text it is written as.
const longestNumber = 400

// resolve types a plain scalar and gives the text that the agent makes of it.
func resolve(s string) (Kind, string) {
	if s == "" {
		return Null, ""
	}
	if isWord(s) || strings.Contains(s, "\n") {
		return word(s)
	}
	if strings.IndexByte("0123456789+-.:", s[0]) < 0 {
		return Text, s
	}
	hasColon, hasPoint := strings.IndexByte(s, ':') > 0, strings.IndexByte(s, '.') >= 0
	switch {
	case strings.IndexByte(s[1:], '-') >= 0 && (timeLike(s) || dateLike(s)):
		return Date, s
	case s[0] == ':' && len(s) > 1:
		return Symbol, symbolText(s)
	case hasPoint && isSpecial(s):
		return Float, special(s)
	case len(s) > longestNumber:
		if isInt(s) {
			return Int, s
		}
	case hasColon && base60(s) && hasPoint:
		return Float, rubyFloat(sexagesimalFloat(s))
	case hasColon && base60(s):
		return Int, sexagesimalInt(s).String()
	case hasColon:
	case hasPoint && isFloat(s):
		if strings.TrimLeft(s, "+-.") == "" || strings.ContainsAny(strings.TrimLeft(s, "+-.")[:1], "eE") {
			return Text, s // .e+1: the agent fails on it, see badNumber
		}
		return Float, rubyFloat(parseFloat(s))
	case !hasPoint && isInt(s):
		if s[0] >= '1' && s[0] <= '9' || s == "0" {
			return Int, digitsOf(s)
		}
		if n, ok := parseInt(s); ok {
			return Int, n.String()
		}
	}
	return Text, s
}

// word types what begins as a word does.
func word(s string) (Kind, string) {
	if len(s) > 5 {
		return Text, s
	}
	switch strings.ToLower(s) {
	case "~", "null":
		return Null, ""
	case "yes", "true", "on":
		return Bool, "true"
	case "no", "false", "off":
		return Bool, "false"
	}
	return Text, s
}

func isSpecial(s string) bool { return len(s) <= len("+.inf") && special(s) != "" }

// special is the number that is no number.
func special(s string) string {
	switch strings.ToLower(s) {
	case ".inf", "+.inf":
		return "Infinity"
	case "-.inf":
		return "-Infinity"
	case ".nan":
		return "NaN"
	}
	return ""
}

// symbolText is the name of the symbol that a word with a leading colon is.
func symbolText(s string) string {
	name := s[1:]
	if q := name[0]; q == '"' || q == '\'' {
		if end := strings.LastIndexByte(name, q); end > 0 {
			return strings.TrimPrefix(name[1:end], ":")
		}
	}
	return name
}

func parseInt(s string) (*big.Int, bool) {
	n, ok := new(big.Int).SetString(digitsOf(s), 0)
	return n, ok
}

func parseFloat(s string) float64 {
	f, _ := strconv.ParseFloat(digitsOf(s), 64)
	return f
}

// asFloat reads what Ruby's Float takes: decimal digits, a point between
// digits, an exponent.
func asFloat(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" || strings.HasSuffix(s, ".") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// sexagesimalInt computes as Psych does: the first part counts 3600, also when
// there are only two, so 2:00 is 7200.
func sexagesimalInt(s string) *big.Int {
	total := new(big.Int)
	for i, part := range strings.Split(s, ":") {
		if n, ok := new(big.Int).SetString(strings.ReplaceAll(part, "_", ""), 10); ok {
			total.Add(total, n.Mul(n, big.NewInt(power60(i))))
		}
	}
	return total
}

func sexagesimalFloat(s string) float64 {
	total := 0.0
	for i, part := range strings.Split(s, ":") {
		total += parseFloat(part) * float64(power60(i))
	}
	return total
}

// power60 is the weight of the part at index i: 3600, 60, 1.
func power60(i int) int64 { return []int64{3600, 60, 1}[i] }

// rubyFloat writes a number as Ruby does: always with a point, with an
// exponent below 0.0001 and from 1e16.
func rubyFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		if mantissa, exponent, _ := strings.Cut(s, "e"); !strings.Contains(mantissa, ".") {
			s = mantissa + ".0e" + exponent
		}
		return s
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// rubySpace is what Ruby's strip takes off both ends.
const rubySpace = "\x00\t\n\v\f\r "

// leadingInt is the number that a text begins with, 0 if none: Ruby's to_i.
// whole is false if anything else is in the text.
func leadingInt(s string) (n int64, whole bool) {
	text := strings.TrimLeft(s, rubySpace)
	end, last := 0, byte('_')
	if text != "" && (text[0] == '-' || text[0] == '+') {
		end = 1
	}
	for ; end < len(text); end++ {
		c := text[end]
		if c == '_' && last == '_' || c != '_' && (c < '0' || c > '9') {
			break
		}
		last = c
	}
	digits := strings.ReplaceAll(text[:end], "_", "")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && strings.Trim(digits, "+-") != "" {
		n = math.MaxInt64 // out of range
		if digits[0] == '-' {
			n = math.MinInt64
		}
	}
	return n, err == nil && strings.TrimRight(text[end:], rubySpace) == ""
}
