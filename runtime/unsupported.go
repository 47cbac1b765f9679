package runtime

import (
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

const notYet = " is " + cd.NotYet

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
