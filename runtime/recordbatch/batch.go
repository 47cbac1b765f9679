// Package recordbatch reads Kafka's record batches from the bytes a broker sent, within a budget of memory.
package recordbatch

import (
	"encoding/binary"
	"hash/crc32"
)

// Codec is how the records of a batch are compressed, as in the attributes of a batch.
type Codec int8

// The codecs of Kafka.
const (
	None Codec = iota
	Gzip
	Snappy
	LZ4
	Zstd
)

// Batch is one record batch as it came: what its header says and the bytes, which are part of what was given to Split.
// A message of format 0 or 1, compressed or not, counts as a batch with Magic 0 or 1.
type Batch struct {
	BaseOffset      int64 // in a compressed message of format 0 or 1, the offset of its last record
	LastOffsetDelta int32
	LeaderEpoch     int32 // of the partition, -1 in format 0 and 1
	Magic           int8
	Codec           Codec
	LogAppendTime   bool // MaxTimestamp is the time of every record
	Transactional   bool
	Control         bool
	DeleteHorizon   bool
	FirstTimestamp  int64 // ms; -1 for none
	MaxTimestamp    int64 // ms; -1 for none
	ProducerID      int64 // -1 for none
	ProducerEpoch   int16
	BaseSequence    int32
	Count           int32 // records; 1 for a message of format 0 or 1, whatever it wraps
	Size            int   // bytes on the wire

	records []byte // of format 2; in format 0 and 1 the value, or what it wraps
	key     []byte // of a message of format 0 or 1
}

// LastOffset is the offset of the last record that the batch held before compaction: the next batch begins behind it.
func (b *Batch) LastOffset() int64 { return b.BaseOffset + int64(b.LastOffsetDelta) }

// Partial is the batch at the end of an answer that the broker cut off.
type Partial struct {
	Offset int64 // base offset, -1 if not even that came
	Size   int   // bytes of the whole batch, 0 if unknown: what a request must allow for
}

const (
	frameHeader  = 12 // offset and size
	batchHeader  = 61
	magicAt      = 16
	minMessage   = 14 // crc, magic, attributes, key and value lengths of format 0
	codecMask    = 0x07
	appendTime   = 0x08
	transaction  = 0x10
	control      = 0x20
	horizon      = 0x40
	minRecordLen = 7 // length, attributes, two deltas, key, value and number of headers
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Split returns the batches in the records field of a fetch answer, without decompressing them. partial is set when the
// answer ends within a batch. An error is a *Corrupt; the batches before the damage are returned beside it.
func Split(raw []byte) (batches []Batch, partial *Partial, err error) {
	next := int64(-1)
	for len(raw) > 0 {
		if len(raw) < frameHeader {
			p := &Partial{Offset: -1}
			if len(raw) >= 8 {
				p.Offset = int64(binary.BigEndian.Uint64(raw))
			}
			return batches, p, nil
		}
		offset := int64(binary.BigEndian.Uint64(raw))
		body := int(int32(binary.BigEndian.Uint32(raw[8:])))
		if offset < 0 {
			return batches, nil, &Corrupt{From: next, To: -1, Reason: "a batch has a negative offset"}
		}
		if body < minMessage {
			return batches, nil, &Corrupt{From: offset, To: -1, Reason: "a batch is shorter than its header"}
		}
		if len(raw) < frameHeader+body {
			return batches, &Partial{Offset: offset, Size: frameHeader + body}, nil
		}
		b, err := parse(raw[:frameHeader+body], offset)
		if err != nil {
			return batches, nil, err
		}
		batches = append(batches, b)
		next = b.LastOffset() + 1
		raw = raw[frameHeader+body:]
	}
	return batches, nil, nil
}

// parse reads the header of a whole batch and holds it against its checksum.
func parse(raw []byte, offset int64) (Batch, error) {
	switch magic := int8(raw[magicAt]); magic {
	case 2:
		return parseBatch(raw, offset)
	case 0, 1:
		return parseMessage(raw, offset)
	}
	return Batch{}, &Corrupt{From: offset, To: -1, Reason: "a batch has an unknown format"}
}

func parseBatch(raw []byte, offset int64) (Batch, error) {
	if len(raw) < batchHeader {
		return Batch{}, &Corrupt{From: offset, To: -1, Reason: "a batch is shorter than its header"}
	}
	if crc32.Checksum(raw[21:], castagnoli) != binary.BigEndian.Uint32(raw[17:]) {
		return Batch{}, &Corrupt{From: offset, To: -1, Reason: "the checksum of a batch is wrong"}
	}
	attributes := binary.BigEndian.Uint16(raw[21:])
	b := Batch{
		BaseOffset: offset, Size: len(raw), Magic: 2, records: raw[batchHeader:],
		LeaderEpoch:     int32(binary.BigEndian.Uint32(raw[12:])),
		Codec:           Codec(attributes & codecMask),
		LogAppendTime:   attributes&appendTime != 0,
		Transactional:   attributes&transaction != 0,
		Control:         attributes&control != 0,
		DeleteHorizon:   attributes&horizon != 0,
		LastOffsetDelta: int32(binary.BigEndian.Uint32(raw[23:])),
		FirstTimestamp:  int64(binary.BigEndian.Uint64(raw[27:])),
		MaxTimestamp:    int64(binary.BigEndian.Uint64(raw[35:])),
		ProducerID:      int64(binary.BigEndian.Uint64(raw[43:])),
		ProducerEpoch:   int16(binary.BigEndian.Uint16(raw[51:])),
		BaseSequence:    int32(binary.BigEndian.Uint32(raw[53:])),
		Count:           int32(binary.BigEndian.Uint32(raw[57:])),
	}
	switch {
	case b.LastOffsetDelta < 0 || b.LastOffset() < offset:
		return b, &Corrupt{From: offset, To: -1, Reason: "a batch ends before it begins"}
	case b.Codec > Zstd:
		return b, b.corrupt(offset, "a batch has an unknown compression")
	case b.Count < 0, b.Codec == None && int64(b.Count)*minRecordLen > int64(len(b.records)):
		return b, b.corrupt(offset, "a batch counts more records than it has bytes for")
	}
	return b, nil
}

func (b *Batch) corrupt(from int64, reason string) *Corrupt {
	return &Corrupt{From: from, To: b.LastOffset(), Reason: reason}
}
