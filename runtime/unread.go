package runtime

import (
	"slices"
	"strings"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// readElsewhere are the beginnings of keys that somebody else than the connector reads.
var readElsewhere = []string{"key.converter.", "value.converter.", "header.converter.", "transforms.", "predicates.",
	consumerOverride, producerOverride, adminOverride}

// mostUnread bounds the names in one line of the log.
const mostUnread = 50

var everySinksKeys = cd.New(slices.Concat(connectorKeys, sinkKeys)...)

// unread are the names of settings that nothing reads: typing errors, most of the time.
func (e *examination) unread() []string {
	return slices.DeleteFunc(e.plugin.Connector.Config().Unknown(e.config), func(name string) bool {
		_, common := everySinksKeys.Key(name)
		return common || startsWithAny(name, readElsewhere)
	})
}

// warnUnread names the settings of a connector that nothing reads, without their values.
func (h *Herder) warnUnread(name string, e *examination) {
	names := e.unread()
	if len(names) == 0 {
		return
	}
	h.opt.Logger.Warn("connector has settings that nothing reads", "connector", name, "settings", names[:min(len(names), mostUnread)], "count", len(names))
}

func startsWithAny(text string, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(text, b) })
}
