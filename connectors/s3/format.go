package s3

import (
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
)

// format appends one record as it stands in the file, separator included. It must leave dst's content alone and may be
// used by several goroutines.
type format func(dst []byte, r *schemas.Record) ([]byte, error)

func jsonFormat(numericDecimals bool) format {
	options := schemas.JSONOptions{NumericDecimals: true}
	return func(dst []byte, r *schemas.Record) ([]byte, error) {
		if numericDecimals && r.Value.Schema != nil { // only data with a schema holds decimals
			return append(schemas.AppendDataJSON(dst, r.Value.Schema, r.Value.Data(), options), '\n'), nil
		}
		return append(r.Value.AppendJSON(dst), '\n'), nil
	}
}

func bytesFormat(separator string) format {
	return func(dst []byte, r *schemas.Record) ([]byte, error) {
		switch d := r.Value.Data().(type) {
		case []byte:
			dst = append(dst, d...)
		case string:
			dst = append(dst, d...)
		case nil:
		default:
			return dst, fmt.Errorf("write the value as bytes: it is %T; use a converter that gives bytes or strings", d)
		}
		return append(dst, separator...), nil
	}
}
