package appspec

import (
	"strconv"
)

var plainDigits = lazily(`^(?:0|[1-9]\d*)$`)

// plainNumber reads a whole number that is what it looks like: digits without
// a leading zero, which YAML would read as octal. bare is false for digits in
// quotes.
func plainNumber(v String) (n int64, bare, ok bool) {
	if v.Kind != Int && v.Kind != Text || !plainDigits().MatchString(v.Raw) {
		return 0, false, false
	}
	n, err := strconv.ParseInt(v.Raw, 10, 64)
	return n, v.Kind == Int, err == nil
}

// readAs says what YAML makes of a number that looks like another one.
func readAs(v String) string {
	if v.Kind == Int && v.Value != v.Raw {
		return show(v.Raw) + ", which YAML reads as " + v.Value
	}
	return show(v.Raw)
}
