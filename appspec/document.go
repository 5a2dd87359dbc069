package appspec

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// document reads the sections in the order in which the agent does, so that
// [Refusal] finds what the agent would stop at.
func (r *reader) document(f *File, root *yaml.Node, top []entry) {
	start := stringOf(r.text, root).Range() // where missing keys are reported
	if len(root.Content) > 0 {
		start = stringOf(r.text, root.Content[0]).Range()
	}
	misspelt := r.checkTopKeys(top)
	r.version(f, top, start, misspelt)
	r.system(f, top, start, misspelt)
	f.osStep = r.step
	r.hooks(f, find(top, "hooks"))
	r.files(f, find(top, "files"), isNull(find(top, "file_exists_behavior")))
	r.permissions(f, find(top, "permissions"))
	r.fileExists(f, find(top, "file_exists_behavior"))
	r.checkPurpose(f, top, start)
}

// resources reports a section that is not for servers, where the platform was
// given and not told by the keys.
func (r *reader) resources(e entry) {
	if r.options.Platform == Server {
		r.fails("EC2-010", e.key.Range(), show(keyName(e.key))+" belongs to Amazon ECS and AWS Lambda; the agent ignores it", "", "Remove it.")
	}
}

// checkTopKeys reports the top-level keys that the agent ignores, and returns
// those that are wrong by their case only.
func (r *reader) checkTopKeys(top []entry) (wrongCase map[string]entry) {
	wrongCase = map[string]entry{}
	for _, e := range top {
		key, lower := e.key.Value, strings.ToLower(e.key.Value)
		switch {
		case e.key.Kind == Text && slices.Contains(topKeys(), key):
		case strings.EqualFold(key, "resources"):
			r.resources(e) // or YAML-020, where the platform is told by the keys
		case e.key.Kind == Text && slices.Contains(topKeys(), lower):
			wrongCase[lower] = e
			if find(top, lower).node == nil && (lower == "version" || lower == "os") {
				continue // version and system report it, with the agent's words
			}
			r.fails("YAML-022", e.key.Range(), fmt.Sprintf("the agent ignores %s: its name is %q, in lower case", show(key), lower), "",
				fmt.Sprintf("Write %s: instead.", lower))
		case isItemKey(key):
			r.warn("YAML-023", e.key.Range(), "the agent ignores the top-level key "+show(key),
				"It belongs into a list item: indent it like the key after the dash.")
		case e.key.Kind == Text && slices.Contains(Events(), key):
			r.warn("YAML-023", e.key.Range(), "the agent ignores the top-level key "+show(key), "It is a lifecycle event: indent it below hooks.")
		default:
			r.warn("YAML-023", e.key.Range(), "the agent ignores the unknown top-level key "+show(keyName(e.key)), didYouMean(key, topKeys()))
		}
	}
	return wrongCase
}

func (r *reader) version(f *File, top []entry, start Range, wrongCase map[string]entry) {
	e := find(top, "version")
	v := r.value(e)
	f.Version = v
	says := fmt.Sprintf(saysVersion, v.Value)
	misspelt, isMisspelt := wrongCase["version"]
	switch {
	case e.node == nil && isMisspelt:
		r.refused("YAML-022", misspelt.key.Range(), fmt.Sprintf("the agent ignores %s: its name is \"version\", in lower case", show(misspelt.key.Value)), says, "Write version: 0.0 instead.")
	case e.node == nil:
		r.refused("EC2-001", start, "version is missing", says, "Begin the file with version: 0.0.")
	case !v.Present():
		r.refused("EC2-001", e.key.Range(), "version has no value", says, "Write version: 0.0.")
	case v.Kind == Text:
		help := "Write version: 0.0."
		if v.Quoted {
			help = "Remove the quotes: version: 0.0. The agent wants the number."
		}
		r.refused("EC2-002", v.Range(), "version is the text "+show(v.Value)+", not the number 0.0", says, help)
	case (v.Kind == Int || v.Kind == Float) && strings.Trim(v.Value, "-0.") == "" && v.Value != "":
		if v.Raw != "0.0" {
			r.warn("EC2-004", v.Range(), "version is zero, but not written 0.0", "Write version: 0.0.")
		}
	default:
		r.refused("EC2-003", v.Range(), "version is "+show(v.Value)+"; only 0.0 exists", says, "Write version: 0.0.")
	}
}

func (r *reader) system(f *File, top []entry, start Range, wrongCase map[string]entry) {
	e := find(top, "os")
	v := r.value(e)
	f.OS = v
	says := fmt.Sprintf(saysOS, v.Value)
	misspelt, isMisspelt := wrongCase["os"]
	switch {
	case e.node == nil && isMisspelt:
		r.refused("YAML-022", misspelt.key.Range(), fmt.Sprintf("the agent ignores %s: its name is \"os\", in lower case", show(misspelt.key.Value)), says, "Write os: instead.")
	case e.node == nil && f.Platform == "":
		r.refused("YAML-021", start, "the file does not tell its platform: it has neither os, files nor hooks", says,
			"An AppSpec for EC2/on-premises has version: 0.0 and os: linux (or windows).")
	case e.node == nil:
		r.refused("EC2-005", start, "os is missing", says, "Add os: linux or os: windows.")
	case !v.Present():
		r.refused("EC2-005", e.key.Range(), "os has no value", says, "Write os: linux or os: windows.")
	case v.Kind == Text && (v.Value == "linux" || v.Value == "windows"):
	default:
		help := "Write os: linux, whatever the distribution, or os: windows."
		if v.Kind == Text {
			if near, ok := nearest(v.Value, []string{"linux", "windows"}, 2); ok {
				help = fmt.Sprintf("Did you mean %q?", near)
			}
		}
		r.refused("EC2-006", v.Range(), "os is "+show(v.Value)+"; the agents know linux and windows, in lower case", says, help)
	}
}

func (r *reader) fileExists(f *File, e entry) {
	v := r.value(e)
	f.FileExistsBehavior = v
	switch {
	case !v.Present():
	case v.Kind == Text && (v.Value == "DISALLOW" || v.Value == "OVERWRITE" || v.Value == "RETAIN"):
	default:
		help := "Write DISALLOW, OVERWRITE or RETAIN, in upper case."
		if near, ok := nearest(v.Value, []string{"DISALLOW", "OVERWRITE", "RETAIN"}, 2); ok && v.Kind == Text {
			help = fmt.Sprintf("Did you mean %s?", near)
		}
		r.refused("EC2-034", v.Range(), "file_exists_behavior is "+show(v.Value), fmt.Sprintf(saysExists, v.Value), help)
	}
}

// checkPurpose reports sections without content, and a file without any.
func (r *reader) checkPurpose(f *File, top []entry, start Range) {
	for _, name := range []string{"files", "hooks", "permissions"} {
		e := find(top, name)
		if name == "hooks" && e.node != nil && e.node.Kind == yaml.SequenceNode {
			continue // EC2-100
		}
		if e.node != nil && (isNothing(e) || len(e.node.Content) == 0 && e.node.Kind != yaml.ScalarNode) {
			r.warn("EC2-009", e.key.Range(), name+" is empty, which counts as absent", "Fill it in or remove it.")
		}
	}
	if r.errors == 0 && len(f.Files)+len(f.Hooks)+len(f.Permissions) == 0 {
		r.warn("EC2-008", start, "the file installs and runs nothing; what the previous revision installed is removed",
			"Add files or hooks, unless this is meant to clean up.")
	}
}
