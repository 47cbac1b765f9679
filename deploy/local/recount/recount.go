// Package recount compares what the sinks of the demo hold with the ledger of what was produced.
package recount

import (
	"context"
	"fmt"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// maxExamples is how many differences of a sink are told in words.
const maxExamples = 5

// Result is the comparison of one sink.
type Result struct {
	// Expected is how many records (S3) or keys (the others) there should be, Found how many there are.
	Expected int64 `json:"expected"`
	Found    int64 `json:"found"`
	// Missing and Twice are counted by record or key; Unknown is what nobody produced; Wrong is what is there, but not
	// as it should be: a record in the wrong file or order, a key with another state.
	Missing int64 `json:"missing"`
	Twice   int64 `json:"twice"`
	Unknown int64 `json:"unknown"`
	Wrong   int64 `json:"wrong"`
	// Objects is the number of S3 objects.
	Objects int64 `json:"objects,omitempty"`
	// Examples are the first differences in words.
	Examples []string `json:"examples,omitempty"`
}

// Differences sums up everything that should be zero.
func (r *Result) Differences() int64 { return r.Missing + r.Twice + r.Unknown + r.Wrong }

func (r *Result) differ(count *int64, format string, args ...any) {
	*count++
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, fmt.Sprintf(format, args...))
	}
}

// Results are the comparisons of all sinks.
type Results struct {
	S3, DynamoDB, Redis *Result
}

// All compares every sink of s with the ledger. The services are asked over their own protocols.
func All(ctx context.Context, c *stack.Clients, l *fleet.Ledger) (Results, error) {
	var r Results
	var err error
	if r.S3, err = S3(ctx, c, l); err != nil {
		return r, fmt.Errorf("recount S3: %w", err)
	}
	if r.DynamoDB, err = DynamoDB(ctx, c, l.Newest(fleet.Status)); err != nil {
		return r, fmt.Errorf("recount DynamoDB: %w", err)
	}
	if r.Redis, err = Redis(ctx, c, l.Newest(fleet.Location)); err != nil {
		return r, fmt.Errorf("recount Redis: %w", err)
	}
	return r, nil
}
