package kafka

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// dialWith connects with Java client properties.
func dialWith(t *testing.T, addr string, props map[string]string) *Conn {
	t.Helper()
	all := map[string]string{"bootstrap.servers": addr}
	maps.Copy(all, props)
	conf, _, err := Config(all)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := Dial(t.Context(), addr, conf, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	return conn
}

func metadata(ctx context.Context, conn *Conn) (*kmsg.MetadataResponse, error) {
	req, res := kmsg.NewPtrMetadataRequest(), &kmsg.MetadataResponse{}
	req.Version = 12
	return res, conn.Ask(ctx, req, res, 1<<20)
}

// TestRequestsOfOurOwnAfterALogin: whatever sarama agreed on with the broker, the same connection then carries requests
// of ours and of sarama's in turn.
func TestRequestsOfOurOwnAfterALogin(t *testing.T) {
	s := startSecured(t, tls.NoClientCert, append(withUsers(), kfake.SeedTopics(1, "t"))...)
	trust := s.ca.TrustJKS(t, "changeit")
	for mechanism, line := range map[string]string{
		"SCRAM-SHA-512": scramLine(`se\"cret`),
		"PLAIN":         plainModule + ` required username="bob" password="pass";`,
	} {
		conn := dialWith(t, s.addr, map[string]string{"security.protocol": "SASL_SSL", "ssl.truststore.location": trust, "ssl.truststore.password": "changeit",
			"sasl.mechanism": mechanism, "sasl.jaas.config": line})
		for range 2 {
			res, err := metadata(t.Context(), conn)
			if err != nil || len(res.Brokers) != 1 || len(res.Topics) != 1 {
				t.Fatalf("%s: metadata is %+v, %v", mechanism, res, err)
			}
			if _, err := conn.ApiVersions(&sarama.ApiVersionsRequest{}); err != nil {
				t.Fatalf("%s: sarama's request in between: %v", mechanism, err)
			}
		}
		if conn.Expires() {
			t.Errorf("%s: a login without end expires", mechanism)
		}
	}
}

// TestLoginsEnd: a broker that takes a login for a while only is believed, and what sarama hears of it is heard.
func TestLoginsEnd(t *testing.T) {
	opts := append(withUsers(), kfake.BrokerConfigs(map[string]string{"connections.max.reauth.ms": "100"}))
	s := startSecured(t, tls.NoClientCert, opts...)
	trust := s.ca.TrustJKS(t, "changeit")
	conn := dialWith(t, s.addr, map[string]string{"security.protocol": "SASL_SSL", "ssl.truststore.location": trust, "ssl.truststore.password": "changeit",
		"sasl.mechanism": "SCRAM-SHA-512", "sasl.jaas.config": scramLine(`se\"cret`)})
	if conn.wire.renew.IsZero() {
		t.Fatal("the end of the login is not known")
	}
	for deadline := time.Now().Add(10 * time.Second); !conn.Expires(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a login of 100 ms does not expire")
		}
	}
}

// scripted is a broker that answers each request with the bytes that answer returns, which gets key and number of it.
func scripted(t *testing.T, answer func(key int16, number uint32) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for {
				var size [4]byte
				if _, err := io.ReadFull(conn, size[:]); err != nil {
					break
				}
				req := make([]byte, binary.BigEndian.Uint32(size[:]))
				if _, err := io.ReadFull(conn, req); err != nil {
					break
				}
				if _, err := conn.Write(answer(int16(binary.BigEndian.Uint16(req)), binary.BigEndian.Uint32(req[4:]))); err != nil {
					break
				}
			}
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// frame puts size and number before an answer.
func frame(number uint32, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))
	return append(binary.BigEndian.AppendUint32(out, number), body...)
}

// versions is the answer of a broker to ApiVersions.
func versions(number uint32) []byte {
	res := kmsg.ApiVersionsResponse{ApiKeys: []kmsg.ApiVersionsResponseApiKey{{ApiKey: 18, MaxVersion: 0}, {ApiKey: 3, MaxVersion: 5}}}
	return frame(number, res.AppendTo(nil))
}

// TestAnswersOutOfBounds: the size of an answer is looked at before memory is taken for it, and an answer to another
// request is none.
func TestAnswersOutOfBounds(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(number uint32) []byte
		want   error
	}{
		"large":       {func(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0x7f, 0xff, 0xff, 0xff}, n) }, ErrTooLarge},
		"negative":    {func(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0xff, 0xff, 0xff, 0xff}, n) }, ErrTooLarge},
		"out of step": {func(n uint32) []byte { return frame(n+1, nil) }, errOutOfStep},
	} {
		t.Run(name, func(t *testing.T) {
			addr := scripted(t, func(key int16, number uint32) []byte {
				if key == 18 {
					return versions(number)
				}
				return c.answer(number)
			})
			conn := dialWith(t, addr, nil)
			if _, err := metadata(t.Context(), conn); !errors.Is(err, c.want) {
				t.Errorf("the request ended with %v, want %v", err, c.want)
			}
		})
	}
}

// TestAStopDoesNotWaitForAThrottle: a broker that asks for silence for an hour keeps nobody from ending.
func TestAStopDoesNotWaitForAThrottle(t *testing.T) {
	addr := scripted(t, func(key int16, number uint32) []byte {
		if key == 18 {
			return versions(number)
		}
		res := kmsg.NewMetadataResponse()
		res.Version, res.ThrottleMillis = 5, int32(time.Hour.Milliseconds())
		return frame(number, res.AppendTo(nil))
	})
	conn := dialWith(t, addr, nil)
	if _, err := metadata(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if !conn.Throttled() {
		t.Fatal("the throttle was not noticed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := metadata(ctx, conn); ended <- err }()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the request ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the request waits for the end of the throttle")
	}
}
