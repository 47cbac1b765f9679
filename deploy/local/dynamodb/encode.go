package dynamodb

import "encoding/json"

// MarshalJSON writes the value as the wire protocol and the file have it.
func (v value) MarshalJSON() ([]byte, error) {
	var payload any
	switch v.kind {
	case "S", "N":
		payload = v.text
	case "B":
		payload = []byte(v.text)
	case "BOOL":
		payload = v.truth
	case "NULL":
		payload = true
	case "L":
		payload = v.list
	case "M":
		payload = v.attrs
	}
	return json.Marshal(map[string]any{v.kind: payload})
}

func (it item) encode() []byte {
	text, err := json.Marshal(it)
	check("encode an item", err)
	return text
}
