package policy_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// What IAM takes (IAM User Guide: Grammar of the IAM JSON policy language; IAM
// and AWS STS quotas). Roles' policies that are written inline have 10,240
// characters, managed ones 6,144, trust policies 2,048, blanks not counted.
var (
	sidText    = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	actionText = regexp.MustCompile(`^(codedeploy|s3|kms|sts):[A-Z][A-Za-z]+$`)
	arnText    = regexp.MustCompile(`^arn:aws(-[a-z]+)*:(codedeploy:[a-z0-9-]+:\d{12}:(application:|deploymentgroup:[^:/]+/|deploymentconfig:|\*$)|s3:::[a-z0-9.-]+(/|$)|kms:[a-z0-9-]+:\d{12}:key/|iam::\d{12}:(role|oidc-provider)/)`)
	variable   = regexp.MustCompile(`\$\{[^$*?}]`)
)

// check reads a policy as IAM would: it is of the grammar, short enough, and
// says what a policy of ours may say.
func check(t *testing.T, text string, trust bool) {
	t.Helper()
	var p struct {
		Version   string
		Statement []struct {
			Sid       string
			Effect    string
			Principal map[string]string
			Action    []string
			Resource  []string
			Condition map[string]map[string]string
		}
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil || dec.More() {
		t.Fatalf("%v in\n%s", err, text)
	}
	most := 6144
	if trust {
		most = 2048
	}
	var short bytes.Buffer
	json.Compact(&short, []byte(text))
	if short.Len() > most {
		t.Errorf("it has %d characters, IAM takes %d", short.Len(), most)
	}
	if p.Version != "2012-10-17" || len(p.Statement) == 0 {
		t.Errorf("Version %q, %d statements", p.Version, len(p.Statement))
	}
	seen := map[string]bool{}
	for _, s := range p.Statement {
		if !sidText.MatchString(s.Sid) || s.Sid != "" && seen[s.Sid] || s.Sid == "" && !trust {
			t.Errorf("Sid %q", s.Sid)
		}
		seen[s.Sid] = true
		if s.Effect != "Allow" || len(s.Action) == 0 {
			t.Errorf("%q allows nothing: %+v", s.Sid, s)
		}
		for i, a := range s.Action {
			if !actionText.MatchString(a) || i > 0 && a == s.Action[i-1] {
				t.Errorf("action %q", a)
			}
		}
		for _, arn := range s.Resource {
			if !arnText.MatchString(arn) && !(arn == "*" && s.Sid == "Anywhere") || variable.MatchString(arn) {
				t.Errorf("resource %q", arn)
			}
		}
		if trust != (len(s.Principal) == 1) || trust != (len(s.Resource) == 0) || !trust && s.Condition != nil {
			t.Errorf("a statement of another kind of policy: %+v", s)
		}
		federated := s.Principal["Federated"]
		if trust && !arnText.MatchString(federated) && !arnText.MatchString(s.Principal["AWS"]) {
			t.Errorf("principal %v", s.Principal)
		}
		if federated == "" {
			continue
		}
		// Both claims are asked for, of the issuer that is trusted, and none is open.
		_, issuer, _ := strings.Cut(federated, ":oidc-provider/")
		claims := map[string]string{}
		for operator, is := range s.Condition {
			for name, value := range is {
				if operator != "StringEquals" && operator != "StringLike" || (operator == "StringLike") != strings.ContainsAny(value, "*?") {
					t.Errorf("%s %s is %q", operator, name, value)
				}
				claims[name] = value
			}
		}
		if subject := claims[issuer+":sub"]; len(claims) != 2 || claims[issuer+":aud"] == "" || subject == "" || strings.HasPrefix(subject, "*") {
			t.Errorf("the conditions are %v", s.Condition)
		}
	}
}
