package secrets

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/pace"
)

const (
	// askLimit bounds one question to a service with its retries.
	askLimit = 30 * time.Second
	// keepFor is how long an answer is used again when cache.ttl.ms says nothing: long enough for the tasks of a worker
	// that starts, short enough for a restart to bring a rotated password.
	keepFor = time.Minute
	// silentFor is how long a service that did not answer within askLimit is not asked again: whoever waits in line for it
	// would wait as long once more, each in turn.
	silentFor = 5 * time.Second
	// keepMost bounds how many answers are kept.
	keepMost = 1000
)

// leastLifetime is the shortest time after which values may be looked up again.
const leastLifetime = time.Second

// service is what the providers for AWS share: where the service is, and its answers for a while. The parameters are
// region, endpoint, NotFoundStrategy (fail or ignore), cache.ttl.ms, and secret.ttl.ms: how long values may be used.
type service struct {
	options awsconfig.Options
	ignore  bool // references to what is not there stay as they are
	keep    time.Duration
	ttl     time.Duration // of values whose keys have no option ttl; 0 is for ever

	busy    pace.Slots // holds one token while somebody asks: what 100 tasks need at a time is asked for once
	config  *aws.Config
	answers map[string]answer
	limit   time.Duration // of one question
	silent  error         // why the last question had no answer, nil when it had one
	since   time.Time     // when that was
	// ask makes a client of a configuration and asks it for one secret or parameter; ok is false when there is none.
	ask func(ctx context.Context, c aws.Config, id string) (text string, ok bool, err error)
}

type answer struct {
	text string
	ok   bool
	at   time.Time
}

func newService(params map[string]string) (*service, error) {
	s := &service{keep: keepFor, limit: askLimit, busy: pace.NewSlots(1), answers: map[string]answer{},
		options: awsconfig.Options{Region: params["region"], Endpoint: params["endpoint"]}}
	if err := awsconfig.ValidURL(s.options.Endpoint); err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	switch strategy := params["NotFoundStrategy"]; strategy {
	case "", "fail":
	case "ignore":
		s.ignore = true
	default:
		return nil, fmt.Errorf("NotFoundStrategy: %q is neither fail nor ignore", strategy)
	}
	for name, to := range map[string]*time.Duration{"cache.ttl.ms": &s.keep, "secret.ttl.ms": &s.ttl} {
		text := params[name]
		if text == "" {
			continue
		}
		ms, err := strconv.ParseInt(text, 10, 32)
		if err != nil || ms < 0 {
			return nil, fmt.Errorf("%s: %q is no number of milliseconds", name, text)
		}
		*to = time.Duration(ms) * time.Millisecond
	}
	if s.ttl > 0 && s.ttl < leastLifetime {
		return nil, fmt.Errorf("secret.ttl.ms: %d is less than %d", s.ttl.Milliseconds(), leastLifetime.Milliseconds())
	}
	return s, nil
}

// value returns the text of a secret or parameter, from the last answer while it is fresh.
func (s *service) value(ctx context.Context, id string, fresh time.Duration) (string, bool, error) {
	if err := s.busy.Acquire(ctx); err != nil {
		return "", false, err
	}
	defer s.busy.Release()
	if a, ok := s.answers[id]; ok && time.Since(a.at) < fresh {
		return s.found(id, a)
	}
	if s.silent != nil && time.Since(s.since) < silentFor {
		return "", false, s.silent
	}
	asking, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	text, ok, err := s.question(asking, id)
	s.silent = nil
	if err != nil {
		if asking.Err() != nil && ctx.Err() == nil {
			s.silent, s.since = err, time.Now()
		}
		return "", false, err
	}
	if len(s.answers) >= keepMost {
		clear(s.answers)
	}
	s.answers[id] = answer{text: text, ok: ok, at: time.Now()}
	return s.found(id, s.answers[id])
}

// question asks the service once. The caller holds busy.
func (s *service) question(ctx context.Context, id string) (string, bool, error) {
	if s.config == nil {
		c, err := awsconfig.Load(ctx, s.options)
		if err != nil {
			return "", false, err
		}
		s.config = &c
	}
	return s.ask(ctx, *s.config, id)
}

func (s *service) found(id string, a answer) (string, bool, error) {
	if !a.ok {
		return "", false, s.missing(fmt.Sprintf("there is no %q", id))
	}
	return a.text, true, nil
}

// missing is the error for what is not there, nil when it is to be ignored.
func (s *service) missing(what string) error {
	if s.ignore {
		return nil
	}
	return fmt.Errorf("%s (NotFoundStrategy is fail)", what)
}

// freshFor leaves no answer to be taken for a new one when its lifetime has passed.
func (s *service) freshFor(key string) time.Duration {
	if ttl := s.lifetime(key); ttl > 0 {
		return min(ttl/2, s.keep)
	}
	return s.keep
}

func (*service) notice() string { return "" }

// lifetime reads the ttl option of a key, as in password?ttl=300000, which wins over secret.ttl.ms.
func (s *service) lifetime(key string) time.Duration {
	_, options, _ := strings.Cut(key, "?")
	values, err := url.ParseQuery(options)
	if err != nil {
		return s.ttl
	}
	ms, err := strconv.ParseInt(values.Get("ttl"), 10, 32)
	switch {
	case err != nil || ms < 0:
		return s.ttl
	case ms == 0:
		return 0
	}
	return max(time.Duration(ms)*time.Millisecond, leastLifetime)
}

func withoutOptions(key string) string {
	name, _, _ := strings.Cut(key, "?")
	return name
}

func (s *service) close() {
	clear(s.answers)
	if s.config != nil {
		awsconfig.CloseIdle(*s.config)
	}
}
