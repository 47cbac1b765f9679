package secrets

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const allowAll = "it may read every file that the worker can; set its param.allowed.paths"

// files is Kafka's FileConfigProvider: ${file:/path/to/file.properties:key}.
type files struct{ paths allowed }

func newFiles(params map[string]string) (provider, error) {
	paths, err := newAllowed(params)
	return files{paths}, err
}

func (p files) get(_ context.Context, path string, keys []string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	f, err := p.paths.open(path)
	if errors.Is(err, errNotAllowed) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	data, err := readAll(f)
	if err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	props, err := parseProperties(data)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, key := range keys {
		if value, ok := props[key]; ok {
			found[key] = value
		}
	}
	return found, nil
}

func (p files) notice() string { return p.paths.notice() }

func (a allowed) notice() string {
	if a == nil {
		return allowAll
	}
	return ""
}

func (files) lifetime(string) time.Duration { return 0 }

func (files) close() {}
