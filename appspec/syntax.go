package appspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// syntaxError is why a text is not YAML.
type syntaxError struct {
	at      Pos    // where the parser found the problem
	reason  string // the parser's reason
	agent   string // what the agent's parser would say
	context Pos    // where what the parser was reading begins
	// scanning is true if characters make no sense, rather than their order.
	scanning bool
}

// tooDeep is true where the library itself gives up: at 10,000 levels.
func (e *syntaxError) tooDeep() bool { return strings.Contains(e.reason, "exceeded max depth") }

// parsed is the first document of a text.
type parsed struct {
	root *yaml.Node // nil if there is none
	more Pos        // where another document, or what is none, follows
}

// parseYAML reads the first document of a text; the agent reads no other.
//
// The library looks further ahead than the agent's parser: for comments it
// reads tokens past the place where the text stops making sense, and may
// report a later mistake. So the text before a mistake is read alone, to see
// whether the agent stops, or is done, before it.
func parseYAML(text *source) (parsed, *syntaxError) {
	doc, failure := parseDocument(text.text)
	if failure != nil && strings.Contains(text.text, "?") {
		if again, failure := parseWithoutQuestions(text.text); failure == nil {
			return again, nil
		}
	}
	if failure != nil && strings.Contains(text.text, `\/`) {
		if again, failure := parseWithoutSlashes(text.text); failure == nil {
			return again, nil
		}
	}
	if failure == nil || !failure.scanning {
		return doc, failure
	}
	before := text.offset(failure.at)
	end := text.position(before)
	earlier, earlierFailure := parseDocument(text.text[:before])
	switch {
	case earlierFailure != nil && !earlierFailure.scanning && earlierFailure.at.compare(end) < 0:
		return parsed{}, earlierFailure
	case earlierFailure == nil && earlier.root != nil && earlier.more.IsKnown() && earlier.more.compare(end) < 0 && !text.isPending(earlier.more, end):
		return earlier, nil
	}
	const most = 10 // each needs a look at all before
	for number, looks := 2, 0; number <= end.Line && looks < most; number++ {
		line := text.line(number)
		ends := isMark(line) && (number < end.Line || end.Column > len("---")) || strings.HasPrefix(line, "%") && number < end.Line
		if !ends {
			continue
		}
		looks++
		if earlier, failure := parseDocument(text.text[:text.lines[number-1]]); failure == nil && earlier.root != nil {
			earlier.more = Pos{number, 1}
			return earlier, nil
		}
	}
	return doc, failure
}

// isPending is true if the agent's parser cannot tell what stands at a place
// before it has read on to another one: a directive, or what may be a key.
func (s *source) isPending(at, to Pos) bool {
	rest := s.from(at)
	if before := strings.TrimSuffix(s.line(at.Line), rest); at.Line != to.Line || rest == "" || strings.TrimLeft(before, " ") != "" {
		return false // no key can stand there
	}
	switch rest[0] {
	case '%':
		return at.Column == 1 // the whole directive is read
	case '[', '{':
		return true
	case '"', '\'', '&', '*', '!':
		return !strings.Contains(s.text[s.offset(at):s.offset(to)], ": ")
	}
	return false
}

// isMark is true for a line that ends a document, or begins one.
func isMark(line string) bool {
	rest, ok := strings.CutPrefix(line, "...")
	if !ok {
		rest, ok = strings.CutPrefix(line, "---")
	}
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// parseWithoutQuestions reads a text with question marks inside of words, which
// are only text to the agent's parser but end a word in brackets for the
// library: another character stands in for them.
func parseWithoutQuestions(text string) (parsed, *syntaxError) {
	const standIn = "\ue03f" // of the private use area, as long a column as the mark
	if strings.Contains(text, standIn) {
		return parsed{}, &syntaxError{}
	}
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '?' && i > 0 && strings.IndexByte(" \t\r\n,[]{}:?!&*\"'", text[i-1]) < 0 {
			b.WriteString(standIn)
			continue
		}
		b.WriteByte(text[i])
	}
	doc, failure := parseDocument(b.String())
	if failure == nil && doc.root != nil {
		restore(doc.root, standIn, "?")
	}
	return doc, failure
}

// parseWithoutSlashes reads a text with \/ in double quotes, as programs write
// JSON that come from PHP: the agent's parser and the service take it for a
// slash, and the library refuses it. A slash and another character, which is
// taken out again, stand in for the two.
func parseWithoutSlashes(text string) (parsed, *syntaxError) {
	const standIn = "\ue03e" // of the private use area
	if strings.Contains(text, standIn) {
		return parsed{}, &syntaxError{}
	}
	const most = 20 // texts of a file that is not JSON
	whole := json.Valid([]byte(text))
	doc, failure := parsed{}, &syntaxError{}
	for range most {
		if doc, failure = parseDocument(text); failure == nil || !strings.HasPrefix(failure.reason, "found unknown escape") {
			break
		}
		s := newSource(text)
		from, to := s.offset(failure.at), len(text)
		if whole {
			from = 0
		} else if end := endOfQuoted(text[from:]); end >= 0 {
			to = from + end
		}
		changed := escapedSlashes(text[from:to], standIn)
		if changed == text[from:to] {
			break
		}
		text = text[:from] + changed + text[to:]
	}
	if failure == nil && doc.root != nil {
		restore(doc.root, standIn, "")
	}
	return doc, failure
}

// endOfQuoted finds the end of a text in double quotes, -1 if there is none.
func endOfQuoted(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func escapedSlashes(text, standIn string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '\\' || i+1 == len(text):
			b.WriteByte(text[i])
		case text[i+1] == '/':
			b.WriteString("/" + standIn)
			i++
		default:
			b.WriteString(text[i : i+2])
			i++
		}
	}
	return b.String()
}

func restore(n *yaml.Node, standIn, character string) {
	n.Value = strings.ReplaceAll(n.Value, standIn, character)
	for _, child := range n.Content {
		restore(child, standIn, character)
	}
}

func parseDocument(text string) (parsed, *syntaxError) {
	decoder := yaml.NewDecoder(strings.NewReader(forLibrary(text)))
	var document, next yaml.Node
	switch err := decode(decoder, &document); {
	case errors.Is(err, io.EOF):
		return parsed{}, nil
	case err != nil:
		return parsed{}, syntaxErrorOf(decoder, err)
	}
	var doc parsed
	if len(document.Content) > 0 {
		doc.root = document.Content[0]
	}
	switch err := decode(decoder, &next); {
	case errors.Is(err, io.EOF):
	case err != nil:
		doc.more = syntaxErrorOf(decoder, err).at
	default:
		doc.more = Pos{next.Line, next.Column}
	}
	return doc, nil
}

// forLibrary changes what the library reads in another way than the agent's
// parser does, and no place of anything else.
func forLibrary(text string) string {
	text = withoutMarks(text)
	if strings.Contains(text, "%YAML 1.2") { // which the library refuses
		text = strings.ReplaceAll("\n"+text, "\n%YAML 1.2", "\n%YAML 1.1")[1:]
	}
	return text
}

// decode turns a panic of the YAML library into an error: no text may end the
// program of whoever checks it.
func decode(decoder *yaml.Decoder, node *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return decoder.Decode(node)
}

// syntaxErrorOf finds the place of an error. The library keeps the exact place
// to itself and prints a line that may be another one; its fields are read by
// reflection, because only they tell the column, and where they are not as
// expected the printed line serves. (The module is archived: they stay.)
func syntaxErrorOf(decoder *yaml.Decoder, err error) *syntaxError {
	e := &syntaxError{reason: strings.TrimPrefix(err.Error(), "yaml: ")}
	if line := 0; strings.HasPrefix(e.reason, "line ") {
		if _, scanErr := fmt.Sscanf(e.reason, "line %d:", &line); scanErr == nil {
			e.at = Pos{line, 1}
		}
		if _, rest, ok := strings.Cut(e.reason, ": "); ok {
			e.reason = rest
		}
	}
	e.agent = e.reason
	if name, ok := strings.CutPrefix(e.reason, "unknown anchor '"); ok {
		e.reason = fmt.Sprintf("the alias *%s names an anchor that does not exist", strings.TrimSuffix(name, "' referenced"))
		e.agent = "Unknown alias: " + strings.TrimSuffix(name, "' referenced")
		if at, ok := markOf(field(decoder, "parser", "event"), "start_mark"); ok {
			e.at = at
		}
		return e
	}
	parser := field(decoder, "parser", "parser")
	if !parser.IsValid() || !parser.FieldByName("problem").IsValid() {
		return e
	}
	problem, context := parser.FieldByName("problem"), parser.FieldByName("context")
	if problem.Kind() != reflect.String || problem.Len() == 0 {
		return e
	}
	if at, ok := markOf(parser, "problem_mark"); ok {
		e.at = at
	}
	e.reason, e.agent = problem.String(), problem.String()
	if context.IsValid() && context.Kind() == reflect.String && context.Len() > 0 {
		e.agent += " " + context.String()
	}
	if kind := parser.FieldByName("error"); kind.IsValid() && kind.CanInt() {
		e.scanning = kind.Int() == scannerError
	}
	if at, ok := markOf(parser, "context_mark"); ok {
		e.context = at
		e.agent = agentAt(e.agent, at)
	}
	return e
}

// scannerError is the library's number for errors in the text, as libyaml has it.
const scannerError = 3

// field follows pointers and structs by field name; the result is invalid if
// one is missing.
func field(of any, names ...string) reflect.Value {
	v := reflect.ValueOf(of)
	for _, name := range names {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		if v = v.FieldByName(name); !v.IsValid() {
			return reflect.Value{}
		}
	}
	return v
}

// markOf reads a mark of the YAML library, which counts from 0.
func markOf(of reflect.Value, name string) (Pos, bool) {
	if !of.IsValid() || of.Kind() != reflect.Struct {
		return Pos{}, false
	}
	mark := of.FieldByName(name)
	if !mark.IsValid() || mark.Kind() != reflect.Struct {
		return Pos{}, false
	}
	line, column := mark.FieldByName("line"), mark.FieldByName("column")
	if !line.IsValid() || !line.CanInt() || !column.IsValid() || !column.CanInt() {
		return Pos{}, false
	}
	return Pos{int(line.Int()) + 1, int(column.Int()) + 1}, true
}
