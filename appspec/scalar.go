package appspec

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
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

// The patterns are those of YAML 1.1 with Psych's own departures: commas in
// numbers, no exponent without a point and a sign.
var (
	wordLike   = regexp.MustCompile(`^(?:[^0-9.:-]?[\pL\pM\p{Nl}_\s!@#$%^&*(){}<>|/\\~;=]+)`)
	timeLike   = regexp.MustCompile(`^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$`)
	dateLike   = regexp.MustCompile(`^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$`)
	base60     = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}$`)
	base60Part = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}\.[0-9_]*$`)
	floatLike  = regexp.MustCompile(`^[-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][-+][0-9]+)?$`)
	intLike    = regexp.MustCompile(`^(?:[-+]?0b[01_,]+|[-+]?0[0-7_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-fA-F_,]+)$`)
)

// longestNumber bounds the digits that are computed with; a longer number
// keeps the text it is written as.
const longestNumber = 400

// resolve types a plain scalar and gives the text that the agent makes of it.
func resolve(s string) (Kind, string) {
	if s == "" {
		return Null, ""
	}
	if wordLike.MatchString(s) || strings.Contains(s, "\n") {
		switch fold := func(words ...string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, s) })
		}; {
		case fold("~", "null"):
			return Null, ""
		case fold("yes", "true", "on"):
			return Bool, "true"
		case fold("no", "false", "off"):
			return Bool, "false"
		}
		return Text, s
	}
	lower := strings.ToLower(s)
	switch {
	case timeLike.MatchString(s), dateLike.MatchString(s):
		return Date, s
	case lower == ".inf" || lower == "+.inf":
		return Float, "Infinity"
	case lower == "-.inf":
		return Float, "-Infinity"
	case lower == ".nan":
		return Float, "NaN"
	case s[0] == ':' && len(s) > 1:
		return Symbol, symbolText(s)
	case len(s) > longestNumber:
		if intLike.MatchString(s) {
			return Int, s
		}
		return Text, s
	case base60.MatchString(s):
		return Int, sexagesimalInt(s).String()
	case base60Part.MatchString(s):
		return Float, rubyFloat(sexagesimalFloat(s))
	case floatLike.MatchString(s):
		if strings.TrimLeft(s, "+-.") == "" || strings.ContainsAny(strings.TrimLeft(s, "+-.")[:1], "eE") {
			return Text, s // .e+1: the agent fails on it, see badNumber
		}
		return Float, rubyFloat(parseFloat(s))
	case intLike.MatchString(s):
		if n, ok := parseInt(s); ok {
			return Int, n.String()
		}
	}
	return Text, s
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
	digits := strings.NewReplacer("_", "", ",", "").Replace(s)
	n, ok := new(big.Int).SetString(digits, 0)
	return n, ok
}

func parseFloat(s string) float64 {
	f, _ := strconv.ParseFloat(strings.NewReplacer("_", "", ",", "").Replace(s), 64)
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
