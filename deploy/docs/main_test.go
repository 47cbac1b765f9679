package main

import "testing"

func TestFillReplacesWhatStandsBetweenTheMarkers(t *testing.T) {
	got, err := fill([]byte("a\n"+begin+"old\n"+end+"\nz\n"), "new\n")
	if want := "a\n" + begin + "new\n" + end + "\nz\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := fill([]byte("no markers"), "new"); err == nil {
		t.Error("a page without markers was accepted")
	}
}
