package appspec

import "strings"

// shellToken is a word, an operator or a redirection of a shell script.
type shellToken struct {
	kind   shellKind
	text   string // of a word as written, the operator, or the target of a redirection
	op     string // of a redirection
	fd     string // of a redirection, "" if none is written
	line   int
	quoted bool // a word that has quotes
}

type shellKind int

const (
	shellEnd shellKind = iota
	shellWord
	shellOp // a line's end is the operator "\n"
	shellRedirect
)

// shellWords cuts a script into tokens. It knows quotes, comments,
// substitutions and here-documents, which it passes over; it runs nothing.
// It serves a warning, so what it does not understand is odd, and an odd
// script is not judged at all.
type shellWords struct {
	text  string
	at    int
	line  int
	odd   bool
	depth int       // of substitutions
	docs  []hereDoc // whose texts begin in the next line
}

type hereDoc struct {
	end  string
	tabs bool // are taken off its lines
}

// The operators, longer ones first.
var (
	shellOps       = []string{";;&", "&&", "||", "|&", ";;", ";&", "\n", ";", "&", "|", "(", ")"}
	shellRedirects = []string{"&>>", "<<<", "<<-", "&>", "<<", ">>", "<>", ">&", "<&", ">|", "<", ">"}
)

func (w *shellWords) next() shellToken {
	w.skipBlanks()
	t := shellToken{line: w.line}
	rest := w.text[w.at:]
	if rest == "" {
		return t
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if op := prefixOf(rest[digits:], shellRedirects); op != "" && !(digits > 0 && op[0] == '&') && !isProcess(rest[digits:]) {
		t.kind, t.fd, t.op = shellRedirect, rest[:digits], op
		w.at += digits + len(op)
		w.skipBlanks()
		t.text = w.word()
		if op == "<<" || op == "<<-" {
			w.docs = append(w.docs, hereDoc{strings.NewReplacer(`'`, "", `"`, "", `\`, "").Replace(t.text), op == "<<-"})
		}
		return t
	}
	if op := prefixOf(rest, shellOps); op != "" {
		t.kind, t.text = shellOp, op
		w.at += len(op)
		if op == "\n" {
			w.line++
			w.skipDocs()
		}
		return t
	}
	t.kind, t.text = shellWord, w.word()
	t.quoted = strings.ContainsAny(t.text, `'"`)
	return t
}

func prefixOf(s string, words []string) string {
	for _, word := range words {
		if strings.HasPrefix(s, word) {
			return word
		}
	}
	return ""
}

// isProcess is true for a process substitution, which is a word.
func isProcess(s string) bool { return strings.HasPrefix(s, "<(") || strings.HasPrefix(s, ">(") }

// skipBlanks also skips comments and continued lines.
func (w *shellWords) skipBlanks() {
	for w.at < len(w.text) {
		switch rest := w.text[w.at:]; {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			w.at++
		case strings.HasPrefix(rest, "\\\n"):
			w.at += 2
			w.line++
		case rest[0] == '#':
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				w.at += end
			} else {
				w.at = len(w.text)
			}
		default:
			return
		}
	}
}

// skipDocs passes over the texts of here-documents.
func (w *shellWords) skipDocs() {
	for _, doc := range w.docs {
		for closed := false; !closed; {
			line, rest, more := strings.Cut(w.text[w.at:], "\n")
			if doc.tabs {
				line = strings.TrimLeft(line, "\t")
			}
			closed = strings.TrimSuffix(line, "\r") == doc.end
			if w.at = len(w.text) - len(rest); more {
				w.line++
			} else if !closed {
				w.odd, w.docs = true, nil
				return
			}
		}
	}
	w.docs = nil
}

// word reads up to a blank or an operator.
func (w *shellWords) word() string {
	start := w.at
	for w.at < len(w.text) {
		rest := w.text[w.at:]
		switch {
		case isProcess(rest):
			w.at++
			w.skipNested('(', ')')
		case strings.IndexByte(" \t\r\n;&|<>()", rest[0]) >= 0:
			return w.text[start:w.at]
		default:
			w.skipPart()
		}
	}
	return w.text[start:w.at]
}

// skipPart passes over one character, or over all that is quoted or nested.
func (w *shellWords) skipPart() {
	switch rest := w.text[w.at:]; {
	case rest[0] == '\\':
		w.skip(min(2, len(rest)))
	case rest[0] == '\'':
		w.skipTo("'", false)
	case strings.HasPrefix(rest, "$'"):
		w.at++
		w.skipTo("'", true)
	case rest[0] == '"':
		w.skipQuotes()
	case rest[0] == '`':
		w.skipTo("`", true)
	case strings.HasPrefix(rest, "$("):
		w.at++
		w.skipNested('(', ')')
	case strings.HasPrefix(rest, "${"):
		w.at++
		w.skipNested('{', '}')
	default:
		w.skip(1)
	}
}

func (w *shellWords) skip(n int) {
	w.line += strings.Count(w.text[w.at:w.at+n], "\n")
	w.at += n
}

// skipTo passes over a quoted text whose quote stands here.
func (w *shellWords) skipTo(quote string, escapes bool) {
	for w.skip(1); w.at < len(w.text); w.skip(1) {
		switch {
		case escapes && w.text[w.at] == '\\' && w.at+1 < len(w.text):
			w.skip(1)
		case w.text[w.at] == quote[0]:
			w.skip(1)
			return
		}
	}
	w.odd = true
}

// skipQuotes passes over double quotes, in which substitutions count.
func (w *shellWords) skipQuotes() {
	for w.skip(1); w.at < len(w.text); {
		switch w.text[w.at] {
		case '"':
			w.skip(1)
			return
		case '\'':
			w.skip(1)
		case '$':
			if strings.HasPrefix(w.text[w.at:], "$'") {
				w.skip(1)
				continue
			}
			w.skipPart()
		default:
			w.skipPart()
		}
	}
	w.odd = true
}

// skipNested passes over a pair of brackets with all that is in it.
func (w *shellWords) skipNested(open, end byte) {
	if w.depth++; w.depth > deepestScript {
		w.odd, w.at = true, len(w.text)
		return
	}
	defer func() { w.depth-- }()
	depth := 0
	for w.at < len(w.text) {
		switch c := w.text[w.at]; {
		case c == open:
			depth++
			w.skip(1)
		case c == end:
			w.skip(1)
			if depth--; depth == 0 {
				return
			}
		case c == '#' && open == '(' && strings.IndexByte(" \t\n;(", w.text[w.at-1]) >= 0:
			w.skipBlanks()
		default:
			w.skipPart()
		}
	}
	w.odd = true
}
