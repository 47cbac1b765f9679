package s3

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// partsInFlight bounds what a file holds in memory beyond the part it is filling.
	partsInFlight = 2
	// maxParts leaves room below S3's 10,000 for the records and the trailer that are still to come.
	maxParts = 9900
)

// errPartsLost says that S3 no longer knows the upload: what was sent must be read and sent again.
var errPartsLost = errors.New("the multipart upload is gone from S3")

// multipart is an upload of a file larger than one part. Its parts are sent in the background; all methods belong to
// the writer's goroutine.
type multipart struct {
	st   *store
	key  string
	id   string // "" until the first part's goroutine has created the upload
	pool *buffers

	ctx      context.Context // ends with the writer, not with the call that filled a part
	running  *sync.WaitGroup // the writer's: it outlives files that are dropped
	queued   []*part
	inflight int
	results  chan result
	numbers  int32
	done     []types.CompletedPart
}

type part struct {
	number int32
	data   []byte
}

type result struct {
	part *part
	id   string
	done types.CompletedPart
	err  error
}

// add takes over data as the next part.
func (m *multipart) add(data []byte) {
	m.numbers++
	m.queued = append(m.queued, &part{number: m.numbers, data: data})
	m.start()
}

// start sends queued parts as far as the bound allows; the first one goes alone because it creates the upload.
func (m *multipart) start() {
	for len(m.queued) > 0 && m.inflight < partsInFlight && (m.id != "" || m.inflight == 0) {
		p := m.queued[0]
		m.queued = m.queued[1:]
		m.inflight++
		m.running.Add(1)
		go m.send(p, m.id)
	}
}

func (m *multipart) send(p *part, id string) {
	defer m.running.Done()
	r := result{part: p, id: id}
	if r.id == "" {
		r.id, r.err = m.st.create(m.ctx, m.key)
	}
	if r.err == nil {
		r.done, r.err = m.st.part(m.ctx, m.key, r.id, p.number, p.data)
	}
	m.results <- r // never blocks: it has room for all that are in flight
}

// book counts a finished part; a failed one is queued again, so that nothing is lost but time.
func (m *multipart) book(r result) error {
	m.inflight--
	if r.id != "" {
		m.id = r.id
	}
	if r.err != nil {
		m.queued = slices.Insert(m.queued, 0, r.part)
		return lost(r.err)
	}
	m.done = append(m.done, r.done)
	m.pool.put(r.part.data)
	return nil
}

// sweep books all parts that have finished, without waiting, and returns the first error among them.
func (m *multipart) sweep() error {
	var first error
	for {
		select {
		case r := <-m.results:
			if err := m.book(r); err != nil && first == nil {
				first = err
			}
		default:
			return first
		}
	}
}

// drain waits until at most n parts are not yet in S3. After an error it may be called again.
func (m *multipart) drain(ctx context.Context, n int) error {
	for {
		if err := m.sweep(); err != nil {
			return err
		}
		m.start()
		if m.waiting() <= n {
			return nil
		}
		select {
		case r := <-m.results:
			if err := m.book(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// waiting returns the number of parts that are not known to be in S3.
func (m *multipart) waiting() int { return len(m.queued) + m.inflight }

// complete waits for all parts and makes the object.
func (m *multipart) complete(ctx context.Context) error {
	if err := m.drain(ctx, 0); err != nil {
		return err
	}
	slices.SortFunc(m.done, func(a, b types.CompletedPart) int { return int(*a.PartNumber - *b.PartNumber) })
	return lost(m.st.complete(ctx, m.key, m.id, m.done))
}

// discard forgets the parts. The goroutines must have ended. It returns the id of an upload that is left in S3.
func (m *multipart) discard() (id string) {
	_ = m.sweep() // only for the id and the buffers
	for _, p := range m.queued {
		m.pool.put(p.data)
	}
	m.queued = nil
	return m.id
}

func lost(err error) error {
	if c := code(err); c == "NoSuchUpload" || c == "InvalidPart" {
		return errors.Join(errPartsLost, err)
	}
	return err
}
