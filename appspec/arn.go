package appspec

import (
	"fmt"
	"strings"
)

// The parts of Amazon Resource Names: of every partition (aws, aws-cn,
// aws-us-gov, …), and of regions to come.
const (
	partitionPart = `aws(?:-[a-z]+)*`
	regionPart    = `[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}`
	accountPart   = `\d{12}`
)

var (
	partitionRule = lazily(`^` + partitionPart + `$`)
	regionRule    = lazily(`^` + regionPart + `$`)
	accountRule   = lazily(`^` + accountPart + `$`)
	familyRule    = lazily(`^[A-Za-z0-9_-]{1,255}$`)
	revisionRule  = lazily(`^[1-9]\d*$`)
	functionRule  = lazily(`^(?:(?:(?:arn:` + partitionPart + `:lambda:)?(` + regionPart + `):)?(` + accountPart + `):function:)?([A-Za-z0-9_-]{1,64})(?::(?:\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)
	aliasRule     = lazily(`^[A-Za-z0-9_-]{1,128}$`)
)

// place is where something of AWS is; a part that is not given is "".
type place struct{ region, account string }

// differs says in words how two known places differ, "" if they do not.
func (p place) differs(q place) string {
	switch {
	case p.region != "" && q.region != "" && p.region != q.region:
		return fmt.Sprintf("the region %s, not %s", p.region, q.region)
	case p.account != "" && q.account != "" && p.account != q.account:
		return fmt.Sprintf("the account %s, not %s", p.account, q.account)
	}
	return ""
}

// function is a Lambda function by its name, name:qualifier, or an ARN that
// may be partial (1111…:function:name).
type function struct {
	place
	name string
}

func parseFunction(s string) (function, bool) {
	m := functionRule().FindStringSubmatch(s)
	if m == nil {
		return function{}, false
	}
	return function{place{m[1], m[2]}, m[3]}, true
}

// taskDefinition is the place that the ARN of a task definition tells.
// Otherwise problem says what is wrong with it. revision is false for an ARN
// that names no revision.
func taskDefinition(s string) (at place, revision bool, problem string) {
	part := strings.SplitN(s, ":", 6)
	if part[0] != "arn" {
		return place{}, false, "is no ARN"
	}
	if len(part) < 6 {
		return place{}, false, "is not a whole ARN"
	}
	kind, name, _ := strings.Cut(part[5], "/")
	family, number, revision := strings.Cut(name, ":")
	switch {
	case !partitionRule().MatchString(part[1]):
		problem = "has no partition such as aws after arn:"
	case part[2] != "ecs":
		problem = fmt.Sprintf("is an ARN of %s, not of ecs", show(part[2]))
	case !regionRule().MatchString(part[3]):
		problem = "names no region" + shownAfter(part[3])
	case !accountRule().MatchString(part[4]):
		problem = "names no account of 12 digits" + shownAfter(part[4])
	case kind != "task-definition":
		problem = fmt.Sprintf("names a %s, not a task-definition", show(kind))
	case !familyRule().MatchString(family):
		problem = "names no task definition family" + shownAfter(family)
	case revision && !revisionRule().MatchString(number):
		problem = "has no number as its revision" + shownAfter(number)
	}
	return place{part[3], part[4]}, revision, problem
}

// shownAfter shows what stands there instead, if anything does.
func shownAfter(text string) string {
	if text == "" {
		return ""
	}
	return ": " + show(text)
}
