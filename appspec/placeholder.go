package appspec

import (
	"strings"
)

// Pipelines write such files from templates: <TASK_DEFINITION> (CodePipeline),
// ${VAR}, $VAR, $(VAR), {{ var }}, %VAR%, @VAR@, #{VAR}#, <%= var %>, [VAR].
var placeholder = lazily(`<[^<>]+>|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*|\{\{.*\}\}|%[A-Za-z_][\w.]*%|@[A-Za-z_]\w*@|#\{[^}]*\}|^\[+[A-Za-z_][^\]]*\]+$`)

// isTemplate is true for a value that holds a placeholder: what stands in its
// place when the file is used is not known, so nothing is said about it.
func (r *reader) isTemplate(v String) bool {
	switch v.Kind {
	case Text:
		return placeholder().MatchString(strings.ReplaceAll(v.Value, "$LATEST", "")) // a version of Lambda
	case Mapping:
		return strings.HasPrefix(r.text.from(v.Pos), "{{") // without quotes, two mappings
	}
	return false
}

// isBlank is true for a value that is missing, null, or empty text.
func isBlank(v String) bool {
	return !v.Present() || v.Kind == Text && strings.TrimSpace(v.Value) == ""
}
