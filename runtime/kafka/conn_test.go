package kafka

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestBrokerThatNeverAnswersIsSaidToDoSo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, brokers, err := Config(map[string]string{"bootstrap.servers": l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = Dial(ctx, brokers[0], c, 0)
	if err == nil || !strings.Contains(err.Error(), "it did not answer") || !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}
