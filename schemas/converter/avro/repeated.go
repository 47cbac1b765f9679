package avro

import "github.com/sluice-connect/sluice/schemas"

// unrepeated rebuilds data so that every map keeps only the last value of a key, at the place of the first, as a Java
// map does. It is called for the rare messages that repeat a key.
func unrepeated(s *schemas.Schema, data any) any {
	switch d := data.(type) {
	case *schemas.Struct:
		for i := range d.Values {
			d.Values[i] = unrepeated(d.Schema.Fields[i].Schema, d.Values[i])
		}
	case []any:
		for i := range d {
			d[i] = unrepeated(elemSchema(s), d[i])
		}
	case schemas.Map:
		return unrepeatedMap(s, d)
	}
	return data
}

func unrepeatedMap(s *schemas.Schema, m schemas.Map) schemas.Map {
	at := make(map[string]int, len(m))
	out := m[:0]
	var id []byte
	for _, e := range m {
		e.Key, e.Value = unrepeated(keySchema(s), e.Key), unrepeated(elemSchema(s), e.Value)
		id = schemas.AppendDataJSON(id[:0], keySchema(s), e.Key, schemas.JSONOptions{})
		if i, again := at[string(id)]; again {
			out[i].Value = e.Value
			continue
		}
		at[string(id)] = len(out)
		out = append(out, e)
	}
	return out
}

func keySchema(s *schemas.Schema) *schemas.Schema {
	if s == nil {
		return nil
	}
	return s.Key
}

func elemSchema(s *schemas.Schema) *schemas.Schema {
	if s == nil {
		return nil
	}
	return s.Elem
}
