package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/rest"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
	_ "github.com/sluice-connect/sluice/schemas/converter/avro" // described
	_ "github.com/sluice-connect/sluice/schemas/converter/json" // described
	_ "github.com/sluice-connect/sluice/schemas/converter/raw"  // described
)

// pages are the references that belong to no sink, by the name of their page.
func pages() map[string]string {
	return map[string]string{
		"worker.md":     worker(),
		"connectors.md": commonKeys().Markdown(),
		"converters.md": converters(),
		"rest.md":       rest.Markdown(),
		"metrics.md":    metrics.Markdown(),
		"clients.md":    clients(),
	}
}

// clients describes what clients of Kafka read, and names what they accept without reading it.
func clients() string {
	var b strings.Builder
	for _, c := range []struct {
		title string
		keys  *configdef.Def
	}{{"Consumers", kafka.ConsumerKeys}, {"Producers", kafka.ProducerKeys}, {"Admin clients", kafka.AdminKeys}} {
		used := configdef.New()
		var unused []string
		for _, k := range c.keys.Keys() {
			if k.Ignored {
				unused = append(unused, "`"+k.Name+"`")
			} else {
				used.Add(k)
			}
		}
		slices.Sort(unused)
		fmt.Fprintf(&b, "## %s\n\n%s\nWithout effect, but checked: %s.\n\n", c.title, plain(used.Markdown()), strings.Join(unused, ", "))
	}
	return strings.TrimSpace(b.String()) + "\n"
}

func worker() string {
	return workerconfig.Standalone.Markdown() + "\n## https listeners\n\nThese are read as `" + workerconfig.HTTPSPrefix +
		"ssl.*` when any property begins so, for the listeners of /admin as `" + workerconfig.AdminHTTPSPrefix +
		"ssl.*`, and else without prefix. A store that cannot be used stops the start.\n\n" + workerconfig.HTTPS.Markdown()
}

// commonKeys are the keys that every sink connector has, as the worker answers them after the sink's own.
func commonKeys() *configdef.Def {
	infos, err := (&examine.Examiner{}).PluginConfig(connectors.Plugins()[0].Class, "latest")
	if err != nil {
		panic(err) // a class that is registered is there
	}
	first := slices.IndexFunc(infos, func(k runtime.ConfigKeyInfo) bool { return k.Name == "name" })
	def := configdef.New()
	for _, k := range infos[first:] {
		def.Add(key(k))
	}
	return def
}

func key(info runtime.ConfigKeyInfo) configdef.Key {
	k := configdef.Key{Name: info.Name, Type: configdef.Type(info.Type), Required: info.Required, Importance: configdef.Importance(info.Importance),
		Doc: plain(info.Documentation), Null: info.DefaultValue == nil}
	if info.Group != nil {
		k.Group = *info.Group
	}
	if info.DefaultValue != nil {
		k.Default = *info.DefaultValue
	}
	if k.Name == "connector.plugin.version" {
		k.Default = "the version of the class"
	}
	return k
}

// plain turns the HTML of Kafka's texts into Markdown.
func plain(text string) string {
	return strings.NewReplacer("<code>", "`", "</code>", "`").Replace(text)
}

func converters() string {
	var b strings.Builder
	for n, class := range converter.Classes() {
		p, _ := converter.Lookup(class)
		if n > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n%s\n", class[strings.LastIndexByte(class, '.')+1:], uses(p), strings.TrimSpace(described(p)))
	}
	return b.String()
}

func described(p *converter.Plugin) string {
	if !slices.ContainsFunc(p.Config().Keys(), func(k configdef.Key) bool { return !k.Internal }) {
		return "It has no keys."
	}
	return p.Config().Markdown()
}

// uses says under which names and for what a converter class can be configured.
func uses(p *converter.Plugin) string {
	var roles []string
	if p.Value {
		roles = append(roles, "keys", "values")
	}
	if p.Header {
		roles = append(roles, "headers")
	}
	names := append([]string{p.Class}, p.Aliases()...)
	return fmt.Sprintf("Class `%s`; for %s.", strings.Join(names, "`, also `"), strings.Join(roles, ", "))
}
