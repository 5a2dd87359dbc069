package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxDepth is how deep lists and mappings may be nested; a valid AppSpec
// needs five levels.
const maxDepth = 100

// Parse reads the text of an AppSpec file and applies every rule that needs
// nothing but the text. The diagnostics are in file order and carry name as
// their file.
//
// The file is nil if the text could not be read as a document. With errors it
// holds what could be read: do not deploy it, but [Check] may still look at it.
// Parse never panics, and what it takes is bounded whatever the text.
func Parse(name string, text []byte) (*File, []Diagnostic) {
	return Options{}.Parse(name, text)
}

func (r *reader) parse(name string, text []byte) *File {
	r.ofService = r.forService(text)
	if !r.checkText(text) {
		return nil
	}
	doc, failure := r.readDocument()
	if failure != nil {
		if failure.tooDeep() {
			r.nestedTooDeeply(failure.at)
			return nil
		}
		r.explain(failure)
		return nil
	}
	root := doc.root
	if root == nil || root.Kind == yaml.ScalarNode && isNothing(entry{node: root}) {
		help := "It needs at least version: 0.0 and os: linux (or windows)."
		if r.ofService {
			help = "It needs at least version: 0.0 and Resources."
		}
		r.refused("YAML-001", span(1, 1, 0), "the file is empty", saysEmpty, help)
		return nil
	}
	if deep := tooDeep(root, maxDepth); deep != nil {
		r.nestedTooDeeply(Pos{deep.Line, deep.Column})
		return nil
	}
	if root.Kind != yaml.MappingNode {
		r.notAMapping(root)
		return nil
	}
	file := &File{Name: name, text: r.text}
	top := r.entries(root)
	platform, told := r.platform(top)
	file.Platform = platform
	if r.ofService = platform.ofService(); r.ofService {
		r.withoutAgent()
	}
	r.checkCommentTabs(doc)
	r.checkColons(root, false)
	r.walk(root)
	if doc.more.IsKnown() {
		r.afterDocument(doc.more)
	}
	switch {
	case r.ofService:
		r.service(file, root, top)
	case told:
		r.document(file, root, top)
	}
	return file
}

// notAMapping reports a root that is a list or a single value.
func (r *reader) notAMapping(root *yaml.Node) {
	v := stringOf(r.text, root)
	if root.Kind == yaml.SequenceNode {
		r.refused("YAML-012", v.Range(), "the file is a list", saysNoIndex,
			"The file is a mapping: it begins with version: 0.0 at column 1, without a dash.")
		return
	}
	says := fmt.Sprintf(saysVersion, "")
	if v.Kind == Text && strings.Contains(v.Value, "version") {
		says = fmt.Sprintf(saysVersion, "version") // Ruby finds the key in the text
	}
	if strings.HasPrefix(r.text.text, "#!") {
		r.refused("YAML-012", v.Range(), "this is a script, not an AppSpec file", says,
			"Put the script into a file of its own, and name it under hooks in an AppSpec file.")
		return
	}
	if problem, ok := r.missingSpace(root.Line, root.Line); ok {
		r.refused(problem.rule, problem.at, problem.message, says, problem.help)
		return
	}
	if problem, ok := r.leftover(root.Line, root.Line); ok {
		r.refused("YAML-012", problem.at, problem.message, says, problem.help)
		return
	}
	if problem, ok := r.missingColon(root.Line, root.Line); ok {
		r.refused("YAML-012", problem.at, problem.message, says, problem.help)
		return
	}
	r.refused("YAML-012", v.Range(), "the file is a single value, "+show(v.Raw), says,
		"The file is a mapping: it begins with version: 0.0.")
}

// afterDocument reports text that the agent does not read, because the
// document ends before it.
func (r *reader) afterDocument(at Pos) {
	if p, ok := r.missingSpace(at.Line, at.Line); ok {
		r.fails(p.rule, p.at, p.message, "", p.help)
		return
	}
	r.warn("YAML-013", r.text.lineRange(at.Line), "the document ends before this line; "+r.who()+" does not read what follows",
		"Remove a second document; indent all top-level keys alike.")
}

func (r *reader) nestedTooDeeply(at Pos) {
	r.fails("LIMIT-002", span(at.Line, at.Column, 1), fmt.Sprintf("lists and mappings are nested more than %d levels deep", maxDepth), "",
		"An AppSpec needs five levels.")
}

// tooDeep returns the first node below the given number of levels.
func tooDeep(n *yaml.Node, levels int) *yaml.Node {
	if len(n.Content) == 0 {
		return nil
	}
	if levels == 0 {
		return n
	}
	for _, child := range n.Content {
		if deep := tooDeep(child, levels-1); deep != nil {
			return deep
		}
	}
	return nil
}
