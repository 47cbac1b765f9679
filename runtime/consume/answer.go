package consume

import (
	"errors"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kbin"

	"github.com/sluice-connect/sluice/runtime/recordbatch"
)

// fetchAnswer is the head of the answer to a fetch.
type fetchAnswer struct {
	throttle time.Duration
	err      sarama.KError
	session  int32
}

// block is what an answer says about one partition.
type block struct {
	key       partitionKey
	err       sarama.KError
	highWater int64
	stable    int64 // the last stable offset: no transaction below it is open
	aborted   []recordbatch.AbortedTransaction
	preferred int32    // replica to ask instead, -1 for none
	diverges  epochEnd // where the log of the leader leaves the one that was read; epoch -1 when it does not
	records   []byte   // record batches as they are on the broker's disk; part of the answer's bytes
}

// errMisshapen says that an answer is not what the protocol says it is.
var errMisshapen = errors.New("the answer to a fetch is misshapen")

// readFetch reads the answer to a fetch and calls each for every partition in it. It takes no memory but for lists of
// aborted transactions, and for these no more than the answer warrants: package kmsg would make room for as many
// partitions as an answer claims to have.
func readFetch(answer []byte, version int16, each func(*block)) (head fetchAnswer, err error) {
	r := fetchReader{Reader: kbin.Reader{Src: answer}, version: version}
	head.throttle = time.Duration(max(r.Int32(), 0)) * time.Millisecond
	if version >= fetchSessions {
		head.err, head.session = sarama.KError(r.Int16()), r.Int32()
	}
	for topics := r.length(); topics > 0 && r.Ok(); topics-- {
		var of partitionKey
		if version >= fetchByID {
			of.id = topicID(r.Uuid())
		} else {
			of.topic = r.text()
		}
		for parts := r.length(); parts > 0 && r.Ok(); parts-- {
			b := r.block(of)
			if r.Ok() {
				each(&b)
			}
		}
		r.tags(nil)
	}
	if !r.Ok() {
		return head, errMisshapen
	}
	return head, nil
}

// fetchReader reads the parts of an answer in its version.
type fetchReader struct {
	kbin.Reader
	version int16
}

// The first versions of an answer with what else it says.
const (
	fetchLogStart = 5
	fetchReplicas = 11
	fetchFlexible = 12
)

// divergesTag is the tag of where logs part.
const divergesTag = 0

func (r *fetchReader) block(of partitionKey) block {
	b := block{key: of, preferred: -1, diverges: epochEnd{epoch: -1}}
	b.key.partition = r.Int32()
	b.err, b.highWater, b.stable = sarama.KError(r.Int16()), r.Int64(), r.Int64()
	if r.version >= fetchLogStart {
		r.Int64()
	}
	const abortedSize = 16
	if n := r.length(); n > 0 && n <= len(r.Src)/abortedSize {
		b.aborted = make([]recordbatch.AbortedTransaction, n)
		for i := range b.aborted {
			b.aborted[i] = recordbatch.AbortedTransaction{ProducerID: r.Int64(), FirstOffset: r.Int64()}
			r.tags(nil)
		}
	} else if n > 0 {
		r.Span(len(r.Src) + 1) // is an error from here on
	}
	if r.version >= fetchReplicas {
		b.preferred = r.Int32()
	}
	if r.version >= fetchFlexible {
		b.records = r.CompactNullableBytes()
	} else {
		b.records = r.NullableBytes()
	}
	r.tags(func(tag uint32, value kbin.Reader) {
		if tag == divergesTag {
			b.diverges = epochEnd{epoch: value.Int32(), offset: value.Int64()}
		}
	})
	return b
}

func (r *fetchReader) length() int {
	if r.version >= fetchFlexible {
		return int(r.CompactArrayLen())
	}
	return int(r.ArrayLen())
}

func (r *fetchReader) text() string {
	if r.version >= fetchFlexible {
		return r.CompactString()
	}
	return r.String()
}

// tags reads the fields that only some answers have.
func (r *fetchReader) tags(each func(tag uint32, value kbin.Reader)) {
	if r.version < fetchFlexible {
		return
	}
	for n := r.Uvarint(); n > 0 && r.Ok(); n-- {
		tag := r.Uvarint()
		value := kbin.Reader{Src: r.Span(int(r.Uvarint()))}
		if each != nil && r.Ok() {
			each(tag, value)
		}
	}
}
