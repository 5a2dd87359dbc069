package e2e

// peak is not asked for here.
func (p *process) peak() int64 { return 0 }
