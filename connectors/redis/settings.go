package redis

import (
	"errors"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/template"
)

// settings are the parsed configuration of a task.
type settings struct {
	dial        goredis.Options // address, login and TLS; the rest is set by the lane
	addressKey  string          // the key to name when the address is wrong
	cluster     bool
	connections int
	timeout     time.Duration

	kind        string
	key         *template.Template
	ttl         int64 // seconds; 0 or less: none
	replace     bool
	replicas    int
	waitTimeout time.Duration
}

func newSettings(v configdef.Values) (*settings, []configdef.Problem) {
	s := &settings{
		cluster:     v.Bool(keyCluster),
		connections: int(v.Int(keyPool)),
		timeout:     v.Duration(keyTimeout, time.Second),
		kind:        strings.ToUpper(v.String(keyType)),
		ttl:         v.Int(keyTTL),
		replace:     v.String(keyHashMode) == "replace",
		replicas:    int(v.Int(keyReplicas)),
		waitTimeout: v.Duration(keyWaitTimeout, time.Millisecond),
	}
	if v.Has(keyTemplate) {
		var err error
		if s.key, err = newKey(v.String(keyTemplate)); err != nil {
			return nil, []configdef.Problem{{Key: keyTemplate, Message: err.Error()}}
		}
	} else {
		s.key = newKeyspace(v.String(keyKeyspace), v.String(keySeparator))
	}
	if problems := s.connect(v); len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

func problemError(p configdef.Problem) error { return errors.New(p.Key + ": " + p.Message) }
