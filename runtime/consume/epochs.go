package consume

import (
	"encoding/base64"
	"strings"
)

// epochs remembers under which leader epochs the records of a partition were written, as far back as it needs to: a
// new leader that does not know an epoch, or knows less of it, has another log than the one that was read.
type epochs struct {
	runs []epochRun // in the order of their offsets
}

// epochRun says that the records from an offset on are of an epoch, up to the next run.
type epochRun struct {
	first int64
	epoch int32
}

// epochRuns is how many changes of the leader are remembered; what is older is as good as unknown.
const epochRuns = 64

// at returns the epoch of the record before offset, -1 if it is not known.
func (e *epochs) at(offset int64) int32 {
	for i := len(e.runs) - 1; i >= 0; i-- {
		if e.runs[i].first < offset {
			return e.runs[i].epoch
		}
	}
	return -1
}

// add notes that the records from first on are of an epoch.
func (e *epochs) add(first int64, epoch int32) {
	if n := len(e.runs); n > 0 && (e.runs[n-1].epoch == epoch || e.runs[n-1].first >= first) {
		return
	}
	if len(e.runs) == epochRuns {
		e.runs = append(e.runs[:0], e.runs[1:]...)
	}
	e.runs = append(e.runs, epochRun{first: first, epoch: epoch})
}

// cut forgets what is known of records from offset on; epoch, if it is known, is that of the record before.
func (e *epochs) cut(offset int64, epoch int32) {
	for len(e.runs) > 0 && e.runs[len(e.runs)-1].first >= offset {
		e.runs = e.runs[:len(e.runs)-1]
	}
	if epoch != e.at(offset) {
		for len(e.runs) > 0 && e.runs[len(e.runs)-1].first >= offset-1 {
			e.runs = e.runs[:len(e.runs)-1]
		}
		e.add(offset-1, epoch)
	}
}

// topicNote begins what is committed along with an offset: the id of the topic it is of.
const topicNote = "topic.id="

// noteOf returns what to commit along with an offset of a topic.
func noteOf(id topicID) string {
	if id == (topicID{}) {
		return ""
	}
	return topicNote + base64.RawURLEncoding.EncodeToString(id[:])
}

// isOfAnother reports whether an offset was committed for another topic than the one that has the name now. Offsets of
// other clients say nothing about that.
func isOfAnother(note string, id topicID) bool {
	return strings.HasPrefix(note, topicNote) && id != (topicID{}) && note != noteOf(id)
}
