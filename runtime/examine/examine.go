// Package examine says whether a connector configuration is right, and what is known about each of its keys.
package examine

import (
	"context"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// Examiner judges connector configurations as one worker sees them.
type Examiner struct {
	Worker  map[string]string // the worker's properties
	Version string            // of this program, which is that of the plugins that carry none of their own
	// Resolve replaces references to config providers by what they stand for; nil leaves them as they are.
	Resolve func(context.Context, map[string]string) (map[string]string, error)
}

// Resolved replaces the references to config providers in config. Its errors name the reference, never a value.
func (x *Examiner) Resolved(ctx context.Context, config map[string]string) (map[string]string, error) {
	if x.Resolve == nil {
		return config, nil
	}
	resolved, err := x.Resolve(ctx, config)
	if err != nil {
		return nil, runtime.Errorf(runtime.BadRequest, "The configuration refers to something that cannot be read: %v", err)
	}
	return resolved, nil
}

// pluginVersion is the key that pins the version of a connector class.
const pluginVersion = "connector.plugin.version"

// Examination is what is known about a configuration before it is accepted.
type Examination struct {
	Plugin   *connectors.Plugin
	Config   map[string]string // as given
	TasksMax int
	Enforce  bool              // tasks beyond TasksMax fail
	props    map[string]string // Config with references resolved
	findings []finding
	// mistyped are client settings of the wrong type. Kafka Connect says nothing else about a configuration that has any.
	mistyped []cd.Problem
}

// Messages returns every error in the order of the findings.
func (e *Examination) Messages() []string {
	all := texts(e.mistyped)
	for _, f := range e.findings {
		all = append(all, f.errors...)
	}
	return all
}

// count is the number of errors as Connect counts them.
func (e *Examination) count() int {
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
func (e *Examination) refusal() error {
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
func (e *Examination) Invalid() error {
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
func (x *Examiner) Examine(ctx context.Context, raw runtime.RawConfig) (*Examination, error) {
	e := &Examination{Config: map[string]string{}}
	for k, v := range raw {
		if v != nil {
			e.Config[k] = *v
		}
	}
	var err error
	if e.props, err = x.Resolved(ctx, e.Config); err != nil {
		return nil, err
	}
	class, given := e.props["connector.class"]
	if !given {
		return nil, runtime.Errorf(runtime.BadRequest, "Connector config %s contains no connector type", javaMap(raw))
	}
	if topic, set := raw[connectorconfig.DeadLetterTopic]; set && topic == nil {
		return nil, runtime.Errorf(runtime.BadRequest, "Null value can not be supplied as the configuration value of %s", connectorconfig.DeadLetterTopic) // Java trips over it
	}
	plugin, err := LookupConnector(class)
	if err != nil {
		return nil, err
	}
	e.Plugin = plugin
	installed := VersionOf(plugin, x.Version)
	wanted, err := parseVersionRange(e.props[pluginVersion])
	if _, set := e.props[pluginVersion]; set && err != nil {
		return nil, err
	} else if set && !wanted.contains(installed) {
		e.unloadable(x.commonKeys(plugin), wanted.missing(plugin.Class, installed))
		e.nullFindings(raw)
		return e, nil
	}
	e.commonFindings(x.commonKeys(plugin))
	if regex := e.find("topics.regex"); connectorconfig.ValidTopicsRegex(*regex.value) != nil && e.letterTopicMatters() {
		return nil, runtime.Errorf(runtime.BadRequest, "%s", regex.errors[0]) // nobody can say whether the pattern matches the dead letter topic
	}
	e.take("", plugin.Connector.Config(), e.props)
	e.overrideFindings(x.Worker, raw)
	e.converterFindings()
	e.nullFindings(raw)
	return e, nil
}

// letterTopicMatters reports whether the dead letter topic must not match topics.regex.
func (e *Examination) letterTopicMatters() bool {
	return *e.find(connectorconfig.DeadLetterTopic).value != "" && *e.find("topics").value == "" && *e.find("topics.regex").value != ""
}

// unloadable is what can be said when the class is not there in the version that the connector pins: nothing about the
// keys of sinks, of the class itself and of its converters.
func (e *Examination) unloadable(keys []cd.Key, missing string) {
	for i := range keys {
		if k := &keys[i]; k.Type == cd.Class {
			k.Null, k.Default, k.Recommended = true, "", nil
		}
	}
	e.take("", cd.New(keys[:len(connectorconfig.ConnectorKeys)]...), e.props)
	for _, role := range converterRoles {
		e.find(role.String() + ".converter.plugin.version").hidden = true
	}
	e.add([]cd.Problem{{Key: "connector.class", Message: missing}, {Key: pluginVersion, Message: missing}})
}

func (e *Examination) commonFindings(keys []cd.Key) {
	def := cd.New(keys...)
	e.take("", def, e.props)
	e.converterClasses()
	v, _ := def.Parse(e.props)
	e.TasksMax, e.Enforce = min(int(v.Int("tasks.max")), connectorconfig.MaxTasks), v.Bool("tasks.max.enforce")
	for _, check := range connectorconfig.Checks {
		e.add(check(v))
	}
	if len(e.Messages()) == 0 {
		e.add(unsupported(v))
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
	for k, v := range cd.New(connectorconfig.ConnectorKeys...).Mask(config) {
		parts = append(parts, k+"="+v)
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
