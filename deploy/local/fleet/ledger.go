package fleet

import (
	"crypto/sha256"
	"maps"
	"sync"
)

// Hash identifies a value.
type Hash [16]byte

// HashOf returns the hash of a value as it was produced.
func HashOf(value []byte) Hash {
	sum := sha256.Sum256(value)
	return Hash(sum[:16])
}

// Partition names a partition of a topic.
type Partition struct {
	Topic  string
	Number int32
}

// Ledger is what the broker has acknowledged: the truth that sinks are compared with. It is safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	counted bool
	records int64
	hashes  map[Partition][]Hash // by offset
	newest  map[string]map[string]newest
}

type newest struct {
	offset int64
	value  []byte
}

// NewLedger makes an empty ledger. One that only counts forgets which records there were, so that it can run for ever.
func NewLedger(countOnly bool) *Ledger {
	return &Ledger{counted: countOnly, hashes: map[Partition][]Hash{}, newest: map[string]map[string]newest{}}
}

// Add enters an acknowledged record. Offsets of a partition may come in any order.
func (l *Ledger) Add(p Partition, offset int64, key string, value []byte) {
	hash := Hash{}
	if !l.counted {
		hash = HashOf(value)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records++
	if l.counted {
		return
	}
	hashes := l.hashes[p]
	for int64(len(hashes)) <= offset {
		hashes = append(hashes, Hash{})
	}
	hashes[offset] = hash
	l.hashes[p] = hashes
	if l.newest[p.Topic] == nil {
		l.newest[p.Topic] = map[string]newest{}
	}
	if last, found := l.newest[p.Topic][key]; !found || offset >= last.offset {
		l.newest[p.Topic][key] = newest{offset, value}
	}
}

// Records returns how many records were acknowledged.
func (l *Ledger) Records() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records
}

// Hashes returns the hashes of all records by partition, at the index of their offset. The zero Hash stands for an
// offset that nobody acknowledged.
func (l *Ledger) Hashes() map[Partition][]Hash {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.hashes)
}

// Newest returns the newest value of each key of a topic, which is the fold of the topic when a value replaces the
// one before.
func (l *Ledger) Newest(topic string) map[string][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := map[string][]byte{}
	for key, n := range l.newest[topic] {
		values[key] = n.value
	}
	return values
}
