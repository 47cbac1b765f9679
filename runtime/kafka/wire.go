package kafka

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/schemas/pace"
)

// wire is the connection under a sarama broker that has logged in. Between two requests of sarama's nothing is read
// from it, so that the owner of the connection can send requests of its own.
type wire struct {
	conn    net.Conn
	in      *bufio.Reader
	out     []byte
	format  *kmsg.RequestFormatter
	timeout time.Duration // of the answer to a request, and of each further MiB of it
	sent    int32         // requests, which number them
	newest  map[int16]int16
	quiet   time.Time // before it the broker reads nothing from the connection
	renew   time.Time // when another connection has to take over; zero for never
}

// ErrTooLarge says that an answer is larger than its receiver takes.
var ErrTooLarge = errors.New("the broker's answer is larger than its limit")

// errOutOfStep says that an answer is not to the request that was sent last.
var errOutOfStep = errors.New("the broker's answer belongs to another request")

// Ask sends req in the newest version that both sides speak, at most the one that req has, and reads the answer of at
// most limit bytes into res. It waits until a throttle is over, and ends with ctx; after an error the connection is of
// no more use. It belongs to the owner of the connection, as all requests do.
func (c *Conn) Ask(ctx context.Context, req kmsg.Request, res kmsg.Response, limit int) error {
	if err := c.negotiate(ctx, req); err != nil {
		return err
	}
	answer, err := c.exchange(ctx, req, limit)
	if err != nil {
		return err
	}
	res.SetVersion(req.GetVersion())
	if err := res.ReadFrom(answer); err != nil {
		return fmt.Errorf("read %s answer: %w", kmsg.NameForKey(req.Key()), err)
	}
	if t, ok := res.(kmsg.ThrottleResponse); ok {
		millis, _ := t.Throttle()
		c.Throttle(time.Duration(millis) * time.Millisecond)
	}
	return nil
}

// AskBytes is Ask for an answer that the caller reads: its body after the header, which is the caller's to keep. The
// version that was chosen stands in req; a throttle that the answer names must be told to Throttle.
func (c *Conn) AskBytes(ctx context.Context, req kmsg.Request, limit int) ([]byte, error) {
	if err := c.negotiate(ctx, req); err != nil {
		return nil, err
	}
	return c.exchange(ctx, req, limit)
}

// Throttle notes that the broker reads nothing from this connection for so long: requests wait for that here, where
// their context can end the wait.
func (c *Conn) Throttle(d time.Duration) {
	if d > 0 {
		c.wire.quiet = time.Now().Add(d)
	}
}

// Throttled reports whether the next request would wait for a throttle to be over. A new connection would not.
func (c *Conn) Throttled() bool { return time.Now().Before(c.wire.quiet) }

// Expires reports whether the login is about to end: the broker closes the connection then, unless another one has
// taken over. Sarama logs in again by itself, but only for its own requests.
func (c *Conn) Expires() bool { return !c.wire.renew.IsZero() && time.Now().After(c.wire.renew) }

// Newest returns the newest version of a request that the broker speaks, -1 if it does not know it.
func (c *Conn) Newest(ctx context.Context, key kmsg.Key) (int16, error) {
	if err := c.learnVersions(ctx); err != nil {
		return -1, err
	}
	if v, ok := c.wire.newest[int16(key)]; ok {
		return v, nil
	}
	return -1, nil
}

// negotiate lowers the version of req to one that the broker speaks.
func (c *Conn) negotiate(ctx context.Context, req kmsg.Request) error {
	newest, err := c.Newest(ctx, kmsg.Key(req.Key()))
	if err != nil {
		return err
	}
	if newest < 0 {
		return fmt.Errorf("send %s: the broker does not know the request", kmsg.NameForKey(req.Key()))
	}
	req.SetVersion(min(req.GetVersion(), newest))
	return nil
}

// versionsLimit is well above what a broker needs to list its requests.
const versionsLimit = 64 << 10

// learnVersions asks the broker once for what it speaks, in the version that every broker understands.
func (c *Conn) learnVersions(ctx context.Context) error {
	if c.wire.newest != nil {
		return nil
	}
	answer, err := c.exchange(ctx, &kmsg.ApiVersionsRequest{}, versionsLimit)
	if err != nil {
		return err
	}
	res := &kmsg.ApiVersionsResponse{}
	if err := res.ReadFrom(answer); err != nil {
		return fmt.Errorf("read ApiVersions answer: %w", err)
	}
	c.wire.newest = make(map[int16]int16, len(res.ApiKeys))
	for _, k := range res.ApiKeys {
		c.wire.newest[k.ApiKey] = k.MaxVersion
	}
	return nil
}

// exchange sends req and returns the body of the answer.
func (c *Conn) exchange(ctx context.Context, req kmsg.Request, limit int) (body []byte, err error) {
	if err := c.AwaitQuiet(ctx); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, c.Abort)
	body, err = c.wire.exchange(req, limit)
	if !stop() && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("ask broker %s for %s: %w", c.Addr(), kmsg.NameForKey(req.Key()), err)
	}
	return body, nil
}

// AwaitQuiet waits until a throttle is over and the broker reads from the connection again, or until ctx ends.
func (c *Conn) AwaitQuiet(ctx context.Context) error {
	if wait := time.Until(c.wire.quiet); wait > 0 {
		if pace.Sleep(ctx, wait) != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (w *wire) exchange(req kmsg.Request, limit int) ([]byte, error) {
	w.sent++
	w.out = w.format.AppendRequest(w.out[:0], req, w.sent)
	if err := w.conn.SetDeadline(time.Now().Add(w.timeout)); err != nil {
		return nil, err
	}
	if _, err := w.conn.Write(w.out); err != nil {
		return nil, err
	}
	answer, err := w.read(limit)
	if err != nil {
		return nil, err
	}
	res := req.ResponseKind()
	if !res.IsFlexible() || res.Key() == int16(kmsg.ApiVersions) { // whose header must be readable before anything is known
		return answer, nil
	}
	return withoutTags(answer)
}

// frameHeader are the bytes before an answer's own: its size, and the number of the request.
const frameHeader = 8

// chunk is how much memory is taken for an answer before it has come.
const chunk = 8 << 20

// read reads one answer.
func (w *wire) read(limit int) ([]byte, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(w.in, header[:]); err != nil {
		return nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(header[:4]))) - frameHeader/2
	if size < 0 || size > limit {
		return nil, fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, size, limit)
	}
	if int32(binary.BigEndian.Uint32(header[4:])) != w.sent {
		return nil, errOutOfStep
	}
	answer := make([]byte, 0, min(size, chunk))
	for len(answer) < size {
		if len(answer) == cap(answer) {
			grown := make([]byte, len(answer), min(size, 4*cap(answer)))
			copy(grown, answer)
			answer = grown
			if err := w.conn.SetDeadline(time.Now().Add(w.timeout)); err != nil {
				return nil, err
			}
		}
		n, err := io.ReadFull(w.in, answer[len(answer):cap(answer)])
		answer = answer[:len(answer)+n]
		if err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// withoutTags passes over the tagged fields of a flexible header.
func withoutTags(answer []byte) ([]byte, error) {
	r := kbin.Reader{Src: answer}
	for n := r.Uvarint(); n > 0 && r.Ok(); n-- {
		r.Uvarint()
		r.Span(int(r.Uvarint()))
	}
	if !r.Ok() {
		return nil, io.ErrUnexpectedEOF
	}
	return r.Src, nil
}
