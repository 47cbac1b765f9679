package examine

import (
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
)

const classSuffix = "Connector"

// LookupConnector finds a connector class by full name, registered alias, simple name, or simple name without the
// word Connector, as the Java worker does.
func LookupConnector(name string) (*connectors.Plugin, error) {
	if p, ok := connectors.Lookup(name); ok {
		return p, nil
	}
	var found []*connectors.Plugin
	var classes []string
	for _, p := range connectors.Plugins() {
		simple := p.Class[strings.LastIndexByte(p.Class, '.')+1:]
		if name != "" && (name == simple || name == strings.TrimSuffix(simple, classSuffix)) {
			found = append(found, p)
		}
		classes = append(classes, p.Class)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, runtime.Errorf(runtime.BadRequest, "Failed to find any class that implements Connector and which name matches %s, "+
			"available connectors are: %s", name, strings.Join(classes, ", "))
	}
	return nil, runtime.Errorf(runtime.BadRequest, "More than one connector matches alias %s. Please use full package and class name instead. "+
		"Classes found: %s, %s", name, found[0].Class, found[1].Class)
}

// VersionOf returns the version REST shows for a class.
func VersionOf(p *connectors.Plugin, worker string) string {
	if v, ok := p.Connector.(connectors.Versioned); ok {
		return v.Version()
	}
	return worker
}

// matchesRequest reports whether the class of a validated configuration belongs to the plugin named in the path.
func matchesRequest(class, plugin string) bool {
	class, plugin = strings.TrimSuffix(class, classSuffix), strings.TrimSuffix(plugin, classSuffix)
	return plugin != "" && strings.HasSuffix(class, plugin)
}

// The packages and kinds of plugins that only a worker names. A connector that does so is told what they are.
const (
	providerPackage = "org.apache.kafka.common.config.provider."
	providerKind    = "ConfigProvider"
	policyPackage   = "org.apache.kafka.connect.connector.policy."
	policyKind      = "ConnectorClientConfigOverridePolicy"
)

// otherPlugins are the full names of such plugins by all their names.
var otherPlugins = func() map[string]string {
	names := map[string]string{}
	add := func(pkg, kind string, plugins ...string) {
		for _, short := range plugins {
			for _, name := range []string{short, short + kind, pkg + short + kind} {
				names[name] = pkg + short + kind
			}
		}
	}
	add(providerPackage, providerKind, "File", "Directory", "EnvVar")
	add(policyPackage, policyKind, "All", "None", "Principal", "Allowlist")
	return names
}()

// serializer reports a class that converts bytes for Kafka's own clients: the usual mistake.
func serializer(name string) bool {
	name, ok := strings.CutPrefix(name, "org.apache.kafka.common.serialization.")
	return ok && (strings.HasSuffix(name, "Serializer") || strings.HasSuffix(name, "Deserializer"))
}
