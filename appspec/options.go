package appspec

// Options are what a reader is told about a file besides its text.
type Options struct {
	// Platform is the compute platform; "" tells it by the file's keys.
	Platform Platform
	// Spacing turns the rule on that asks for the spacing of the User Guide
	// (YAML-017); any indentation that is YAML works.
	Spacing bool
}

// Parse is [Parse] with options.
func (o Options) Parse(name string, text []byte) (*File, []Diagnostic) {
	r := &reader{findings: findings{file: name}, options: o}
	file := r.parse(name, text)
	return file, r.sorted()
}
