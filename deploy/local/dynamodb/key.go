package dynamodb

const (
	maxHashKey  = 2048
	maxRangeKey = 1024
)

func (t *table) keyNames() []string {
	names := make([]string, len(t.Keys))
	for i, k := range t.Keys {
		names[i] = k.Name
	}
	return names
}

// itemKey encodes the key inside a whole item.
func (t *table) itemKey(it item) []byte {
	for _, k := range t.Keys {
		v, ok := it[k.Name]
		if !ok {
			panic(invalid("One or more parameter values were invalid: Missing the key %s in the item", k.Name))
		}
		if v.kind != k.Type {
			panic(invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", k.Name, k.Type, v.kind))
		}
	}
	return t.encodeKey(it)
}

// requestKey encodes the key a request gives, which must be exactly the key attributes.
func (t *table) requestKey(key item) []byte {
	t.checkKeySchema(key)
	return t.encodeKey(key)
}

func (t *table) checkKeySchema(key item) {
	ok := len(key) == len(t.Keys)
	for _, k := range t.Keys {
		ok = ok && key[k.Name].kind == k.Type
	}
	if !ok {
		panic(invalid("The provided key element does not match the schema"))
	}
}

// encodeKey gives bytes under which items sort by hash key and then by range key. Callers have checked presence and
// type.
func (t *table) encodeKey(it item) []byte {
	var out []byte
	for i, k := range t.Keys {
		v := it[k.Name]
		checkKeyValue(k.Name, v, i)
		out = appendKeyValue(out, v)
	}
	return out
}

func checkKeyValue(name string, v value, position int) {
	switch {
	case v.kind == "N":
	case v.text == "":
		what := map[string]string{"S": "string", "B": "binary"}[v.kind]
		panic(invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", what, name))
	case position == 0 && len(v.text) > maxHashKey:
		panic(invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"))
	case position == 1 && len(v.text) > maxRangeKey:
		panic(invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"))
	}
}

// appendKeyValue appends an encoding that keeps the order of values and of which none is a prefix of another, so a hash
// key is also a safe scan prefix.
func appendKeyValue(dst []byte, v value) []byte {
	if v.kind == "N" {
		return v.number().appendSortable(dst)
	}
	return append(appendEscaped(dst, v.text), 0, 1)
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
