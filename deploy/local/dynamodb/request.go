package dynamodb

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/valyala/fastjson"
)

// request is the body of one call, or one member of a batch or transaction.
// Its values are valid until the call is answered.
type request struct {
	fields *fastjson.Value
	length int // of the whole body, in bytes
	held   int // how many items of a batch a fault leaves unprocessed
}

func (r *request) has(name string) bool {
	v := r.fields.Get(name)
	return v != nil && v.Type() != fastjson.TypeNull
}

func (r *request) text(name string) (string, error) {
	if !r.has(name) {
		return "", nil
	}
	b, err := r.fields.Get(name).StringBytes()
	if err != nil {
		return "", malformed("%s is not a string", name)
	}
	return string(b), nil
}

func (r *request) flag(name string, otherwise bool) (bool, error) {
	if !r.has(name) {
		return otherwise, nil
	}
	b, err := r.fields.Get(name).Bool()
	if err != nil {
		return false, malformed("%s is not a boolean", name)
	}
	return b, nil
}

func (r *request) integer(name string, otherwise int) (int, error) {
	if !r.has(name) {
		return otherwise, nil
	}
	n, err := r.fields.Get(name).Int()
	if err != nil {
		return 0, malformed("%s is not an integer", name)
	}
	return n, nil
}

// item reads a map of attribute values; nil when the field is absent.
func (r *request) item(name string) (item, error) {
	if !r.has(name) {
		return nil, nil
	}
	return decodeItem(r.fields.Get(name))
}

func (r *request) nested(name string) *request {
	if !r.has(name) {
		return nil
	}
	return &request{fields: r.fields.Get(name)}
}

// array gives the elements of a field; none when it is absent.
func (r *request) array(name string) ([]*request, error) {
	if !r.has(name) {
		return nil, nil
	}
	values, err := r.fields.Get(name).Array()
	if err != nil {
		return nil, malformed("%s is not an array", name)
	}
	out := make([]*request, len(values))
	for i, v := range values {
		out[i] = &request{fields: v}
	}
	return out, nil
}

// choice reads a text field that has a fixed set of values, the first being the default.
func (r *request) choice(name string, complaint string, allowed ...string) (string, error) {
	got, err := r.text(name)
	if err != nil {
		return "", err
	}
	if got == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, got) {
		return "", invalid("%s", complaint)
	}
	return got, nil
}

// refuseLegacy names a parameter of the API before expressions: refusing it is
// better than answering as if it had not been there.
func (r *request) refuseLegacy(names ...string) error {
	for _, name := range names {
		if r.has(name) {
			return invalid("The legacy parameter %s is not supported by this server; use an expression", name)
		}
	}
	return nil
}

var validTableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// tableName reads and checks the TableName field.
func (r *request) tableName() (string, error) {
	if !r.has("TableName") {
		return "", invalid("Value null at 'tableName' failed to satisfy constraint: Member must not be null")
	}
	name, err := r.text("TableName")
	if err != nil {
		return "", err
	}
	return name, checkTableName(name)
}

func checkTableName(name string) error {
	if !validTableName.MatchString(name) {
		return invalid("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	return nil
}

// rawValue renders a parsed value as it came.
func rawValue(v *fastjson.Value) json.RawMessage { return v.MarshalTo(nil) }
