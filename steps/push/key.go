package push

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// key names the object by its content, so that the same content has one key;
// or as the user's template says.
func (in *Inputs) key(env *step.Env, application, digest, archive string) (string, error) {
	digest = strings.TrimPrefix(digest, "sha256:")[:32]
	for _, given := range [][2]string{{"--s3-prefix", in.S3Prefix}, {"--s3-key", in.S3Key}} {
		if strings.ContainsFunc(given[1], isControl) {
			return "", step.Errorf(step.Misused, "%s %q has a line break or another control character", given[0], given[1])
		}
	}
	if in.S3Key == "" {
		return Under(in.S3Prefix, path.Join(application, digest+"."+archive)), nil
	}
	key, err := expand(in.S3Key, map[string]string{
		"application": application, "digest": digest, "type": archive,
		"sha": env.Build.Commit, "ref": env.Build.Ref, "run": env.Build.Run, "actor": env.Build.Actor,
	})
	if err != nil {
		return "", err
	}
	// A digest names the content: a prefix before it changes nothing of that.
	return Under(in.S3Prefix, key), nil
}

// Under puts a key below a prefix, of which slashes that name no folder are left
// out. Without a prefix a slash at the key's beginning is a part of it, as it is
// to S3 and to aws deploy push.
func Under(prefix, key string) string {
	folders := strings.FieldsFunc(prefix, func(r rune) bool { return r == '/' })
	if len(folders) == 0 {
		return key
	}
	return strings.Join(folders, "/") + "/" + strings.TrimLeft(key, "/")
}

// isControl says that a character controls how a text is shown; two that Unicode
// counts among blanks break lines.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

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
