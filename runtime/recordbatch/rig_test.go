package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/schemas"
)

var testTP = schemas.TopicPartition{Topic: "t", Partition: 3}

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

// compressed returns p as the codec writes it, and the codec's number.
func compressed(t testing.TB, codec kgo.CompressionCodec, p []byte) ([]byte, int16) {
	t.Helper()
	c, err := kgo.DefaultCompressor(codec)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		return p, 0
	}
	out, kind := c.Compress(new(bytes.Buffer), p)
	return bytes.Clone(out), int16(kind)
}

// record frames one record with its length.
func record(r kmsg.Record) []byte {
	r.Length = 0
	body := r.AppendTo(nil)[1:]
	return append(binary.AppendVarint(nil, int64(len(body))), body...)
}

// encode makes a batch of records that are framed already.
func encode(t testing.TB, b kmsg.RecordBatch, codec kgo.CompressionCodec, records []byte) []byte {
	t.Helper()
	data, kind := compressed(t, codec, records)
	b.Magic, b.Records = 2, data
	b.Attributes |= kind
	return seal(b)
}

// seal sets length and checksum.
func seal(b kmsg.RecordBatch) []byte {
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], castagnoli))
	return raw
}

// message frames a message of format 0 or 1.
func messageBytes(magic, attributes int8, offset, timestamp int64, key, value []byte) []byte {
	body := []byte{0, 0, 0, 0, byte(magic), byte(attributes)}
	if magic == 1 {
		body = binary.BigEndian.AppendUint64(body, uint64(timestamp))
	}
	for _, f := range [][]byte{key, value} {
		if f == nil {
			body = binary.BigEndian.AppendUint32(body, 0xffffffff)
			continue
		}
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(f))), f...)
	}
	binary.BigEndian.PutUint32(body, crc32.ChecksumIEEE(body[4:]))
	raw := binary.BigEndian.AppendUint64(nil, uint64(offset))
	return append(binary.BigEndian.AppendUint32(raw, uint32(len(body))), body...)
}

// readAll takes what a batch holds, a few records at a time.
func readAll(b *Batch, from int64, l Limits) ([]schemas.Record, error) {
	r, err := b.Open(testTP, from, l)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var recs []schemas.Record
	for {
		recs, err = r.Read(recs, &Room{Records: 7, Bytes: 1 << 30})
		if errors.Is(err, io.EOF) {
			return recs, nil
		}
		if err != nil {
			return recs, err
		}
	}
}
