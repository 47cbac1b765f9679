package inflight

import "testing"

func TestLargeClaimsAreNotOvertaken(t *testing.T) {
	b := newBudget(100)
	if c := b.claim(60); c != nil {
		t.Fatal("the first claim waits")
	}
	large, small, gone := b.claim(90), b.claim(10), b.claim(30)
	if large.isGranted() || small.isGranted() {
		t.Fatal("granted without room, or before an earlier claim")
	}
	b.drop(gone)
	b.give(60)
	if !large.isGranted() || !small.isGranted() || b.used != 100 {
		t.Fatal(large.isGranted(), small.isGranted(), b.used)
	}
	behind := b.claim(1)
	b.drop(large) // granted, and not wanted any more
	b.give(10)
	if !behind.isGranted() || b.used != 1 {
		t.Fatal(behind.isGranted(), b.used)
	}
	if b.give(1); b.claim(1000) != nil {
		t.Fatal("a record larger than the budget waits for nothing")
	}
}
