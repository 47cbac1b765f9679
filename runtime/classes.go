package runtime

import (
	"strings"

	"github.com/sluice-connect/sluice/connectors"
)

const classSuffix = "Connector"

// lookupConnector finds a connector class by full name, registered alias, simple name, or simple name without the
// word Connector, as the Java worker does.
func lookupConnector(name string) (*connectors.Plugin, error) {
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
		return nil, Errorf(BadRequest, "Failed to find any class that implements Connector and which name matches %s, "+
			"available connectors are: %s", name, strings.Join(classes, ", "))
	}
	return nil, Errorf(BadRequest, "More than one connector matches alias %s. Please use full package and class name instead. "+
		"Classes found: %s, %s", name, found[0].Class, found[1].Class)
}

// versionOf returns the version REST shows for a class.
func versionOf(p *connectors.Plugin, worker string) string {
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
