package examine

import (
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// readElsewhere are the beginnings of keys that somebody else than the connector reads.
var readElsewhere = []string{"key.converter.", "value.converter.", "header.converter.", "transforms.", "predicates.",
	consumerOverride, producerOverride, adminOverride}

// Unread lists the settings that nothing reads, sorted by name.
func (e *Result) Unread() []cd.Unread {
	names := slices.DeleteFunc(e.Plugin.Connector.Config().Unknown(e.Config), func(name string) bool {
		_, common := connectorconfig.All.Key(name)
		return common || slices.ContainsFunc(readElsewhere, func(b string) bool { return strings.HasPrefix(name, b) })
	})
	if len(names) == 0 {
		return nil
	}
	return cd.FindNearest(names, e.readKeys())
}

// readKeys are the names that a user may have meant: those of the class and of every sink, and the settings of the
// converters that the connector names itself.
func (e *Result) readKeys() []string {
	names := slices.Concat(e.Plugin.Connector.Config().Names(), connectorconfig.All.Names())
	for _, role := range converterRoles {
		key := role.String() + ".converter"
		p, ok := e.namedConverter(key)
		if !ok {
			continue
		}
		for _, name := range p.Config().Names() {
			names = append(names, key+"."+name)
		}
	}
	return names
}
