package dynamodb

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// exponential doubles from firstBackoff to lastBackoff; the second half of each is random, so that lanes spread out.
func exponential(attempt int) time.Duration {
	d := lastBackoff
	if attempt < 7 {
		d = min(lastBackoff, firstBackoff<<attempt)
	}
	return d/2 + rand.N(d/2+1)
}
