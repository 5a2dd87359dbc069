package push

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// key names the object by its content, so that the same content has one key;
// or as the user's template says.
func (in *Inputs) key(env *step.Env, application, digest, archive string) (string, error) {
	digest = strings.TrimPrefix(digest, "sha256:")[:32]
	prefix := Folder(in.S3Prefix)
	if in.S3Key == "" {
		return prefix + path.Join(application, digest+"."+archive), nil
	}
	key, err := expand(in.S3Key, map[string]string{
		"application": application, "digest": digest, "type": archive,
		"sha": env.Build.Commit, "ref": env.Build.Ref, "run": env.Build.Run, "actor": env.Build.Actor,
	})
	if err != nil {
		return "", err
	}
	// A digest names the content: a prefix before it changes nothing of that.
	return prefix + key, nil
}

// Folder is a prefix as keys begin with it.
func Folder(prefix string) string {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return prefix
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// notForKeys is what a branch's or a user's name may hold and a key had better not.
var notForKeys = regexp.MustCompile(`[^A-Za-z0-9._/-]+`)

// expand fills in a template.
func expand(template string, values map[string]string) (string, error) {
	var err error
	key := placeholder.ReplaceAllStringFunc(template, func(p string) string {
		name := p[1 : len(p)-1]
		value, known := values[name]
		switch {
		case !known && err == nil:
			err = step.Errorf(step.Misused, "--s3-key: %s is unknown", p).Do("There are %s.", placeholders(values))
		case known && value == "" && err == nil:
			err = step.Errorf(step.Misused, "--s3-key: nothing here tells %s", p).
				Do("A CI system tells it; leave it out elsewhere.")
		}
		return strings.Trim(notForKeys.ReplaceAllString(value, "-"), "-/")
	})
	return key, err
}

func placeholders(values map[string]string) string {
	var names []string
	for name := range values {
		names = append(names, "{"+name+"}")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
