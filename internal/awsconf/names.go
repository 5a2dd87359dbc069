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
		n.Application = nameOf(n.Source)
	}
	if n.WantGroup && n.Group == "" {
		n.Group = "local"
	}
	if n.WantBucket && n.Bucket == "" {
		n.Bucket = "codedeploy-steps"
	}
}

// check refuses names that are missing.
func (n *Names) check() error {
	missing := func(input, what string) error {
		return step.Errorf(step.Misused, "--%s is not set", input).Do("Name the %s, or try it without an account: --endpoint local.", what)
	}
	switch {
	case n.WantApplication && n.Application == "":
		return missing("application", "application")
	case n.WantGroup && n.Group == "":
		return missing("deployment-group", "deployment group")
	case n.WantBucket && n.Bucket == "":
		return missing("s3-bucket", "bucket that takes the bundle")
	}
	return nil
}

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
