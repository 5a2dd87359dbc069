package appspec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// longestEvent is how many seconds the service gives one lifecycle event.
const longestEvent = 3600

const timeoutHelp = "Give whole seconds from 1 to 3600, such as timeout: 300."

// timeout reads a script's time-out as the agent does: a number is cut to
// whole seconds, of a text the leading digits count.
func (r *reader) timeout(s *Script, e entry) {
	s.Seconds = longestEvent
	v := r.value(e)
	if !v.Present() {
		return
	}
	s.Limit = v
	at := v.Range()
	switch v.Kind {
	case Bool:
		if v.isFalse() {
			r.fails("EC2-110", at, "timeout is the boolean false, which the agent takes for 3600 seconds", "", timeoutHelp)
			return
		}
		fallthrough
	case List, Mapping, Symbol, Date:
		r.refused("EC2-110", at, "timeout is not a number but "+show(keyName(v)), "NoMethodError: undefined method 'to_i'", timeoutHelp)
		return
	case Int:
		s.Seconds = integer(v.Value)
	case Float:
		s.Seconds = truncated(v.Value)
	case Text:
		s.Seconds, _ = leadingInt(v.Value)
	}
	if s.Seconds <= 0 {
		says := saysTimeout
		if strings.Trim(v.Value, "-") == "Infinity" || v.Value == "NaN" {
			says = "FloatDomainError: " + v.Value
		}
		r.refused("EC2-109", at, fmt.Sprintf("timeout %s is %d seconds", show(v.Raw), s.Seconds), says, timeoutHelp)
		s.Seconds = longestEvent
		return
	}
	r.checkTimeout(s.Seconds, v)
}

// checkTimeout reports time-outs that are in effect, but differ from what they
// look like or from what the service allows.
func (r *reader) checkTimeout(seconds int64, v String) {
	at := v.Range()
	effective := fmt.Sprintf("%d seconds are in effect", seconds)
	digits := strings.TrimLeft(v.Raw, "+-")
	_, whole := leadingInt(v.Value)
	switch {
	case v.Kind == Text && !whole:
		r.fails("EC2-111", at, fmt.Sprintf("timeout %s holds more than a number; %s", show(v.Raw), effective), "", timeoutHelp)
	case v.Kind == Text:
		r.warn("EC2-112", at, "timeout is text; "+effective, "Remove the quotes.")
	case v.Kind == Float:
		r.warn("EC2-112", at, "timeout is a fraction; "+effective, timeoutHelp)
	case strings.Contains(v.Raw, ":"):
		r.warn("EC2-112", at, "timeout is read in base 60; "+effective, timeoutHelp)
	case len(digits) > 1 && digits[0] == '0':
		r.warn("EC2-112", at, "timeout begins with a zero, so it is not decimal; "+effective, timeoutHelp)
	}
	if seconds > longestEvent {
		r.fails("EC2-113", at, fmt.Sprintf("timeout is %d seconds, but the service ends every lifecycle event after %d", seconds, longestEvent), "", timeoutHelp)
	}
}

// checkTotal compares the time-outs of one event with what the service gives it.
func (r *reader) checkTotal(hook Hook) {
	var explicit, total int64
	given := 0
	for _, s := range hook.Scripts {
		if s.Seconds > longestEvent {
			return // reported where it stands
		}
		total += s.Seconds
		if s.Limit.Present() {
			explicit += s.Seconds
			given++
		}
	}
	at := hook.Name.Range()
	switch {
	case explicit > longestEvent:
		r.fails("EC2-114", at, fmt.Sprintf("the time-outs of %s sum up to %d seconds, but the service ends the event after %d", keyName(hook.Name), explicit, longestEvent), "",
			"Make the time-outs of one event at most 3600 seconds in all.")
	case total > longestEvent && len(hook.Scripts) > 1 && given > 0:
		r.warn("EC2-115", at, fmt.Sprintf("the time-outs of %s sum up to %d seconds, because a script without one counts %d", keyName(hook.Name), total, longestEvent),
			"Give each script a time-out.")
	}
}

// integer reads a decimal number, the nearest possible one if it is too large.
func integer(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && len(digits) > longestNumber {
		return math.MaxInt64
	}
	return n
}

// truncated cuts a number off at the point; what is no number is 0.
func truncated(number string) int64 {
	f, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(f)
}
