package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// errLimit says that a block would be larger than the limit on decoded bytes.
var errLimit = errors.New("a compressed block is larger than the limit")

// errShape says that compressed bytes cannot be what they claim.
var errShape = errors.New("the compressed data is damaged")

// decoder is a streaming decompressor that is used again. reset(nil, 0) lets go of what it read.
type decoder interface {
	io.Reader
	reset(data []byte, limit int64) error
}

// source is a decompressor at work, with the memory that it is read into.
type source struct {
	decoder
	codec   Codec
	scratch []byte // one slab and the beginning of the next record
}

var sources [Zstd + 1]sync.Pool

func newSource(codec Codec, data []byte, limit int64) (*source, error) {
	s, _ := sources[codec].Get().(*source)
	if s == nil {
		s = &source{codec: codec, decoder: newDecoder(codec), scratch: make([]byte, slabSize)}
	}
	if err := s.reset(data, limit); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close puts the source back for another batch.
func (s *source) close() {
	_ = s.reset(nil, 0)
	sources[s.codec].Put(s)
}

func newDecoder(codec Codec) decoder {
	switch codec {
	case Gzip:
		return &gzipDecoder{}
	case Snappy:
		return &snappyDecoder{}
	case LZ4:
		return &lz4Decoder{Reader: lz4.NewReader(nil)}
	default:
		return &zstdDecoder{}
	}
}

type gzipDecoder struct {
	gzip.Reader
	in bytes.Reader
}

func (d *gzipDecoder) reset(data []byte, _ int64) error {
	d.in.Reset(data)
	if data == nil {
		return nil
	}
	return d.Reset(&d.in)
}

type lz4Decoder struct {
	*lz4.Reader
	in bytes.Reader
}

func (d *lz4Decoder) reset(data []byte, _ int64) error {
	d.in.Reset(data)
	d.Reset(&d.in)
	return nil
}

// zstdWindow is the largest window a frame may ask for; levels up to 21 stay within it.
const zstdWindow = 64 << 20

type zstdDecoder struct {
	*zstd.Decoder
	in    bytes.Reader
	limit int64
}

func (d *zstdDecoder) reset(data []byte, limit int64) error {
	d.in.Reset(data)
	if data == nil {
		if d.Decoder == nil {
			return nil
		}
		return d.Reset(nil)
	}
	if window := min(max(limit, zstd.MinWindowSize), zstdWindow); d.Decoder == nil || limit != d.limit {
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(uint64(window)), zstd.WithDecoderMaxMemory(uint64(max(limit, zstd.MinWindowSize))), zstd.WithDecodeBuffersBelow(0))
		if err != nil {
			return err
		}
		d.Decoder, d.limit = decoder, limit
	}
	return d.Reset(&d.in)
}

// Read says of a frame whose window is too large that it is over the limit.
func (d *zstdDecoder) Read(p []byte) (int, error) {
	n, err := d.Decoder.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = errLimit
	}
	return n, err
}

// xerial begins what Java's snappy streams write: a magic number, then two versions of 32 bits, then blocks behind their
// lengths.
var xerial = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const (
	xerialHeader = 16
	// snappyRatio is above what snappy can achieve: 64 bytes from 3.
	snappyRatio = 32
	// snappyKept is the largest block whose memory is kept for another batch.
	snappyKept = 1 << 20
)

type snappyDecoder struct {
	in    []byte
	limit int64
	block bool // all of in is one block
	out   []byte
	rest  []byte // of out, not read yet
}

func (d *snappyDecoder) reset(data []byte, limit int64) error {
	d.in, d.rest, d.limit = data, nil, limit
	d.block = !bytes.HasPrefix(data, xerial)
	if cap(d.out) > snappyKept {
		d.out = nil
	}
	return nil
}

func (d *snappyDecoder) Read(p []byte) (int, error) {
	for len(d.rest) == 0 {
		block, err := d.next()
		if err != nil {
			return 0, err
		}
		if err := d.decode(block); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// next takes the next compressed block off what is left.
func (d *snappyDecoder) next() ([]byte, error) {
	if len(d.in) == 0 {
		return nil, io.EOF
	}
	if d.block {
		block := d.in
		d.in = nil
		return block, nil
	}
	if bytes.HasPrefix(d.in, xerial) && len(d.in) >= xerialHeader { // streams may follow each other
		d.in = d.in[xerialHeader:]
		return d.next()
	}
	if len(d.in) < 4 {
		return nil, errShape
	}
	n := int64(binary.BigEndian.Uint32(d.in))
	if n > int64(len(d.in)-4) {
		return nil, errShape
	}
	block := d.in[4 : 4+n]
	d.in = d.in[4+n:]
	return block, nil
}

func (d *snappyDecoder) decode(block []byte) error {
	n, err := snappy.DecodedLen(block)
	if err != nil {
		return err
	}
	if int64(n) > d.limit {
		return errLimit
	}
	if n > snappyRatio*len(block) {
		return errShape
	}
	d.out, err = snappy.Decode(d.out[:cap(d.out)], block)
	d.rest = d.out
	return err
}
