// Package secrets replaces ${provider:path:key} references in configurations by what config providers know, as Kafka
// Connect does.
package secrets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const providersKey = "config.providers"

// maxReferences bounds what one configuration can make providers look up: each may cost a question to a service.
const maxReferences = 1000

// provider looks values up. Keys it does not know are missing from its answer; an error means that it could not look.
type provider interface {
	get(ctx context.Context, path string, keys []string) (map[string]string, error)
	// notice says what the operator should know about how the provider is configured, "" for nothing.
	notice() string
	// lifetime is how long a value may be used before the connector is to be started again; 0 is for ever.
	lifetime(key string) time.Duration
	close()
}

// Resolver holds the config providers of one worker. It may be used by several goroutines.
type Resolver struct {
	providers map[string]provider
	log       atomic.Pointer[slog.Logger]
}

// New makes the providers that the properties of a worker define: config.providers, config.providers.<name>.class and
// config.providers.<name>.param.*. It reads no value yet and asks no service. Only a worker defines providers: what a
// connector says about them is never read.
func New(worker map[string]string) (*Resolver, error) {
	r := &Resolver{providers: map[string]provider{}}
	for name := range strings.SplitSeq(worker[providersKey], ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		p, err := newProvider(name, worker)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.providers[name] = p
	}
	return r, nil
}

func newProvider(name string, worker map[string]string) (provider, error) {
	prefix := providersKey + "." + name + "."
	class := strings.TrimSpace(worker[prefix+"class"])
	if class == "" {
		return nil, fmt.Errorf("Missing required configuration \"%sclass\" which has no default value.", prefix) //nolint:staticcheck // Kafka's text
	}
	build, known := classes[class]
	if !known {
		return nil, fmt.Errorf("Invalid value %s for configuration %sclass: Class %[1]s could not be found. Known are %s", //nolint:staticcheck // Kafka's text
			class, prefix, strings.Join(slices.Sorted(maps.Keys(classes)), ", "))
	}
	params := map[string]string{}
	for key, value := range worker {
		if rest, ok := strings.CutPrefix(key, prefix+"param."); ok {
			params[rest] = strings.TrimSpace(value)
		}
	}
	p, err := build(params)
	if err != nil {
		return nil, fmt.Errorf("configure %s%w", prefix+"param.", err)
	}
	return p, nil
}

// LogTo says once what the operator should know about the providers, and has references in the properties of the worker that
// stay as they are told there from now on.
func (r *Resolver) LogTo(log *slog.Logger) {
	r.log.Store(log)
	for _, name := range slices.Sorted(maps.Keys(r.providers)) {
		if notice := r.providers[name].notice(); notice != "" {
			log.Warn("config provider: "+notice, "provider", name)
		}
	}
}

// Resolve returns a copy of config with the references in its values replaced. What replaces a reference is not looked
// at again. References to unknown providers, and to keys that a provider does not know or does not allow, stay as they
// are. A provider that cannot be asked is an error that names provider and key, and no value.
func (r *Resolver) Resolve(ctx context.Context, config map[string]string) (map[string]string, error) {
	found, err := r.look(ctx, config)
	if err != nil {
		return nil, err
	}
	return fill(config, found), nil
}

// fill returns a copy of config with what was found in place of references.
func fill(config map[string]string, found map[reference]string) map[string]string {
	resolved := make(map[string]string, len(config))
	for name, value := range config {
		resolved[name] = replace(value, func(ref reference) (string, bool) {
			text, ok := found[ref]
			return text, ok
		})
	}
	return resolved
}

// ResolveWorker is Resolve for the properties of a worker: plugin.path and the definitions of the providers are not
// resolved.
func (r *Resolver) ResolveWorker(ctx context.Context, worker map[string]string) (map[string]string, error) {
	raw := map[string]string{}
	rest := maps.Clone(worker)
	maps.DeleteFunc(rest, func(name, value string) bool {
		if name != "plugin.path" && name != providersKey && !strings.HasPrefix(name, providersKey+".") {
			return false
		}
		raw[name] = value
		return true
	})
	found, err := r.look(ctx, rest)
	if err != nil {
		return nil, err
	}
	resolved := fill(rest, found)
	r.tellDangling(rest, found)
	maps.Copy(resolved, raw)
	return resolved, nil
}

// tellDangling names the references in the properties of a worker that stay as they are.
func (r *Resolver) tellDangling(worker map[string]string, found map[reference]string) {
	log := r.log.Load()
	if log == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(worker)) {
		for _, ref := range references(worker[name]) {
			if _, ok := found[ref]; ok {
				continue
			}
			why := "its provider does not know it or does not allow it"
			if r.providers[ref.provider] == nil {
				why = "no config provider has this name"
			}
			log.Warn("a reference in the worker's properties stays as it is: "+why, "property", name, "reference", ref.String())
		}
	}
}

// Lifetime returns how long the values that config refers to may be used before its connector is to be started again
// with new ones (config.action.reload); 0 is for ever.
func (r *Resolver) Lifetime(config map[string]string) time.Duration {
	var shortest time.Duration
	for _, value := range config {
		for _, ref := range references(value) {
			p := r.providers[ref.provider]
			if p == nil {
				continue
			}
			if d := p.lifetime(ref.key); d > 0 && (shortest == 0 || d < shortest) {
				shortest = d
			}
		}
	}
	return shortest
}

// Close frees what the providers hold. The resolver must not be used afterwards.
func (r *Resolver) Close() {
	for _, p := range r.providers {
		p.close()
	}
}

// look asks each provider once for each path.
func (r *Resolver) look(ctx context.Context, config map[string]string) (map[reference]string, error) {
	type place struct{ provider, path string }
	keys := map[place][]string{}
	n := 0
	for _, value := range config {
		refs := references(value)
		if n += len(refs); n > maxReferences {
			return nil, fmt.Errorf("resolve references: there are more than %d in one configuration", maxReferences)
		}
		for _, ref := range refs {
			at := place{ref.provider, ref.path}
			if r.providers[ref.provider] != nil && !slices.Contains(keys[at], ref.key) {
				keys[at] = append(keys[at], ref.key)
			}
		}
	}
	found := map[reference]string{}
	for at, wanted := range keys {
		slices.Sort(wanted)
		values, err := r.providers[at.provider].get(ctx, at.path, wanted)
		if err != nil {
			var keyed *keyError
			if errors.As(err, &keyed) {
				wanted = []string{keyed.key}
			}
			return nil, fmt.Errorf("resolve %s: %w", reference{at.provider, at.path, strings.Join(wanted, ", ")}, err)
		}
		for key, value := range values {
			found[reference{at.provider, at.path, key}] = value
		}
	}
	return found, nil
}

// keyError is about one key of several.
type keyError struct {
	key   string
	cause error
}

func (e *keyError) Error() string { return e.cause.Error() }

func (e *keyError) Unwrap() error { return e.cause }
