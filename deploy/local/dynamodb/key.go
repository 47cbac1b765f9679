package dynamodb

import (
	"errors"
	"fmt"
)

const (
	maxHashKey  = 2048
	maxRangeKey = 1024
)

// itemKey encodes the key inside a whole item.
func (t *table) itemKey(it item) ([]byte, error) {
	for _, k := range t.Keys {
		v, ok := it[k.Name]
		if !ok {
			return nil, invalid("One or more parameter values were invalid: Missing the key %s in the item", k.Name)
		}
		if v.kind != k.Type {
			return nil, &failure{
				code:    "ValidationException",
				message: fmt.Sprintf("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", k.Name, k.Type, v.kind),
				perItem: true,
			}
		}
	}
	return t.encodeKey(it)
}

var errKeySchema = invalid("The provided key element does not match the schema")

// requestKey encodes the key a request gives, which must be exactly the key attributes.
func (t *table) requestKey(key item) ([]byte, error) {
	if len(key) != len(t.Keys) {
		return nil, errKeySchema
	}
	for _, k := range t.Keys {
		if v, ok := key[k.Name]; !ok || v.kind != k.Type {
			return nil, errKeySchema
		}
	}
	return t.encodeKey(key)
}

// encodeKey gives bytes under which items sort by hash key and then by range
// key. Callers have checked presence and type.
func (t *table) encodeKey(it item) ([]byte, error) {
	var out []byte
	for i, k := range t.Keys {
		v := it[k.Name]
		if err := checkKeyValue(k.Name, v, i); err != nil {
			return nil, err
		}
		out = appendKeyValue(out, v)
	}
	return out, nil
}

func checkKeyValue(name string, v value, position int) error {
	switch {
	case v.kind == "N":
		return nil
	case v.text == "":
		what := map[string]string{"S": "string", "B": "binary"}[v.kind]
		return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", what, name)
	case position == 0 && len(v.text) > maxHashKey:
		return invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	case position == 1 && len(v.text) > maxRangeKey:
		return invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return nil
}

// appendKeyValue appends an encoding that keeps the order of values and of
// which none is a prefix of another, so a hash key is also a safe scan prefix.
func appendKeyValue(dst []byte, v value) []byte {
	if v.kind == "N" {
		return v.number().appendSortable(dst)
	}
	dst = appendEscaped(dst, v.text)
	return append(dst, 0, 1)
}

// appendEscaped keeps zero bytes apart from the terminator 0 1.
func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return dst
}

// startKey encodes the ExclusiveStartKey of a query or scan; nil when there is none.
func (t *table) startKey(r *request) ([]byte, error) {
	key, err := r.item("ExclusiveStartKey")
	if err != nil || key == nil {
		return nil, err
	}
	encoded, err := t.requestKey(key)
	if errors.Is(err, errKeySchema) {
		return nil, invalid("The provided starting key is invalid: The provided key element does not match the schema")
	}
	return encoded, err
}
