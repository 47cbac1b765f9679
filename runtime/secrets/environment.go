package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sluice-connect/sluice/schemas/javaregex"
)

// environment is Kafka's EnvVarConfigProvider: ${env:NAME}.
type environment struct{ names *javaregex.Pattern }

func newEnvironment(params map[string]string) (provider, error) {
	text, ok := params["allowlist.pattern"]
	if !ok || text == "" {
		return environment{}, nil
	}
	names, err := javaregex.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("allowlist.pattern: %w", err)
	}
	return environment{names}, nil
}

func (p environment) get(_ context.Context, path string, keys []string) (map[string]string, error) {
	if path != "" {
		return nil, errors.New("variables of the environment have no path; write ${env:NAME}")
	}
	found := map[string]string{}
	for _, key := range keys {
		if p.names != nil {
			allowed, err := p.names.Matches(key)
			if err != nil {
				return nil, fmt.Errorf("hold variable %s against allowlist.pattern: %w", key, err)
			}
			if !allowed {
				continue
			}
		}
		if value, ok := os.LookupEnv(key); ok {
			found[key] = value
		}
	}
	return found, nil
}

func (p environment) notice() string {
	if p.names == nil {
		return "it may read every variable of the worker's environment; set its param.allowlist.pattern"
	}
	return ""
}

func (environment) lifetime(string) time.Duration { return 0 }

func (environment) close() {}
