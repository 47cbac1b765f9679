package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/valyala/fastjson"
)

// scope is what the expressions of one request can refer to, and what they did refer to.
type scope struct {
	names      map[string]string
	values     map[string]value
	usedNames  map[string]bool
	usedValues map[string]bool
}

// readScope reads the names and values of a request. expressions are the
// request's expression parameters, of which at least one must be present.
func readScope(r *request, expressions ...string) (*scope, error) {
	sc := &scope{usedNames: map[string]bool{}, usedValues: map[string]bool{}}
	if err := sc.readNames(r, expressions); err != nil {
		return nil, err
	}
	return sc, sc.readValues(r, expressions)
}

func (sc *scope) readNames(r *request, expressions []string) error {
	if !r.has("ExpressionAttributeNames") {
		return nil
	}
	if !slices.ContainsFunc(expressions, r.has) {
		return invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	given, err := r.fields.Get("ExpressionAttributeNames").Object()
	if err != nil {
		return malformed("ExpressionAttributeNames is not an object")
	}
	if given.Len() == 0 {
		return invalid("ExpressionAttributeNames must not be empty")
	}
	sc.names = make(map[string]string, given.Len())
	fields := r.nested("ExpressionAttributeNames")
	for _, key := range fields.keys() {
		if !validPlaceholder(key, '#') {
			return invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", key)
		}
		if sc.names[key], err = fields.text(key); err != nil {
			return err
		}
		if sc.names[key] == "" {
			return invalid("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", key)
		}
	}
	return nil
}

func (sc *scope) readValues(r *request, expressions []string) error {
	if !r.has("ExpressionAttributeValues") {
		return nil
	}
	// A projection has no values, so it does not justify giving any.
	wanting := slices.DeleteFunc(slices.Clone(expressions), func(name string) bool { return name == "ProjectionExpression" })
	if !slices.ContainsFunc(wanting, r.has) {
		return invalid("ExpressionAttributeValues can only be specified when using expressions: %s", missing(wanting))
	}
	fields := r.nested("ExpressionAttributeValues")
	keys := fields.keys()
	if len(keys) == 0 {
		return invalid("ExpressionAttributeValues must not be empty")
	}
	sc.values = make(map[string]value, len(keys))
	for _, key := range keys {
		if !validPlaceholder(key, ':') {
			return invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", key)
		}
		v, err := decodeValue(fields.fields.Get(key), 1)
		if err != nil {
			return inExpressionValues(err, key)
		}
		sc.values[key] = v
	}
	return nil
}

func missing(expressions []string) string {
	if len(expressions) == 1 {
		return expressions[0] + " is null"
	}
	return strings.Join(expressions[:len(expressions)-1], ", ") + " and " + expressions[len(expressions)-1] + " are null"
}

func inExpressionValues(err error, key string) error {
	f := asFailure(err)
	if f.code != "ValidationException" {
		return err
	}
	return invalid("ExpressionAttributeValues contains invalid value: %s for key %s", f.message, key)
}

func validPlaceholder(key string, mark byte) bool {
	return len(key) > 1 && key[0] == mark && span(key[1:], isWordByte) == len(key)-1
}

// keys lists the members of an object in a fixed order; none if it is not an object.
func (r *request) keys() []string {
	obj, err := r.fields.Object()
	if err != nil {
		return nil
	}
	var out []string
	obj.Visit(func(key []byte, _ *fastjson.Value) { out = append(out, string(key)) })
	slices.Sort(out)
	return out
}

// checkUsed refuses names and values that no expression used.
func (sc *scope) checkUsed() error {
	if err := unused("ExpressionAttributeNames", sc.names, sc.usedNames); err != nil {
		return err
	}
	return unused("ExpressionAttributeValues", sc.values, sc.usedValues)
}

func unused[V any](parameter string, given map[string]V, used map[string]bool) error {
	var left []string
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !used[key] {
			left = append(left, key)
		}
	}
	if len(left) == 0 {
		return nil
	}
	return invalid("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(left, ", "))
}

// name resolves a step as written: a placeholder or an attribute name that is not reserved.
func (sc *scope) name(written string) (string, error) {
	if written[0] != '#' {
		if reserved[strings.ToUpper(written)] {
			return "", invalid("Attribute name is a reserved keyword; reserved keyword: %s", written)
		}
		return written, nil
	}
	name, ok := sc.names[written]
	if !ok {
		return "", invalid("An expression attribute name used in the document path is not defined; attribute name: %s", written)
	}
	sc.usedNames[written] = true
	return name, nil
}

func (sc *scope) value(written string) (value, error) {
	v, ok := sc.values[written]
	if !ok {
		return value{}, invalid("An expression attribute value used in expression is not defined; attribute value: %s", written)
	}
	sc.usedValues[written] = true
	return v, nil
}
