package rest

import (
	"fmt"
	"net/http"
	goruntime "runtime"
	"strings"
	"testing"
	"time"
)

// TestDeletedConnectorsLeaveNothing: tasks that consumed and were deleted leave no goroutine and no memory.
func TestDeletedConnectorsLeaveNothing(t *testing.T) {
	addr, file := goldenWorker(t, goldenBroker(t))
	c := &client{t: t, url: "http://" + addr}
	round := func(many int) {
		for i := range many {
			body := fmt.Sprintf(`{"name":"many-%d","config":{"connector.class":"FileStreamSink","topics":"lab-empty","file":%q}}`, i, file)
			if got := c.do(http.MethodPost, "/connectors", body); got.status != http.StatusCreated {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		for i := range many {
			path := fmt.Sprintf("/connectors/many-%d", i)
			waitFor(t, func() bool {
				return strings.Contains(c.do(http.MethodGet, path+"/tasks/0/status", "").body, `"RUNNING"`)
			})
			if got := c.do(http.MethodDelete, path, ""); got.status != http.StatusNoContent {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
	}
	round(5) // what is made once for all is made here
	goroutines, memory := settled(goruntime.NumGoroutine()), liveMemory()
	round(100)
	if n := settled(goroutines); n > goroutines+10 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	const most = 4 << 20 // a leak of 40 KB by each connector
	if m := liveMemory(); m > memory+most {
		t.Errorf("%d bytes live, %d before", m, memory)
	}
}

// settled waits for the number of goroutines to fall to about want and returns what it came to.
func settled(want int) int {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		n := goruntime.NumGoroutine()
		if n <= want+10 || time.Now().After(deadline) {
			return n
		}
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come")
		}
	}
}

func liveMemory() uint64 {
	goruntime.GC()
	goruntime.GC() // the first one only empties the pools' older half
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.HeapAlloc
}
