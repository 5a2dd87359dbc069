package report

import (
	"encoding/xml"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

type checkstyle struct {
	XMLName xml.Name          `xml:"checkstyle"`
	Version string            `xml:"version,attr"` // of the format
	Files   []*checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr,omitempty"`
	Column   int    `xml:"column,attr,omitempty"`
	Severity string `xml:"severity,attr"`
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// Checkstyle writes findings as Checkstyle does, which many tools read.
func Checkstyle(f *Findings) ([]byte, error) {
	doc := checkstyle{Version: "10.0"}
	for _, file := range f.byFile() {
		out := &checkstyleFile{Name: Clean(file.name)}
		for _, d := range file.found {
			if d.Ignored == nil {
				out.Errors = append(out.Errors, checkstyleError{d.Line, d.Column, Clean(d.Severity), full(d), "codedeploy-steps." + Clean(d.Rule)})
			}
		}
		doc.Files = append(doc.Files, out)
	}
	if b := f.broken(); b != nil {
		doc.Files = append(doc.Files, &checkstyleFile{Name: "codedeploy-steps", Errors: []checkstyleError{{0, 0, "error", b.full(), "codedeploy-steps"}}})
	}
	return asXML(doc)
}

// asXML writes a document with its declaration. The encoder replaces what XML
// has no way to write.
func asXML(v any) ([]byte, error) {
	text, err := xml.MarshalIndent(v, "", "  ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

// checkedFile is a file with what was found in it.
type checkedFile struct {
	name  string
	found []event.Diagnostic
}

// byFile groups what was found, in the order in which files were first spoken
// of; files without findings are among them.
func (f *Findings) byFile() []*checkedFile {
	var files []*checkedFile
	index := map[string]*checkedFile{}
	at := func(name string) *checkedFile {
		if index[name] == nil {
			index[name] = &checkedFile{name: name}
			files = append(files, index[name])
		}
		return index[name]
	}
	for _, d := range f.Found {
		file := at(d.File)
		file.found = append(file.found, d)
	}
	for _, c := range f.Checked {
		at(c.File)
	}
	return files
}
