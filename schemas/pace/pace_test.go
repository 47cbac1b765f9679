package pace

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

func TestWaitsDoubleUpToTheMaximum(t *testing.T) {
	b := Backoff{First: 300 * time.Millisecond, Max: time.Second}
	var got []time.Duration
	for range 4 {
		got = append(got, b.Next())
	}
	b.Reset()
	got = append(got, b.Next())
	want := []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, time.Second, time.Second, 300 * time.Millisecond}
	if !slices.Equal(got, want) {
		t.Errorf("waits are %v, want %v", got, want)
	}
	if b.Failures() != 1 {
		t.Errorf("%d failures since the reset, want 1", b.Failures())
	}
}

func TestWaitsDoNotOverflow(t *testing.T) {
	b := Backoff{First: time.Millisecond, Max: math.MaxInt64}
	for _, failures := range []int{60, 64, 1000, math.MaxInt} {
		if d := b.Wait(failures); d != math.MaxInt64 {
			t.Errorf("after %d failures the wait is %v", failures, d)
		}
	}
	if d := (&Backoff{}).Wait(math.MaxInt); d != 0 {
		t.Errorf("without settings the wait is %v", d)
	}
	if d := (&Backoff{First: time.Minute, Max: time.Second}).Wait(0); d != time.Second {
		t.Errorf("a first wait beyond the longest is %v", d)
	}
}

func TestWaitsAreAPartByChance(t *testing.T) {
	b := Backoff{First: time.Second, Max: time.Second, Low: 0.8, High: 1.2}
	least, most := time.Hour, time.Duration(0)
	for range 10_000 {
		d := b.Wait(3)
		least, most = min(least, d), max(most, d)
	}
	if least < 800*time.Millisecond || most > 1200*time.Millisecond || most-least < 300*time.Millisecond {
		t.Errorf("waits lie between %v and %v, want them spread over 0.8 s to 1.2 s", least, most)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("the sleep ended with %v", err)
	}
	if err := Sleep(t.Context(), time.Microsecond); err != nil {
		t.Errorf("the sleep ended with %v", err)
	}
}

func TestSignalHoldsOneToken(t *testing.T) {
	s := NewSignal()
	s.Set()
	s.Set()
	<-s
	select {
	case <-s:
		t.Error("two calls of Set woke twice")
	default:
	}
}

func TestNoFirstWaitIsNoWaitAtAll(t *testing.T) {
	for _, failures := range []int{0, 1, 7} {
		if d := (&Backoff{Max: time.Second, High: 1}).Wait(failures); d != 0 {
			t.Errorf("after %d failures the wait is %v", failures, d)
		}
	}
}

func TestSlotsBoundWhoHasOne(t *testing.T) {
	s := NewSlots(2)
	for range 2 {
		if err := s.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	waited := make(chan error)
	go func() { waited <- s.Acquire(ctx) }()
	cancel(why)
	if err := <-waited; !errors.Is(err, why) {
		t.Errorf("a third slot: %v", err)
	}
	s.Release()
	if err := s.Acquire(ctx); !errors.Is(err, why) {
		t.Errorf("a slot after the end: %v", err)
	}
	if err := s.Acquire(t.Context()); err != nil {
		t.Error(err)
	}
}
