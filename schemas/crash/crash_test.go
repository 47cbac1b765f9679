package crash

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

func explode() { panic(fmt.Errorf("read: %w", io.ErrUnexpectedEOF)) }

func TestGuard(t *testing.T) {
	if err := Guard(func() error { return io.EOF }); !errors.Is(err, io.EOF) || In(err) != nil {
		t.Errorf("an error without a panic became %v", err)
	}
	err := Guard(func() error { explode(); return nil })
	caught := In(err)
	if caught == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("a panic became %v", err)
	}
	if !bytes.Contains(caught.Stack, []byte("crash.explode")) {
		t.Errorf("the stack does not say where it was:\n%s", caught.Stack)
	}
	if err := Guard(func() error { panic("boom") }); err == nil || err.Error() != "panic: boom" {
		t.Errorf("a panic with a text became %v", err)
	}
}
