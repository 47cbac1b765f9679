package examine

import (
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime/connectorconfig"
)

// readElsewhere are the beginnings of keys that somebody else than the connector reads.
var readElsewhere = []string{"key.converter.", "value.converter.", "header.converter.", "transforms.", "predicates.",
	consumerOverride, producerOverride, adminOverride}

// Unread lists the names of settings that nothing reads, sorted: typing errors, most of the time.
func (e *Result) Unread() []string {
	return slices.DeleteFunc(e.Plugin.Connector.Config().Unknown(e.Config), func(name string) bool {
		_, common := connectorconfig.All.Key(name)
		return common || slices.ContainsFunc(readElsewhere, func(b string) bool { return strings.HasPrefix(name, b) })
	})
}
