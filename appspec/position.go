package appspec

import "fmt"

// Pos is a place in an AppSpec text. Both numbers count from 1; 0 is unknown.
//
// Column counts Unicode code points, not bytes and not terminal cells; a tab is
// one. Lines end where YAML 1.1 ends them: LF, CR, CRLF, and also NEL, U+2028
// and U+2029. A byte order mark has no column of its own.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// IsKnown is false for the zero Pos.
func (p Pos) IsKnown() bool { return p.Line > 0 }

// String gives line:column.
func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

func (p Pos) compare(q Pos) int {
	if p.Line != q.Line {
		return p.Line - q.Line
	}
	return p.Column - q.Column
}

// Range is a stretch of text; End is the place after its last character. A
// Range of several lines is given up to the end of its first one.
type Range struct {
	Start Pos `json:"start"`
	End   Pos `json:"end"`
}
