package dynamodb

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// scope is what the expressions of one request can refer to, and what they did refer to.
type scope struct {
	names  map[string]string // by placeholder, with its mark
	values map[string]value  // the same
	used   map[string]bool   // placeholders
}

// readScope reads the names and values of a request. expressions are the request's expression parameters, of which at
// least one must be present; a projection does not justify giving values, which it cannot use.
func readScope(r *request, expressions ...string) *scope {
	const names, values = "ExpressionAttributeNames", "ExpressionAttributeValues"
	sc := &scope{names: map[string]string{}, values: map[string]value{}, used: map[string]bool{}}
	if r.has(names) && !slices.ContainsFunc(expressions, r.has) {
		panic(invalid("%s can only be specified when using expressions", names))
	}
	given := r.nested(names)
	for _, key := range r.placeholders(names, nameMark) {
		if sc.names[key] = given.text(key); sc.names[key] == "" {
			panic(invalid("%s contains invalid value: Empty attribute name for key %s", names, key))
		}
	}
	wanting := slices.DeleteFunc(expressions, func(name string) bool { return name == "ProjectionExpression" })
	if r.has(values) && !slices.ContainsFunc(wanting, r.has) {
		missing := strings.Join(wanting, " and ") + " are null"
		if len(wanting) == 1 {
			missing = wanting[0] + " is null"
		}
		panic(invalid("%s can only be specified when using expressions: %s", values, missing))
	}
	given = r.nested(values)
	for _, key := range r.placeholders(values, valueMark) {
		rewording(values+" contains invalid value: %s for key "+key, func() { sc.values[key] = decodeValue(given.fields.Get(key), 1) })
	}
	return sc
}

var (
	nameMark  = regexp.MustCompile(`^#\w+$`)
	valueMark = regexp.MustCompile(`^:\w+$`)
)

// placeholders gives the members of a parameter; if it is there, there must be some, and all must be marked.
func (r *request) placeholders(parameter string, mark *regexp.Regexp) []string {
	keys := r.nested(parameter).keys()
	if r.has(parameter) && len(keys) == 0 {
		panic(invalid("%s must not be empty", parameter))
	}
	for _, key := range keys {
		if !mark.MatchString(key) {
			panic(invalid("%s contains invalid key: Syntax error; key: %q", parameter, key))
		}
	}
	return keys
}

// read hands an expression parameter, if it is there, to f and names it in what f refuses.
func (sc *scope) read(r *request, parameter string, f func(p *parser)) {
	if r.has(parameter) {
		src := r.text(parameter)
		rewording("Invalid "+parameter+": %s", func() { f(newParser(src)) })
	}
}

// checkUsed refuses names and values that no expression used.
func (sc *scope) checkUsed() {
	sc.checkUsedOf("ExpressionAttributeNames", slices.Collect(maps.Keys(sc.names)))
	sc.checkUsedOf("ExpressionAttributeValues", slices.Collect(maps.Keys(sc.values)))
}

func (sc *scope) checkUsedOf(parameter string, given []string) {
	left := slices.DeleteFunc(given, func(key string) bool { return sc.used[key] })
	if len(left) > 0 {
		slices.Sort(left)
		panic(invalid("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(left, ", ")))
	}
}

// name resolves an attribute as written: a placeholder or a name that is not reserved.
func (sc *scope) name(written string) string {
	if written[0] != '#' {
		if reserved[strings.ToUpper(written)] {
			panic(invalid("Attribute name is a reserved keyword; reserved keyword: %s", written))
		}
		return written
	}
	name, ok := sc.names[written]
	if !ok {
		panic(invalid("An expression attribute name used in the document path is not defined; attribute name: %s", written))
	}
	sc.used[written] = true
	return name
}

func (sc *scope) value(written string) value {
	v, ok := sc.values[written]
	if !ok {
		panic(invalid("An expression attribute value used in expression is not defined; attribute value: %s", written))
	}
	sc.used[written] = true
	return v
}
