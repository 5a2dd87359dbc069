package awsconf

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// fill gives a release on the engine the names that nobody gave it.
func (n *Names) fill() {
	if n.Application == "" {
		n.Application, n.Guessed = nameOf(n.Source), true
	}
	if n.WantGroup && n.Group == "" {
		n.Group = "local"
	}
	if n.WantBucket && n.Bucket == "" {
		n.Bucket = "codedeploy-steps"
	}
}

// Check refuses names that are missing, and those that the service refuses.
func (n *Names) Check() error {
	var inputs, names []string
	for _, name := range []struct {
		missing     bool
		input, what string
	}{
		{n.WantApplication && n.Application == "", "--application", "the application"},
		{n.WantGroup && n.Group == "", "--deployment-group", "the deployment group"},
		{n.WantBucket && n.Bucket == "", "--s3-bucket", "the bucket that takes the bundle"},
	} {
		if name.missing {
			inputs, names = append(inputs, name.input), append(names, name.what)
		}
	}
	if len(inputs) > 0 {
		return step.NotSet(inputs...).Do("Name %s, or try it without an account: --endpoint local.", step.And(names))
	}
	for _, name := range []struct{ input, value string }{{"--application", n.Application}, {"--deployment-group", n.Group}} {
		if name.value != "" && !isName.MatchString(name.value) {
			return step.Errorf(step.Misused, "%s %q can't be a name", name.input, name.value).Do("1 to 100 letters, digits and . _ + = , @ - make one.")
		}
	}
	return nil
}

var isName = regexp.MustCompile(`^[A-Za-z0-9._+=,@-]{1,100}$`)

var notInName = regexp.MustCompile(`[^A-Za-z0-9._+=,@-]+`)

// nameOf names an application after a revision's folder or archive. What can't
// be in a name is left out; a name of which little is left gets a part of the
// digest of the whole, so that two of them differ.
func nameOf(source string) string {
	whole := filepath.Base(source)
	if _, ok := bundle.TypeOf(whole); ok {
		whole = strings.TrimSuffix(strings.TrimSuffix(whole, filepath.Ext(whole)), ".tar")
	}
	name := strings.Trim(notInName.ReplaceAllString(whole, "-"), "-.")
	if len(name) < 2 && len(whole) > 2 {
		sum := sha256.Sum256([]byte(whole))
		name = "application-" + hex.EncodeToString(sum[:4])
	}
	if name == "" {
		name = "application"
	}
	return name[:min(len(name), 100)]
}
