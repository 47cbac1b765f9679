package runtime

import (
	"context"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// pluginVersion is the key that pins the version of a connector class.
const pluginVersion = "connector.plugin.version"

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

// examination is what is known about a configuration before it is accepted.
type examination struct {
	plugin   *connectors.Plugin
	config   map[string]string // as given
	props    map[string]string // with references resolved
	tasksMax int
	enforce  bool
	findings []finding
	// mistyped are client settings of the wrong type. Kafka Connect says nothing else about a configuration that has any.
	mistyped []cd.Problem
}

// messages returns every error in the order of the findings.
func (e *examination) messages() []string {
	all := texts(e.mistyped)
	for _, f := range e.findings {
		all = append(all, f.errors...)
	}
	return all
}

// count is the number of errors as Connect counts them.
func (e *examination) count() int {
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
func (e *examination) refusal() error {
	if len(e.mistyped) == 0 {
		return nil
	}
	err := Errorf(BadRequest, "%s", strings.Join(texts(e.mistyped), "\n"))
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

// invalid is the answer to a configuration with errors, nil when there are none.
func (e *examination) invalid() error {
	if err := e.refusal(); err != nil {
		return err
	}
	all := e.messages()
	if len(all) == 0 {
		return nil
	}
	return Errorf(BadRequest, "Connector configuration is invalid and contains the following %d error(s):\n%s\n"+
		"You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
		len(all), strings.Join(all, "\n"))
}

// examine checks raw. It does not ask the sink to look at the world the configuration names: a bucket or table that
// is missing fails the task, which can then be restarted, and not the request. Its error says
// that there is nothing to examine: no class, or an unknown one.
func (h *Herder) examine(ctx context.Context, raw RawConfig) (*examination, error) {
	e := &examination{config: map[string]string{}}
	for k, v := range raw {
		if v != nil {
			e.config[k] = *v
		}
	}
	var err error
	if e.props, err = h.resolve(ctx, e.config); err != nil {
		return nil, err
	}
	class, given := e.props["connector.class"]
	if !given {
		return nil, Errorf(BadRequest, "Connector config %s contains no connector type", javaMap(raw))
	}
	if topic, set := raw[dlqTopic]; set && topic == nil {
		return nil, Errorf(BadRequest, "Null value can not be supplied as the configuration value of %s", dlqTopic) // Java trips over it
	}
	plugin, err := lookupConnector(class)
	if err != nil {
		return nil, err
	}
	e.plugin = plugin
	installed := versionOf(plugin, h.opt.Version)
	wanted, err := parseVersionRange(e.props[pluginVersion])
	if _, set := e.props[pluginVersion]; set && err != nil {
		return nil, err
	} else if set && !wanted.contains(installed) {
		e.unloadable(h.commonKeys(plugin), wanted.missing(plugin.Class, installed))
		e.nullFindings(raw)
		return e, nil
	}
	e.commonFindings(h.commonKeys(plugin))
	if regex := e.find("topics.regex"); validRegex(*regex.value) != nil && e.letterTopicMatters() {
		return nil, Errorf(BadRequest, "%s", regex.errors[0]) // nobody can say whether the pattern matches the dead letter topic
	}
	e.take("", plugin.Connector.Config(), e.props)
	e.overrideFindings(h.opt.Worker, raw)
	e.converterFindings()
	e.nullFindings(raw)
	return e, nil
}

// letterTopicMatters reports whether the dead letter topic must not match topics.regex.
func (e *examination) letterTopicMatters() bool {
	return *e.find(dlqTopic).value != "" && *e.find("topics").value == "" && *e.find("topics.regex").value != ""
}

// unloadable is what can be said when the class is not there in the version that the connector pins: nothing about the
// keys of sinks, of the class itself and of its converters.
func (e *examination) unloadable(keys []cd.Key, missing string) {
	for i := range keys {
		if k := &keys[i]; k.Type == cd.Class {
			k.Null, k.Default, k.Recommended = true, "", nil
		}
	}
	e.take("", cd.New(keys[:len(connectorKeys)]...), e.props)
	for _, role := range converterRoles {
		e.find(role.String() + ".converter.plugin.version").hidden = true
	}
	e.add([]cd.Problem{{Key: "connector.class", Message: missing}, {Key: pluginVersion, Message: missing}})
}

func (e *examination) commonFindings(keys []cd.Key) {
	def := cd.New(keys...)
	e.take("", def, e.props)
	e.converterClasses()
	v, _ := def.Parse(e.props)
	e.tasksMax, e.enforce = min(int(v.Int("tasks.max")), maxTasks), v.Bool("tasks.max.enforce")
	for _, check := range commonChecks {
		e.add(check(v))
	}
	if len(e.messages()) == 0 {
		e.add(unsupported(v))
	}
}

// take adds what def finds in config about its keys, under their names with prefix.
func (e *examination) take(prefix string, def *cd.Def, config map[string]string) {
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
func (e *examination) describe(findings []finding, prefix string, shown *cd.Def) {
	for i := range findings {
		findings[i].once, findings[i].part = true, true
		if k, ok := shown.Key(strings.TrimPrefix(findings[i].name, prefix)); ok {
			findings[i].key = &k
		}
	}
}

// nullFindings adds what is wrong with keys that are set to null. Unlike a key that is not set, such a key has no
// default and is not missed when it is required.
func (e *examination) nullFindings(raw RawConfig) {
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

func (e *examination) setNull(f *finding) {
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

func (e *examination) find(name string) *finding {
	for i := range e.findings {
		if e.findings[i].name == name {
			return &e.findings[i]
		}
	}
	return nil
}

// add puts problems on their keys; keys that nobody defined come first in the answer.
func (e *examination) add(problems []cd.Problem) {
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
func javaMap(raw RawConfig) string {
	config := map[string]string{}
	for k, v := range raw {
		if config[k] = "null"; v != nil {
			config[k] = *v
		}
	}
	parts := make([]string, 0, len(raw))
	for k, v := range cd.New(connectorKeys...).Mask(config) {
		parts = append(parts, k+"="+v)
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
