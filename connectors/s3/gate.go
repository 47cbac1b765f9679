package s3

import "time"

// commitAgain is how often a commit is asked for that does not come.
const commitAgain = time.Second

// gate keeps apart cuts that a crash would not repeat. When the clock has a say in where files end, who reads records
// again ends them elsewhere. It then overwrites exactly the objects whose names it meets again, and that is certain
// only for those of the cut that begins at the committed offset: their names are the first offsets of each directory
// from there on, wherever the cut ends. So such a cut is stored only when the one before it is committed.
type gate struct {
	asks  bool // for commits: objects depend on the clock
	holds bool // cuts back until the one before is committed: their ends depend on the clock
	// told says that somebody tells of commits; without, the gate would never open again.
	told bool
	// awaits says that a cut is in S3 whose commit is not known; it ends before next.
	awaits bool
	next   int64
}

// shut tells whether nothing may be stored now.
func (g *gate) shut() bool { return g.holds && g.awaits }

// pass notes that a cut whose last record is at offset last was stored.
func (g *gate) pass(last int64) { g.awaits, g.next = g.asks && g.told, last+1 }

// committed notes the offset of the group.
func (g *gate) committed(next int64) {
	g.told = true
	if next >= g.next {
		g.awaits = false
	}
}
