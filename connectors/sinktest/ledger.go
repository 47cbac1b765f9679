package sinktest

import (
	"fmt"
	"sort"

	"github.com/sluice-connect/sluice/schemas"
)

// entry is a record of the suite and the key it was made with.
type entry struct {
	record schemas.Record
	key    string
}

// series makes n good records of tp from an offset on, with gaps in the offsets and keys that come back.
func (s Subject) series(tp schemas.TopicPartition, from int64, n int) []entry {
	entries := make([]entry, 0, n)
	offset := from
	for i := range n {
		key := fmt.Sprintf("p%d-k%d", tp.Partition, i%7)
		if !s.Keyed {
			key = fmt.Sprintf("p%d-k%d", tp.Partition, offset)
		}
		entries = append(entries, entry{record: s.Record(tp, offset, key, int(offset)), key: key})
		offset++
		if i%5 == 4 {
			offset += 3 // a compacted topic, or the control records of a transaction
		}
	}
	return entries
}

func after(entries []entry) int64 {
	if len(entries) == 0 {
		return 0
	}
	return entries[len(entries)-1].record.Offset + 1
}

// tombstone turns an entry's value into null.
func tombstone(e entry) entry {
	e.record.Value = schemas.Value{}
	e.record.Raw.Value = nil
	return e
}

// fold says what the target must show after entries: for a Keyed sink the newest of each key.
func (s Subject) fold(entries []entry) []string {
	var ids []string
	newest := map[string]string{}
	for _, e := range entries {
		if e.record.Value.IsNull() {
			switch s.Tombstones {
			case Deletes:
				delete(newest, e.key)
				continue
			case Ignores, Rejects, "":
				continue
			}
		}
		newest[e.key] = s.Identity(e.record)
		ids = append(ids, s.Identity(e.record))
	}
	if !s.Keyed {
		return ids
	}
	ids = nil
	for _, id := range newest {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// compare checks that the target shows entries and nothing else.
func (s Subject) compare(entries []entry, stored []string) error {
	want, got := count(s.fold(entries)), count(stored)
	for id, n := range want {
		switch {
		case got[id] == 0:
			return fault("lost %q: %d of %d records are not in the target", id, missing(want, got), len(want))
		case got[id] > n && (s.ExactlyOnce || s.Keyed):
			return fault("stored %q %d times, want %d", id, got[id], n)
		}
	}
	for id := range got {
		if want[id] == 0 {
			return fault("stored %q, which the records written do not ask for", id)
		}
	}
	return nil
}

// covers checks that what is below a commit position is in the target: for a Keyed sink this version or a newer one.
func (s Subject) covers(entries []entry, position int64, stored []string) error {
	got := count(stored)
	below := 0
	for below < len(entries) && entries[below].record.Offset < position {
		below++
	}
	if !s.Keyed {
		for _, e := range entries[:below] {
			if id := s.Identity(e.record); got[id] == 0 {
				return fault("reports position %d, but %q at offset %d is not in the target", position, id, e.record.Offset)
			}
		}
		return nil
	}
	newest := map[string]int{}
	for i, e := range entries[:below] {
		newest[e.key] = i
	}
	for key, i := range newest {
		if !s.anyOf(entries[i:], key, got) {
			return fault("reports position %d, but key %q has no version from offset %d on in the target", position, key,
				entries[i].record.Offset)
		}
	}
	return nil
}

func (s Subject) anyOf(entries []entry, key string, got map[string]int) bool {
	for _, e := range entries {
		if e.key == key && got[s.Identity(e.record)] > 0 {
			return true
		}
	}
	return false
}

// only keeps the identities that belong to entries.
func (s Subject) only(entries []entry, stored []string) []string {
	mine := map[string]bool{}
	for _, e := range entries {
		mine[s.Identity(e.record)] = true
	}
	var kept []string
	for _, id := range stored {
		if mine[id] {
			kept = append(kept, id)
		}
	}
	sort.Strings(kept)
	return kept
}

func count(ids []string) map[string]int {
	n := make(map[string]int, len(ids))
	for _, id := range ids {
		n[id]++
	}
	return n
}

func missing(want, got map[string]int) int {
	n := 0
	for id := range want {
		if got[id] == 0 {
			n++
		}
	}
	return n
}
