package task

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// tolerance is what a connector wants done about records that fail.
type tolerance struct {
	all         bool // drop them; otherwise the first fails the task
	retry       retryRule
	log         bool
	logRecord   bool   // where the record comes from, too
	deadTopic   string // "" for none
	deadCopies  int16  // replicas of deadTopic when it has to be made
	deadContext bool   // headers that tell what happened
}

func newTolerance(props map[string]string) (tolerance, error) {
	v, problems := connectorconfig.Errors.Parse(props)
	if len(problems) > 0 {
		return tolerance{}, fmt.Errorf("configure error handling: %s", problems[0].Message)
	}
	return tolerance{
		all:         v.String("errors.tolerance") == "all",
		retry:       newRetryRule(v),
		log:         v.Bool("errors.log.enable"),
		logRecord:   v.Bool("errors.log.include.messages"),
		deadTopic:   strings.TrimSpace(v.String("errors.deadletterqueue.topic.name")),
		deadCopies:  int16(v.Int("errors.deadletterqueue.topic.replication.factor")),
		deadContext: v.Bool("errors.deadletterqueue.context.headers.enable"),
	}, nil
}

// retryRule says how often a conversion is tried that may succeed later.
type retryRule struct {
	timeout time.Duration // from the first failure on; below 0 for ever
	max     time.Duration // longest wait
}

// newRetryRule reads errors.retry.*. A registry that is away is no reason to lose records or tasks, so without a word
// about it in the configuration it is waited for, and not with waits of a minute; who sets a timeout, 0 included, gets
// what he asks for.
func newRetryRule(v configdef.Values) retryRule {
	r := retryRule{timeout: -1, max: retryMax}
	if v.IsSet("errors.retry.timeout") {
		r.timeout = v.Duration("errors.retry.timeout", time.Millisecond)
	}
	if v.IsSet("errors.retry.timeout") || v.IsSet("errors.retry.delay.max.ms") {
		r.max = v.Duration("errors.retry.delay.max.ms", time.Millisecond)
	}
	if r.max <= 0 { // Kafka Connect fails at this; nothing should be asked again without a pause
		r.max = retryFirst
	}
	return r
}

// trial is a series of attempts at one record.
type trial struct {
	failures int
	deadline time.Time // zero for none
}

// again notes a failure and returns the wait before the next attempt; ok is false when there is none to be. Waits are
// Connect's: they double, and beyond the longest they are a random part of it, so that tasks do not come back at once.
func (t *trial) again(r retryRule, now time.Time) (wait time.Duration, ok bool) {
	if t.failures == 0 && r.timeout >= 0 {
		t.deadline = now.Add(r.timeout)
	}
	if !t.deadline.IsZero() && !now.Before(t.deadline) {
		return 0, false
	}
	const doublings = 20 // beyond any sensible longest wait, and before an overflow
	wait = retryFirst << min(t.failures, doublings)
	t.failures++
	if wait > r.max {
		wait = rand.N(max(r.max, 1))
	}
	if !t.deadline.IsZero() {
		wait = min(wait, t.deadline.Sub(now))
	}
	return wait, true
}
