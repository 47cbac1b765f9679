package runtime

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// checkTimeout bounds how long a sink may look at the world for a validation; REST answers within 90 s.
const checkTimeout = 60 * time.Second

// finding is one key of an examined configuration.
type finding struct {
	name   string  // as the user sets it, with a converter's prefix
	key    *cd.Key // nil for a key without definition
	value  *string
	errors []string
}

// examination is what is known about a configuration before it is accepted.
type examination struct {
	plugin   *connectors.Plugin
	config   map[string]string
	tasksMax int
	findings []finding
}

// messages returns every error in the order of the findings.
func (e *examination) messages() []string {
	var all []string
	for _, f := range e.findings {
		all = append(all, f.errors...)
	}
	return all
}

// invalid is the answer to a configuration with errors, nil when there are none.
func (e *examination) invalid() error {
	all := e.messages()
	if len(all) == 0 {
		return nil
	}
	return Errorf(BadRequest, "Connector configuration is invalid and contains the following %d error(s):\n%s\n"+
		"You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
		len(all), strings.Join(all, "\n"))
}

// examine checks raw; with outside it also asks the sink to look at the world the configuration names. Its error says
// that there is nothing to examine: no class, or an unknown one.
func (h *Herder) examine(ctx context.Context, raw RawConfig, outside bool) (*examination, error) {
	class := raw["connector.class"]
	if class == nil {
		return nil, Errorf(BadRequest, "Connector config %s contains no connector type", javaMap(raw))
	}
	plugin, err := lookupConnector(*class)
	if err != nil {
		return nil, err
	}
	e := &examination{plugin: plugin, config: map[string]string{}}
	for k, v := range raw {
		if v != nil {
			e.config[k] = *v
		}
	}
	e.commonFindings(h.commonKeys(plugin))
	own, problems := plugin.Connector.Config().Parse(e.config)
	e.ownFindings(plugin.Connector.Config(), problems)
	e.converterFindings()
	e.nullFindings(raw)
	if len(e.messages()) == 0 && outside {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		e.add(plugin.Connector.Check(ctx, connectors.Config{Values: own, Name: e.config["name"], Topics: splitTopics(e.config)}))
	}
	return e, nil
}

func splitTopics(config map[string]string) []string {
	v, _ := topicsDef.Parse(config)
	return v.List("topics")
}

var topicsDef = cd.New(cd.Key{Name: "topics", Type: cd.List})

func (e *examination) commonFindings(keys []cd.Key) {
	for _, k := range keys {
		e.findings = append(e.findings, examineKey(k, e.config))
	}
	v, _ := cd.New(keys...).Parse(e.config)
	e.tasksMax = int(v.Int("tasks.max"))
	e.add(duplicateTopics(v))
	crossed := sinkChecks(v)
	e.add(crossed)
	if len(crossed) == 0 && len(e.messages()) == 0 {
		e.add(unsupported(v))
	}
}

// examineKey parses and validates one key, and keeps the value even when the validation refuses it.
func examineKey(k cd.Key, config map[string]string) finding {
	f := finding{name: k.Name, key: &k}
	valid := k.Valid
	bare := k
	bare.Valid = nil
	v, problems := cd.New(bare).Parse(config)
	for _, p := range problems {
		f.errors = append(f.errors, p.Message)
	}
	value := typed(v, k)
	if value == nil {
		if k.Name == "tasks.max" {
			f.errors = append(f.errors, "Invalid value null for configuration tasks.max: Value must be non-null")
		}
		return f
	}
	text := rendered(value, ",")
	f.value = &text
	if valid == nil || (!v.IsSet(k.Name) && k.Default == "") {
		return f
	}
	if err := valid(value); err != nil {
		f.errors = append(f.errors, refusal(k, value, err))
	}
	return f
}

func refusal(k cd.Key, value any, err error) string {
	var alone verbatim
	if errors.As(err, &alone) {
		return string(alone)
	}
	shown := rendered(value, ", ")
	if _, list := value.([]string); list {
		shown = "[" + shown + "]"
	}
	return fmt.Sprintf("Invalid value %s for configuration %s: %v", shown, k.Name, err)
}

// typed returns the parsed value of k, nil when it has none.
func typed(v cd.Values, k cd.Key) any {
	if !v.Has(k.Name) {
		return nil
	}
	switch k.Type {
	case cd.Boolean:
		return v.Bool(k.Name)
	case cd.Int:
		return int32(v.Int(k.Name))
	case cd.Short:
		return int16(v.Int(k.Name))
	case cd.Long:
		return v.Int(k.Name)
	case cd.Double:
		return v.Double(k.Name)
	case cd.List:
		return v.List(k.Name)
	case cd.Password:
		return v.Secret(k.Name)
	}
	return v.String(k.Name)
}

func rendered(value any, separator string) string {
	if list, ok := value.([]string); ok {
		return strings.Join(list, separator)
	}
	return fmt.Sprint(value)
}

func (e *examination) ownFindings(def *cd.Def, problems []cd.Problem) {
	for _, k := range def.Keys() {
		bare := k
		bare.Valid = nil
		f := examineKey(bare, e.config)
		f.errors, f.key = nil, &k
		e.findings = append(e.findings, f)
	}
	e.add(problems)
}

// converterFindings checks the settings of converters that the connector names itself. Their messages carry the
// names without prefix, as the converter knows them.
func (e *examination) converterFindings() {
	for _, prefix := range []string{"header.converter", "key.converter", "value.converter"} {
		p, ok := converter.Lookup(e.config[prefix])
		if !ok {
			continue
		}
		config := withPrefix(e.config, prefix+".")
		_, problems := p.Config().Parse(config)
		for _, k := range p.Config().Keys() {
			bare := k
			bare.Valid = nil
			f := examineKey(bare, config)
			f.name, f.key, f.errors = prefix+"."+k.Name, &k, nil
			for _, problem := range problems {
				if problem.Key == k.Name {
					f.errors = append(f.errors, problem.Message)
				}
			}
			e.findings = append(e.findings, f)
		}
	}
}

func withPrefix(config map[string]string, prefix string) map[string]string {
	out := map[string]string{}
	for k, v := range config {
		if name, ok := strings.CutPrefix(k, prefix); ok {
			out[name] = v
		}
	}
	return out
}

func (e *examination) nullFindings(raw RawConfig) {
	var names []string
	for name, v := range raw {
		if v == nil {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		if f := e.find(name); f != nil {
			f.value = nil
			switch name {
			case "tasks.max":
				f.errors = append(f.errors, "Invalid value null for configuration tasks.max: Value must be non-null")
			case "topics":
				f.errors = append([]string{"Configuration 'topics' values must not be null."}, f.errors...)
			}
		}
		e.add([]cd.Problem{{Key: name, Message: "Null value can not be supplied as the configuration value."}})
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
			if text, ok := e.config[p.Key]; ok {
				f.value = &text
			}
		}
		f.errors = append(f.errors, p.Message)
	}
}

// javaMap renders a configuration as Java prints a map, in sorted order.
func javaMap(raw RawConfig) string {
	parts := make([]string, 0, len(raw))
	for k, v := range raw {
		text := "null"
		if v != nil {
			text = *v
		}
		parts = append(parts, k+"="+text)
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
