package bundle

import (
	"sync"
	"time"
)

// Stage is what a bundle is doing.
type Stage string

// The stages of a bundle.
const (
	Hashing Stage = "hash"
	Writing Stage = "write"
)

// Progress is how far a stage is.
type Progress struct {
	Stage          Stage
	Entries, Of    int   // done, and all
	Bytes, BytesOf int64 // of contents
	Written        int64 // of the archive; 0 while hashing
}

// progressEvery is how often progress is told at most.
const progressEvery = 100 * time.Millisecond

// progress counts and tells. Nothing is told of to a tree without a Progress function.
type progress struct {
	tell func(Progress)
	mu   sync.Mutex
	now  Progress
	last time.Time
}

func newProgress(t *Tree, stage Stage) *progress {
	if t.progress == nil {
		return &progress{}
	}
	return &progress{tell: t.progress, now: Progress{Stage: stage, Of: len(t.Entries), BytesOf: t.Size}, last: time.Now()}
}

// add counts, and tells if it is time. Its function is called by one goroutine at a time.
func (p *progress) add(entries int, bytes, written int64) {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Entries += entries
	p.now.Bytes += bytes
	p.now.Written += written
	if now := time.Now(); now.Sub(p.last) >= progressEvery {
		p.last = now
		p.tell(p.now)
	}
}

// end tells of the stage's end.
func (p *progress) end() {
	if p.tell != nil {
		p.tell(p.now)
	}
}
