package examine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/redact"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// References are those of one configuration to config providers, looked up.
type References struct {
	// Props are the configuration with values in place of references; references that stand for nothing stay.
	Props map[string]string
	// Values are what references stand for, by the text of the reference.
	Values map[string]string
	// Dangling says which references stand for nothing, by the keys that hold them and sorted by these.
	Dangling []cd.Problem
}

// referencePattern is what config providers look for.
var referencePattern = regexp.MustCompile(`\$\{[^}]*?:[^}]*?\}`)

// Look replaces the references in config and says what they stand for. Its errors are those of Resolve.
func (x Examiner) Look(ctx context.Context, config map[string]string) (References, error) {
	props, err := x.Resolve(ctx, config)
	if err != nil {
		return References{}, err
	}
	return x.compare(ctx, config, props)
}

// LookByKey is Look, and has references that cannot be read dangle under their keys.
func (x Examiner) LookByKey(ctx context.Context, config map[string]string) (References, error) {
	found, err := x.Look(ctx, config)
	if err == nil {
		return found, nil
	}
	var unread []cd.Problem
	readable := maps.Clone(config)
	for _, key := range holders(config) {
		if _, wrong := x.Resolve(ctx, map[string]string{key: config[key]}); wrong != nil {
			unread = append(unread, cd.Problem{Key: key, Message: wrong.Error()})
			delete(readable, key)
		}
	}
	if len(unread) == 0 {
		return found, err // it is about all of them together
	}
	if found, err = x.Look(ctx, readable); err != nil {
		return found, err
	}
	for _, p := range unread {
		found.Props[p.Key] = config[p.Key]
	}
	found.Dangling = append(found.Dangling, unread...)
	slices.SortStableFunc(found.Dangling, func(a, b cd.Problem) int { return strings.Compare(a.Key, b.Key) })
	return found, nil
}

// compare looks up each reference by itself, to know which text it stands for.
func (x Examiner) compare(ctx context.Context, config, props map[string]string) (References, error) {
	r := References{Props: props}
	keys := holders(config)
	if len(keys) == 0 {
		return r, nil
	}
	single := map[string]string{}
	for _, key := range keys {
		for _, ref := range referencePattern.FindAllString(config[key], -1) {
			single[ref] = ref
		}
	}
	found, err := x.Resolve(ctx, single)
	if err != nil {
		return r, err
	}
	r.Values = map[string]string{}
	for ref, value := range found {
		if value != ref {
			r.Values[ref] = value
		}
	}
	for _, key := range keys {
		if config[key] != props[key] {
			r.Values[config[key]] = props[key] // also when a value has changed between the two looks
		}
		for _, ref := range referencePattern.FindAllString(config[key], -1) {
			if _, stands := r.Values[ref]; !stands {
				r.Dangling = append(r.Dangling, cd.Problem{Key: key, Message: fmt.Sprintf("The reference %s stands for nothing and is taken as it is written: "+
					"no config provider has that name, or it does not know the key or does not allow it", ref)})
			}
		}
	}
	return r, nil
}

// holders are the keys whose values hold references, sorted.
func holders(config map[string]string) []string {
	var keys []string
	for key, value := range config {
		if referencePattern.MatchString(value) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// refer has the answer show what the user wrote: for values of keys that hold references, and in messages for what these
// stand for.
func (e *Result) refer() {
	if len(e.refs.Values) == 0 && len(e.refs.Dangling) == 0 {
		return
	}
	hide := redact.New(e.refs.Values)
	for i := range e.findings {
		f := &e.findings[i]
		written, given := e.Config[f.name]
		if given && referencePattern.MatchString(written) && (f.key == nil || f.key.Type != cd.Password || referencePattern.FindString(written) == written) {
			f.value = &written
		}
		f.errors = slices.Clone(f.errors)
		for j := range f.errors {
			f.errors[j] = hide.Setting(f.errors[j], written, e.props[f.name])
		}
	}
	for i := range e.mistyped {
		p := &e.mistyped[i]
		p.Message = hide.Setting(p.Message, e.Config[p.Key], e.props[p.Key])
	}
}

// hidden is err with references in place of what they stand for.
func (e *Result) hidden(err error) error {
	var known *runtime.Error
	if !errors.As(err, &known) {
		return err
	}
	shown := *known
	shown.Message = redact.New(e.refs.Values).Text(known.Message)
	return &shown
}
