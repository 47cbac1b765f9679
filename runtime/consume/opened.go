package consume

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/sluice-connect/sluice/schemas"
)

var errTooLarge = errors.New("too large")

type opened struct {
	r       kbin.Reader
	left    int
	first   int64
	time    int64
	logTime bool
}

var decompressor = kgo.DefaultDecompressor()

func openBatch(raw []byte, limit int) (opened, error) {
	if raw[magicAt] != 2 {
		return opened{}, errBatch
	}
	body := raw[batchHeader:]
	attributes := int16(binary.BigEndian.Uint16(raw[attributesAt:]))
	if codec := attributes & 7; codec != 0 {
		var err error
		if body, err = decompressor.Decompress(body, kgo.CompressionCodecType(codec)); err != nil {
			return opened{}, err
		}
	}
	if len(body) > limit {
		return opened{}, errTooLarge
	}
	o := opened{r: kbin.Reader{Src: body}, left: int(int32(binary.BigEndian.Uint32(raw[countAt:]))), first: int64(binary.BigEndian.Uint64(raw)),
		time: int64(binary.BigEndian.Uint64(raw[27:]))}
	if attributes&8 != 0 {
		o.logTime, o.time = true, int64(binary.BigEndian.Uint64(raw[35:]))
	}
	return o, nil
}

func (o *opened) next(rec *schemas.Record) (bool, error) {
	if o.left == 0 {
		return false, nil
	}
	o.left--
	o.r.Varint()
	o.r.Int8()
	at := o.time
	if d := o.r.Varlong(); !o.logTime {
		at += d
	}
	rec.Offset = o.first + int64(o.r.Varint())
	rec.Raw = schemas.Raw{Key: o.r.VarintBytes(), Value: o.r.VarintBytes()}
	for n := o.r.VarintArrayLen(); n > 0; n-- {
		rec.Raw.Headers = append(rec.Raw.Headers, schemas.RawHeader{Key: o.r.VarintString(), Value: o.r.VarintBytes()})
	}
	if !o.r.Ok() {
		return false, errBatch
	}
	if at >= 0 {
		rec.Timestamp, rec.TimestampType = time.UnixMilli(at), schemas.CreateTime
		if o.logTime {
			rec.TimestampType = schemas.LogAppendTime
		}
	}
	return true, nil
}
