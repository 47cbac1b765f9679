// Package sinktest is the suite that every sink passes: what the runtime relies on, asked of a real sink and its target.
package sinktest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// Topic is the topic of every record of the suite; the partitions are 0 to 7. Fresh may prepare targets for it.
const Topic = "events"

// Tombstones says what a sink does with a record whose value is null.
type Tombstones string

// The ways to treat tombstones.
const (
	// Deletes: what is stored under the record's key goes away.
	Deletes Tombstones = "delete"
	// Ignores: the target stays as it is, and the offset advances.
	Ignores Tombstones = "ignore"
	// Rejects: the record is rejected.
	Rejects Tombstones = "reject"
	// Writes: the tombstone is stored like any other record; Identity knows it.
	Writes Tombstones = "write"
)

// Subject is a sink under test. Connector, Fresh and Stored are needed, and of Outage and NoOutage, of RefuseLogin and
// NoLogin, and of Through and NoLateRequests, one each.
type Subject struct {
	Connector connectors.Connector
	// Fresh returns the properties of a connector against a fresh, empty target. The records of a writer must become
	// safe without further input: by Advance at the times the writer asks for, or by its background work. The target
	// lives until t ends.
	Fresh func(t *testing.T) map[string]string
	// Record makes a good record of tp at offset. Records differ in n; those with the same key are versions of one
	// thing for a Keyed sink. Source, Offset, Timestamp and Raw should be set as the runtime would. nil: the function Record.
	Record func(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record
	// Stored returns what the target shows: the identity of every record found, once for each time it is found.
	Stored func(t *testing.T, props map[string]string) []string
	// Identity names a record of Record the way Stored does. It is given records with built values. nil:
	// for records of the function Record, what ID returns.
	Identity func(r schemas.Record) string
	// Keyed is set for sinks that keep the newest record of a key. Others keep all records.
	Keyed bool
	// ExactlyOnce is set when the properties of Fresh promise that no record is stored twice, even when it is offered
	// again to another writer. It means nothing for Keyed sinks.
	ExactlyOnce bool
	// Tombstones is what the properties of Fresh say about null values; empty leaves that out.
	Tombstones Tombstones
	// Poison makes a record that the sink must reject; nil leaves that out.
	Poison func(tp schemas.TopicPartition, offset int64) schemas.Record
	// Outage takes the service of the target of props away, as a crash or a cut network does: what the sink sends does not
	// arrive or is not answered. It returns what brings the service back with everything it held. Stored is not asked
	// meanwhile.
	Outage func(t *testing.T, props map[string]string) (back func())
	// NoOutage says why there is no service that could be away.
	NoOutage string
	// RefuseLogin makes the service refuse the credentials of props, on connections that exist already too (by cutting
	// them, if need be). It returns what makes it accept them again.
	RefuseLogin func(t *testing.T, props map[string]string) (accept func())
	// NoLogin says why there are no credentials to refuse.
	NoLogin string
	// Through returns props with each address of the service, host:port, replaced by what via makes of it. Both lead to the same
	// target.
	Through func(props map[string]string, via func(addr string) string) map[string]string
	// NoLateRequests says why requests that something in between delivers late do no harm; or, when the sink cannot prevent
	// that, where it says what they can do.
	NoLateRequests string
	// Writes counts the write requests that reached the target so far; nil when the target cannot tell.
	Writes func() int64
	// Records is how many records the longer cases write to a partition; 0 means 60.
	Records int
	// Leaks are exceptions to the rule that no goroutine is left when a task was closed.
	Leaks []goleak.Option
}

// patience bounds every wait. It is no promise about speed: it only keeps a broken sink from hanging the test.
var patience = 30 * time.Second

// testCase is one behaviour; a returned error is the way in which the sink lacks it.
type testCase struct {
	name string
	// when tells whether the case applies; nil means always.
	when func(s Subject) bool
	run  func(ctx context.Context, b *bench) error
}

var cases = []testCase{
	{name: "definition is stable and complete", run: definitionIsStable},
	{name: "missing required keys are named", run: requiredKeysAreNamed},
	{name: "task ends without a writer", run: taskEndsWithoutWriter},
	{name: "writer ends without a record", run: writerEndsWithoutRecord},
	{name: "batches of any size are stored", run: batchesOfAnySize},
	{name: "pending never runs ahead of the target", run: pendingIsHonest},
	{name: "cancelled write loses nothing", run: cancelledWrite},
	{name: "partition handed over with a dirty buffer", run: handedOver},
	{name: "partition comes back to the same task", run: comesBack},
	{name: "lost partition writes nothing afterwards", run: lostIsSilent},
	{name: "close ends with its context", run: closeEndsByContext},
	{name: "partitions are written in parallel", run: inParallel},
	{name: "two tasks start at once", run: startTogether},
	{name: "service away in the middle", when: func(s Subject) bool { return s.Outage != nil }, run: serviceAway},
	{name: "partition handed over while the service is away", when: func(s Subject) bool { return s.Outage != nil }, run: handedOverWhileAway},
	{name: "login refused in the middle", when: func(s Subject) bool { return s.RefuseLogin != nil }, run: loginRefused},
	{name: "requests that arrive late change nothing", when: func(s Subject) bool { return s.Through != nil }, run: lateRequests},
	{name: "tombstones", when: func(s Subject) bool { return s.Tombstones != "" }, run: tombstones},
	{name: "deletes keep their place", when: func(s Subject) bool { return s.Tombstones == Deletes }, run: deletesKeepTheirPlace},
	{name: "poison is rejected alone", when: func(s Subject) bool { return s.Poison != nil }, run: poisonAlone},
	{name: "poison at the front of every batch", when: func(s Subject) bool { return s.Poison != nil }, run: poisonFirst},
	{name: "a batch of poison is rejected", when: func(s Subject) bool { return s.Poison != nil }, run: poisonOnly},
}

// Run runs the suite, one subtest for each behaviour, one after the other.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if s.Records == 0 {
		s.Records = 60
	}
	if s.Record == nil {
		s.Record = Record
	}
	if s.Identity == nil {
		s.Identity = identity
	}
	if err := s.complete(); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.when != nil && !c.when(s) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if err := runCase(t, s, c); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// complete tells whether the subject says about each trouble how it is made, or why it cannot be.
func (s Subject) complete() error {
	if (s.Outage == nil) == (s.NoOutage == "") {
		return fmt.Errorf("set one of Outage and NoOutage: a service that is away is waited for (%q)", s.NoOutage)
	}
	if (s.RefuseLogin == nil) == (s.NoLogin == "") {
		return fmt.Errorf("set one of RefuseLogin and NoLogin: a login that is refused fails the task (%q)", s.NoLogin)
	}
	if (s.Through == nil) == (s.NoLateRequests == "") {
		return fmt.Errorf("set one of Through and NoLateRequests: what arrives late must not undo what is newer (%q)", s.NoLateRequests)
	}
	return nil
}

func runCase(t *testing.T, s Subject, c testCase) error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	b := newBench(t, s)
	// What the target started for itself is not the sink's.
	leaks := append([]goleak.Option{goleak.IgnoreCurrent()}, s.Leaks...)
	err := c.run(ctx, b)
	b.closeTasks()
	if err != nil {
		return err
	}
	if err := goleak.Find(leaks...); err != nil {
		return fault("leaves goroutines behind after Task.Close: %w", err)
	}
	return nil
}
