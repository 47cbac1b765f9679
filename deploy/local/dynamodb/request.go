package dynamodb

import (
	"regexp"
	"slices"

	"github.com/valyala/fastjson"
)

// request is the body of one call, or an object in it; without fields it stands for an object that is absent. Its
// values are valid until the call is answered.
type request struct {
	fields *fastjson.Value
	length int // of the whole body, in bytes
	held   int // how many items of a batch a fault leaves unprocessed
}

func (r *request) has(name string) bool {
	v := r.fields.Get(name)
	return v != nil && v.Type() != fastjson.TypeNull
}

// text is "" when the field is absent.
func (r *request) text(name string) string {
	if !r.has(name) {
		return ""
	}
	b, err := r.fields.Get(name).StringBytes()
	if err != nil {
		panic(malformed("%s is not a string", name))
	}
	return string(b)
}

func (r *request) flag(name string, otherwise bool) bool {
	if !r.has(name) {
		return otherwise
	}
	b, err := r.fields.Get(name).Bool()
	if err != nil {
		panic(malformed("%s is not a boolean", name))
	}
	return b
}

func (r *request) integer(name string, otherwise int) int {
	if !r.has(name) {
		return otherwise
	}
	n, err := r.fields.Get(name).Int()
	if err != nil {
		panic(malformed("%s is not an integer", name))
	}
	return n
}

// item reads a map of attribute values; nil when the field is absent.
func (r *request) item(name string) item {
	if !r.has(name) {
		return nil
	}
	return decodeItem(r.fields.Get(name))
}

// nested reads an object; without fields when it is absent.
func (r *request) nested(name string) *request {
	if !r.has(name) {
		return &request{}
	}
	return &request{fields: r.fields.Get(name)}
}

// array gives the elements of a field; none when it is absent.
func (r *request) array(name string) []*request {
	if !r.has(name) {
		return nil
	}
	values, err := r.fields.Get(name).Array()
	if err != nil {
		panic(malformed("%s is not an array", name))
	}
	out := make([]*request, len(values))
	for i, v := range values {
		out[i] = &request{fields: v}
	}
	return out
}

// choice reads a text field that has a fixed set of values, the first being the default.
func (r *request) choice(name string, complaint string, allowed ...string) string {
	got := r.text(name)
	if got == "" {
		return allowed[0]
	}
	if !slices.Contains(allowed, got) {
		panic(invalid("%s", complaint))
	}
	return got
}

// keys lists the members of an object in a fixed order; none if it is not an object.
func (r *request) keys() []string {
	obj := r.fields.GetObject()
	if obj == nil {
		return nil
	}
	var out []string
	obj.Visit(func(key []byte, _ *fastjson.Value) { out = append(out, string(key)) })
	slices.Sort(out)
	return out
}

// unsupported are parameters that change what an answer holds. Those from before expressions are among them.
var unsupported = []string{
	"AttributesToGet", "AttributeUpdates", "ConditionalOperator", "Expected", "KeyConditions", "QueryFilter", "ScanFilter", "Segment", "TotalSegments",
	"GlobalSecondaryIndexes", "LocalSecondaryIndexes", "ExclusiveStartTableName",
}

// refuseUnsupported names such a parameter: refusing it is better than answering as if it had not been there.
func (r *request) refuseUnsupported() {
	for _, name := range unsupported {
		if list := r.fields.Get(name); r.has(name) && (list.Type() != fastjson.TypeArray || len(r.array(name)) > 0) {
			panic(invalid("%s is not supported by this server", name))
		}
	}
	if r.nested("StreamSpecification").flag("StreamEnabled", false) {
		panic(invalid("StreamSpecification is not supported by this server"))
	}
}

var validTableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// tableName reads and checks the TableName field.
func (r *request) tableName() string {
	if !r.has("TableName") {
		panic(invalid("Value null at 'tableName' failed to satisfy constraint: Member must not be null"))
	}
	name := r.text("TableName")
	checkTableName(name)
	return name
}

func checkTableName(name string) {
	if !validTableName.MatchString(name) {
		panic(invalid("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"))
	}
}

// key reads the Key field.
func (r *request) key() item {
	if !r.has("Key") {
		panic(invalid("Value null at 'key' failed to satisfy constraint: Member must not be null"))
	}
	return r.item("Key")
}
