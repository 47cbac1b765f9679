package examine

import (
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// readElsewhere are the beginnings of keys that somebody else than the connector reads.
var readElsewhere = []string{"key.converter.", "value.converter.", "header.converter.", "transforms.", "predicates.",
	ConsumerOverride, producerOverride, adminOverride}

// Unread are the names of settings that nothing reads: typing errors, most of the time.
func (e *Examination) Unread() []string {
	return slices.DeleteFunc(e.Plugin.Connector.Config().Unknown(e.Config), func(name string) bool {
		_, common := connectorconfig.Def.Key(name)
		return common || startsWithAny(name, readElsewhere)
	})
}

func startsWithAny(text string, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(text, b) })
}

const notYet = " is not supported yet by this version"

// unsupported refuses what this version would otherwise drop silently: a connector that asks for it must not start.
func unsupported(v cd.Values) []cd.Problem {
	var problems []cd.Problem
	refuse := func(key, what string) {
		problems = append(problems, cd.Problem{Key: key, Message: "Invalid value " + v.Originals()[key] + " for configuration " + key + ": " + what + notYet})
	}
	if len(v.List("transforms")) > 0 {
		refuse("transforms", "transforming records")
	}
	if len(v.List("predicates")) > 0 {
		refuse("predicates", "transforming records")
	}
	return problems
}
