package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/sluice-connect/sluice/schemas"
)

// message is a message of format 0 or 1, which old topics still hold.
type message struct {
	magic      int8
	attributes byte
	timestamp  int64
	key, value []byte
}

// readMessage reads a message behind its offset and size. reason is "" when it is whole.
func readMessage(p []byte) (m message, reason string) {
	if crc32.ChecksumIEEE(p[4:]) != binary.BigEndian.Uint32(p) {
		return m, "the checksum of a message is wrong"
	}
	m = message{magic: int8(p[4]), attributes: p[5], timestamp: -1}
	c := cursor{p: p[6:]}
	switch {
	case m.magic == 1 && len(c.p) >= 8:
		m.timestamp = int64(binary.BigEndian.Uint64(c.p))
		c.p = c.p[8:]
	case m.magic != 0:
		return m, "a message has an unknown format"
	}
	m.key, m.value = c.bytes32(), c.bytes32()
	if c.bad || len(c.p) > 0 {
		return m, "a message does not fill its length"
	}
	return m, ""
}

func parseMessage(raw []byte, offset int64) (Batch, error) {
	m, reason := readMessage(raw[frameHeader:])
	if reason != "" {
		return Batch{}, &Corrupt{From: offset, To: offset, Reason: reason}
	}
	b := Batch{
		BaseOffset: offset, LeaderEpoch: -1, Magic: m.magic, Codec: Codec(m.attributes & codecMask),
		LogAppendTime: m.magic == 1 && m.attributes&appendTime != 0, FirstTimestamp: m.timestamp, MaxTimestamp: m.timestamp,
		ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1, Count: 1, Size: len(raw), key: m.key, records: m.value,
	}
	if b.Codec > LZ4 || b.Codec != None && m.value == nil {
		return b, b.corrupt(offset, "a message has an unknown compression")
	}
	return b, nil
}

// only yields the one record of a message that is not compressed.
func (r *Reader) only() ([]byte, error) {
	if r.count > 0 {
		return nil, io.EOF
	}
	r.count++
	return r.b.records, nil
}

// message appends the record of a message: the batch itself, or one that it wraps.
func (r *Reader) message(dst []schemas.Record, frame []byte) ([]schemas.Record, error) {
	if r.b.Codec == None {
		if r.b.BaseOffset < r.from {
			return dst, nil
		}
		return r.legacy(dst, r.b.BaseOffset, r.b.FirstTimestamp, bytes.Clone(r.b.key), bytes.Clone(r.b.records)), nil
	}
	offset, m, err := r.inner(frame)
	if err != nil || offset < r.from {
		return dst, err
	}
	return r.legacy(dst, offset, m.timestamp, r.keep(m.key), r.keep(m.value)), nil
}

func (r *Reader) legacy(dst []schemas.Record, offset, at int64, key, value []byte) []schemas.Record {
	dst = append(dst, schemas.Record{Topic: r.tp.Topic, Source: r.tp, Offset: offset, Raw: schemas.Raw{Key: key, Value: value}})
	r.stamp(&dst[len(dst)-1], at)
	return dst
}

// inner reads a message that is wrapped in a compressed one.
func (r *Reader) inner(frame []byte) (offset int64, m message, err error) {
	m, reason := readMessage(frame[frameHeader:])
	if reason == "" && m.attributes&codecMask != 0 {
		reason = "a compressed message is wrapped in another"
	}
	if reason != "" {
		return 0, m, r.corrupt(reason)
	}
	offset = int64(binary.BigEndian.Uint64(frame))
	if m.magic >= 1 {
		offset += r.shift
	}
	r.next = offset + 1
	return offset, m, nil
}

// findShift finds what makes the offsets in a compressed message of format 1 absolute: the offset of the wrapping
// message is that of the last one in it. It decompresses without keeping anything.
func (r *Reader) findShift() error {
	if err := r.open(); err != nil {
		return err
	}
	last := int64(-1)
	for {
		frame, err := r.frame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.Close()
			return err
		}
		last = int64(binary.BigEndian.Uint64(frame))
	}
	r.Close()
	r.err, r.count = nil, 0
	if last >= 0 {
		r.shift = r.b.BaseOffset - last
	}
	return nil
}
