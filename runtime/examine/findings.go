package examine

import (
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/runtime"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// finding is one key of an examined configuration.
type finding struct {
	name   string  // as the user sets it, with a converter's prefix
	key    *cd.Key // nil for a key without definition
	value  *string
	errors []string
	hidden bool // not visible: it depends on a key that is wrong
	once   bool // counts as one error, whatever the number of its messages
	part   bool // of a converter or client: the null of such a key is reported beside it, under a key without definition
}

// take adds what def finds in config about its keys, under their names with prefix.
func (e *Examination) take(prefix string, def *cd.Def, config map[string]string) {
	for _, r := range def.Validate(config) {
		if _, defined := def.Key(r.Key.Name); !defined {
			for _, text := range r.Errors {
				e.add([]cd.Problem{{Key: prefix + r.Key.Name, Message: text}})
			}
			continue
		}
		e.findings = append(e.findings, finding{name: prefix + r.Key.Name, key: &r.Key, value: r.Value, errors: r.Errors})
	}
}

// describe gives findings of a converter the definitions that answers show, and counts them once each.
func (e *Examination) describe(findings []finding, prefix string, shown *cd.Def) {
	for i := range findings {
		findings[i].once, findings[i].part = true, true
		if k, ok := shown.Key(strings.TrimPrefix(findings[i].name, prefix)); ok {
			findings[i].key = &k
		}
	}
}

// nullFindings adds what is wrong with keys that are set to null. Unlike a key that is not set, such a key has no
// default and is not missed when it is required.
func (e *Examination) nullFindings(raw runtime.RawConfig) {
	var names []string
	for name, v := range raw {
		if v == nil {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		f := e.find(name)
		if f != nil {
			e.setNull(f)
		}
		if f != nil && !f.part {
			f.errors = append(f.errors, notNull)
			continue
		}
		e.findings = append([]finding{{name: name, errors: []string{notNull}}}, e.findings...)
	}
}

const notNull = "Null value can not be supplied as the configuration value."

func (e *Examination) setNull(f *finding) {
	if f.part && strings.HasSuffix(f.name, "."+converterType.Name) {
		return // what the worker sets instead
	}
	f.value = nil
	if f.key == nil {
		return
	}
	if f.key.Required {
		f.errors = nil
	}
	switch {
	case f.key.NonNull != "":
		f.errors = append([]string{f.key.Refusal("null", f.key.NonNull)}, f.errors...)
	case f.name == "topics":
		f.errors = append([]string{"Configuration 'topics' values must not be null."}, f.errors...)
	case f.key.Type == cd.Class:
		if version := e.find(f.name + ".plugin.version"); version != nil {
			version.hidden = true
		}
	}
}

func (e *Examination) find(name string) *finding {
	for i := range e.findings {
		if e.findings[i].name == name {
			return &e.findings[i]
		}
	}
	return nil
}

// add puts problems on their keys; keys that nobody defined come first in the answer.
func (e *Examination) add(problems []cd.Problem) {
	for _, p := range problems {
		f := e.find(p.Key)
		if f == nil {
			e.findings = append([]finding{{name: p.Key}}, e.findings...)
			f = &e.findings[0]
			if text, ok := e.props[p.Key]; ok {
				f.value = &text
			}
		}
		f.errors = append(f.errors, p.Message)
	}
}
