// Package demo runs a fleet of simulated vehicles through a worker with three sinks, all inside one process.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

const (
	vehicles = 50
	// drainTime is how long Ctrl-C waits for the sinks to take over what is produced; what they then still hold, they
	// commit or leave when the worker stops.
	drainTime = 10 * time.Second
	stopTime  = 30 * time.Second
)

// Options say what a demo does.
type Options struct {
	// Records is how many records to produce, as fast as it goes, and then to recount; 0 produces at Rate until the
	// context ends.
	Records int
	// Exit ends the demo after the recount; else it stays up for a look around.
	Exit bool
	// Inject damages the sinks before the recount: "drop" takes a record out of each. Empty does nothing.
	Inject string
	// DataDir keeps data between runs; empty uses a directory that is removed in the end.
	DataDir string
	// Rate is in records a second.
	Rate int
	Seed uint64
	// UsualPorts prefers the ports that people expect over free ones.
	UsualPorts bool
	// Terminal tells that Out is one, where progress stays on its line.
	Terminal bool
	Out      io.Writer
	// Began is when the process did; times to the first record count from here.
	Began time.Time
	// StartWorker starts a worker with the given properties and returns the URL of its REST API and what stops it:
	// tasks write and commit, within the context, before stop returns.
	StartWorker func(ctx context.Context, props map[string]string) (baseURL string, stop func(context.Context) error, err error)
}

// ErrDifferent is the outcome of a recount that found differences.
var ErrDifferent = errors.New("the sinks do not hold what was produced")

// run is a demo that goes on.
type run struct {
	Options
	stack   *stack.Stack
	clients *stack.Clients
	worker  *worker
	groups  *groups
	ledger  *fleet.Ledger
	first   *firsts
	before  int64 // records of earlier runs in a kept data directory
}

// Run runs a demo until it is done or ctx ends, and cleans up. It returns ErrDifferent when the recount found
// differences.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Config{Dir: o.DataDir, UsualPorts: o.UsualPorts})
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	r := &run{Options: o, stack: s, clients: s.NewClients(), ledger: fleet.NewLedger(o.Records == 0)}
	defer closing(&err, r.clients.Close)
	if r.groups, err = newGroups(s.KafkaAddr); err != nil {
		return err
	}
	defer closing(&err, r.groups.close)
	p, err := r.groups.progress()
	if err != nil {
		return err
	}
	r.before = p.produced
	if o.Records > 0 && r.before > 0 {
		return fmt.Errorf("start demo: %s holds %d records of an earlier run, and a recount needs to know all: use an empty directory", s.Dir, r.before)
	}
	if err := r.startWorker(ctx); err != nil {
		return err
	}
	defer closing(&err, r.worker.close)
	r.first = watchFirsts(ctx, r.clients, o.Began)
	defer r.first.close()
	r.header()
	if o.Records == 0 {
		return r.live(ctx)
	}
	return r.bounded(ctx)
}

// closing closes a resource at the end of a function, whose error it joins.
func closing(err *error, f func() error) { *err = errors.Join(*err, f()) }

func (o *Options) check() error {
	switch {
	case o.Records < 0 || o.Records == 0 && (o.Rate < 1 || o.Rate > 1_000_000):
		return errors.New("start demo: the number of records must not be negative, and the rate must lie between 1 and 1000000")
	case o.Records == 0 && (o.Exit || o.Inject != ""):
		return errors.New("start demo: to exit after a recount, or to damage what it counts, needs a number of records")
	case o.Inject != "" && o.Inject != "drop":
		return fmt.Errorf("start demo: %q cannot be injected, only drop can", o.Inject)
	}
	return nil
}

// startWorker starts the worker and posts the connectors.
func (r *run) startWorker(ctx context.Context) error {
	addr := stack.Address(stack.Config{UsualPorts: r.UsualPorts}, 8083)
	base, stop, err := r.StartWorker(ctx, map[string]string{
		"bootstrap.servers":                 r.stack.KafkaAddr,
		"key.converter":                     "org.apache.kafka.connect.storage.StringConverter",
		"value.converter":                   "org.apache.kafka.connect.json.JsonConverter",
		"value.converter.schemas.enable":    "false",
		"listeners":                         "http://" + addr,
		"offset.flush.interval.ms":          "1000",
		"task.shutdown.graceful.timeout.ms": "15000",
		"sluice.data.dir":                   filepath.Join(r.stack.Dir, "worker"),
	})
	if err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	if _, err := url.Parse(base); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	r.worker = newWorker(base, stop)
	for _, c := range connectors(r.stack) {
		if err := r.worker.post(ctx, c); err != nil {
			return errors.Join(err, r.worker.close())
		}
	}
	return nil
}
