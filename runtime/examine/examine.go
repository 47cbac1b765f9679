// Package examine says whether a configuration is right and what is known about each key: for the answers of REST, for the
// command line and for the reference pages.
package examine

import (
	"context"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/runtime/javatext"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// Examiner is what the configurations of a worker's connectors are held against. The zero value stands for a worker without
// properties.
type Examiner struct {
	Worker  map[string]string // the worker's properties
	Version string            // of the worker, and so of classes that have none of their own
	// References replaces references to config providers by what they stand for; nil leaves them as they are. What it
	// returns is seen by validators and tasks only: answers show what the user wrote.
	References func(context.Context, map[string]string) (map[string]string, error)
}

// Resolve replaces the references to config providers in config. Its errors name the reference, never a value.
func (x Examiner) Resolve(ctx context.Context, config map[string]string) (map[string]string, error) {
	if x.References == nil {
		return config, nil
	}
	resolved, err := x.References(ctx, config)
	if err != nil {
		return nil, runtime.Errorf(runtime.BadRequest, "The configuration refers to something that cannot be read: %v", err)
	}
	return resolved, nil
}

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

// Result is what is known about a configuration before it is accepted.
type Result struct {
	Plugin   *connectors.Plugin
	Config   map[string]string // as given
	TasksMax int
	Enforce  bool // tasks beyond TasksMax fail

	props    map[string]string // with references resolved
	refs     References
	findings []finding
	// mistyped are client settings of the wrong type. Kafka Connect says nothing else about a configuration that has any.
	mistyped []cd.Problem
}

// Messages returns every error in the order of the findings.
func (e *Result) Messages() []string {
	all := texts(e.mistyped)
	for _, f := range e.findings {
		all = append(all, f.errors...)
	}
	return all
}

// Problems returns every error with its key, in the order of the findings.
func (e *Result) Problems() []cd.Problem {
	if len(e.mistyped) > 0 {
		return e.mistyped
	}
	var all []cd.Problem
	for _, f := range e.findings {
		for _, message := range f.errors {
			all = append(all, cd.Problem{Key: f.name, Message: message})
		}
	}
	return all
}

// count is the number of errors as Connect counts them.
func (e *Result) count() int {
	n := 0
	for _, f := range e.findings {
		if f.once {
			n += min(1, len(f.errors))
		} else {
			n += len(f.errors)
		}
	}
	return n
}

// refusal is the answer to client settings of the wrong type, nil when there are none.
func (e *Result) refusal() error {
	if len(e.mistyped) == 0 {
		return nil
	}
	err := runtime.Errorf(runtime.BadRequest, "%s", strings.Join(texts(e.mistyped), "\n"))
	err.Problems = e.mistyped
	return err
}

func texts(problems []cd.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Message)
	}
	return all
}

// Invalid is the answer to a configuration with errors, nil when there are none.
func (e *Result) Invalid() error {
	if err := e.refusal(); err != nil {
		return err
	}
	all := e.Messages()
	if len(all) == 0 {
		return nil
	}
	return runtime.Errorf(runtime.BadRequest, "Connector configuration is invalid and contains the following %d error(s):\n%s\n"+
		"You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
		len(all), strings.Join(all, "\n"))
}

// Examine checks raw. It does not ask the sink to look at the world the configuration names: a bucket or table that
// is missing fails the task, which can then be restarted, and not the request. Its error says
// that there is nothing to examine: no class, or an unknown one.
func (x Examiner) Examine(ctx context.Context, raw runtime.RawConfig) (*Result, error) {
	return x.examine(ctx, raw, x.Look)
}

// examine is Examine with a way to look references up.
func (x Examiner) examine(ctx context.Context, raw runtime.RawConfig, look func(context.Context, map[string]string) (References, error)) (*Result, error) {
	e := &Result{Config: map[string]string{}}
	for k, v := range raw {
		if v != nil {
			e.Config[k] = *v
		}
	}
	var err error
	if e.refs, err = look(ctx, e.Config); err != nil {
		return nil, err
	}
	e.props = e.refs.Props
	if err := x.findings(e, raw); err != nil {
		return nil, e.hidden(err)
	}
	e.refer()
	return e, nil
}

// Dangling says which references stand for nothing, by the keys that hold them.
func (e *Result) Dangling() []cd.Problem { return e.refs.Dangling }

// Values are what references stand for, by the text of the reference.
func (e *Result) Values() map[string]string { return e.refs.Values }

// findings fills e in. Its error says that there is nothing to examine.
func (x Examiner) findings(e *Result, raw runtime.RawConfig) error {
	class, given := e.props["connector.class"]
	if !given {
		return runtime.Errorf(runtime.BadRequest, "Connector config %s contains no connector type", javaMap(raw))
	}
	if topic, set := raw[connectorconfig.DeadTopic]; set && topic == nil {
		return runtime.Errorf(runtime.BadRequest, "Null value can not be supplied as the configuration value of %s", connectorconfig.DeadTopic) // Java trips over it
	}
	plugin, err := LookupConnector(class)
	if err != nil {
		return err
	}
	e.Plugin = plugin
	installed := VersionOf(plugin, x.Version)
	wanted, err := parseVersionRange(e.props[connectorconfig.PluginVersion])
	if _, set := e.props[connectorconfig.PluginVersion]; set && err != nil {
		return err
	} else if set && !wanted.contains(installed) {
		e.unloadable(x.commonKeys(plugin), wanted.missing(plugin.Class, installed))
		e.nullFindings(raw)
		return nil
	}
	e.commonFindings(x.commonKeys(plugin))
	if pattern := e.find(connectorconfig.TopicsRegex); javatext.PatternProblem(*pattern.value) != "" && e.letterTopicMatters() {
		return runtime.Errorf(runtime.BadRequest, "%s", pattern.errors[0]) // nobody can say whether the pattern matches the dead letter topic
	}
	e.take("", plugin.Connector.Config(), e.props)
	e.overrideFindings(x.Worker, raw)
	e.converterFindings()
	e.nullFindings(raw)
	return nil
}

// letterTopicMatters reports whether the dead letter topic must not match topics.regex.
func (e *Result) letterTopicMatters() bool {
	return *e.find(connectorconfig.DeadTopic).value != "" && *e.find("topics").value == "" && *e.find("topics.regex").value != ""
}

// unloadable is what can be said when the class is not there in the version that the connector pins: nothing about the
// keys of sinks, of the class itself and of its converters.
func (e *Result) unloadable(keys []cd.Key, missing string) {
	for i := range keys {
		if k := &keys[i]; k.Type == cd.Class {
			k.Null, k.Default, k.Recommended = true, "", nil
		}
	}
	e.take("", cd.New(keys[:len(connectorconfig.Connector)]...), e.props)
	for _, role := range converterRoles {
		e.find(role.String() + ".converter.plugin.version").hidden = true
	}
	e.add([]cd.Problem{{Key: "connector.class", Message: missing}, {Key: connectorconfig.PluginVersion, Message: missing}})
}

func (e *Result) commonFindings(keys []cd.Key) {
	def := cd.New(keys...)
	e.take("", def, e.props)
	e.converterClasses()
	v, _ := def.Parse(e.props)
	e.TasksMax, e.Enforce = min(int(v.Int("tasks.max")), MaxTasks), v.Bool("tasks.max.enforce")
	for _, check := range commonChecks {
		e.add(check(v))
	}
	if len(e.Messages()) == 0 {
		e.add(unsupported(v))
	}
}

// take adds what def finds in config about its keys, under their names with prefix.
func (e *Result) take(prefix string, def *cd.Def, config map[string]string) {
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
func (e *Result) describe(findings []finding, prefix string, shown *cd.Def) {
	for i := range findings {
		findings[i].once, findings[i].part = true, true
		if k, ok := shown.Key(strings.TrimPrefix(findings[i].name, prefix)); ok {
			findings[i].key = &k
		}
	}
}

// nullFindings adds what is wrong with keys that are set to null. Unlike a key that is not set, such a key has no
// default and is not missed when it is required.
func (e *Result) nullFindings(raw runtime.RawConfig) {
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

func (e *Result) setNull(f *finding) {
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

func (e *Result) find(name string) *finding {
	for i := range e.findings {
		if e.findings[i].name == name {
			return &e.findings[i]
		}
	}
	return nil
}

// add puts problems on their keys; keys that nobody defined come first in the answer.
func (e *Result) add(problems []cd.Problem) {
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

// javaMap renders a configuration as Java prints a map, but sorted and without what sounds like a secret: the text
// ends up in logs.
func javaMap(raw runtime.RawConfig) string {
	config := map[string]string{}
	for k, v := range raw {
		if config[k] = "null"; v != nil {
			config[k] = *v
		}
	}
	parts := make([]string, 0, len(raw))
	for k, v := range cd.New(connectorconfig.Connector...).Mask(config) {
		parts = append(parts, k+"="+v)
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
