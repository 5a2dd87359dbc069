package revision

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Search gives the revisions that a path stands for: a folder or an archive is
// one; so is the folder of an AppSpec file that is named. In a folder without
// an AppSpec at its root they are searched for: each folder below with an
// appspec.yml or appspec.yaml is one, and so is each file with "appspec" in its
// name that is for Amazon ECS or AWS Lambda. If there is none, the folder
// stands for itself, and its check says what is missing.
func Search(env *step.Env, source string) ([]Inputs, error) {
	itself := []Inputs{{Source: source}}
	path := env.Path(source)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return itself, nil // Open says why
	case !info.IsDir() && hasExtension(path):
		return []Inputs{ofFile(path)}, nil
	case !info.IsDir() || hasOwn(path):
		return itself, nil
	}
	var found []Inputs
	err = filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return step.Errorf(step.Misused, "search %s: %w", env.Relative(at), Reason(err))
		case e.IsDir() && at != path && skipped(e.Name()):
			return fs.SkipDir
		case !e.Type().IsRegular():
		case slices.Contains(appspec.DefaultNames(), e.Name()), looksLikeAppSpec.MatchString(e.Name()) && forService(at):
			if in := ofFile(at); !slices.Contains(found, in) {
				found = append(found, in)
			}
		}
		return nil
	})
	if len(found) == 0 && err == nil {
		return itself, nil
	}
	return found, err
}

// skipped are folders whose files are somebody else's: hidden ones, and those
// into which package managers put dependencies.
func skipped(folder string) bool {
	switch folder {
	case "node_modules", "bower_components", "vendor", "__pycache__":
		return true
	}
	return strings.HasPrefix(folder, ".")
}

// ofFile gives the revision that an AppSpec file makes of its folder.
func ofFile(path string) Inputs {
	folder, name := filepath.Split(path)
	in := Inputs{Source: filepath.Clean(folder)}
	if name != "appspec.yml" && (name != "appspec.yaml" || exists(filepath.Join(folder, "appspec.yml"))) {
		in.AppSpec = path
	}
	return in
}

// hasOwn says if a folder has, at its root, what is meant to be its AppSpec.
func hasOwn(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.IsDir() && (atRoot.MatchString(e.Name()) || strings.EqualFold(e.Name(), "appspec.json") && !forService(filepath.Join(folder, e.Name())))
	})
}

var (
	atRoot           = regexp.MustCompile(`(?i)^appspec\.ya?ml$`)
	looksLikeAppSpec = regexp.MustCompile(`(?i)appspec.*\.(ya?ml|json)$`)
	resources        = regexp.MustCompile(`(?mi)^resources[ \t]*:`)
)

func hasExtension(path string) bool {
	return slices.Contains([]string{".yml", ".yaml", ".json"}, strings.ToLower(filepath.Ext(path)))
}

// mostText is the size of a file beyond which it is no AppSpec.
const mostText = 1 << 20

// forService says if a file is an AppSpec for Amazon ECS or AWS Lambda, which
// may have any name: it has resources.
func forService(path string) bool {
	if info, err := os.Stat(path); err != nil || info.Size() > mostText {
		return false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(text, &keys) != nil {
		return resources.Match(text)
	}
	for key := range keys {
		if strings.EqualFold(key, "resources") {
			return true
		}
	}
	return false
}
