package json

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// scalar decodes the value between i and end. Where Java turns a value of the wrong type or range into 0, false, null
// or its low bits, this refuses it: a silent 0 is data corruption.
func (d *decoder) scalar(p *plan, i, end int) (any, error) {
	switch p.schema.Type {
	case schemas.Boolean:
		if d.b[i] == 't' || d.b[i] == 'f' {
			return d.b[i] == 't', nil
		}
	case schemas.String:
		if d.b[i] == '"' {
			return unescape(d.text[i+1 : end-1]), nil
		}
	case schemas.Bytes:
		return d.bytes(p, i, end)
	case schemas.Float32, schemas.Float64:
		return d.float(p, i, end)
	default:
		return d.integer(p, i, end)
	}
	return nil, d.wrongType(p, i)
}

func (d *decoder) wrongType(p *plan, i int) error {
	return d.mismatch("Invalid type for "+javaType(p.schema.Type)+" field, found %s", i)
}

// integer decodes the integer types and the logical types on them.
func (d *decoder) integer(p *plan, i, end int) (any, error) {
	if !isNumber(d.b[i]) {
		if p.logical != physical {
			return nil, d.mismatch("Invalid type for "+timeNames[p.logical]+", underlying representation should be integer but was %s", i)
		}
		return nil, d.wrongType(p, i)
	}
	n, ok := parseInteger(d.text[i:end])
	if !ok || !fits(n, p.schema.Type) {
		return nil, &dataError{text: "Number out of range for " + javaType(p.schema.Type) + " field"}
	}
	switch p.logical {
	case date:
		return schemas.DateFromDays(int32(n)), nil
	case clock:
		if n < 0 || n >= 24*60*60*1000 {
			return nil, &dataError{text: "Time values must use number of milliseconds greater than 0 and less than 86400000"}
		}
		return schemas.TimeFromMillis(int32(n)), nil
	case timestamp:
		return schemas.TimestampFromMillis(n), nil
	}
	switch p.schema.Type {
	case schemas.Int8:
		return int8(n), nil
	case schemas.Int16:
		return int16(n), nil
	case schemas.Int32:
		return int32(n), nil
	}
	return n, nil
}

var timeNames = [...]string{date: "Date", clock: "Time", timestamp: "Timestamp"}

func isNumber(c byte) bool { return c == '-' || c >= '0' && c <= '9' }

// parseInteger reads an integer, also one written as 1.0 or 1e3.
func parseInteger(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return n, true
	}
	if !strings.ContainsAny(text, ".eE") {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

func fits(n int64, t schemas.Type) bool {
	switch t {
	case schemas.Int8:
		return n == int64(int8(n))
	case schemas.Int16:
		return n == int64(int16(n))
	case schemas.Int32:
		return n == int64(int32(n))
	}
	return true
}

// float decodes the floating types. Connect writes the three values JSON has no number for as strings.
func (d *decoder) float(p *plan, i, end int) (any, error) {
	f, ok := notFinite[d.text[i:end]]
	if !ok {
		if !isNumber(d.b[i]) {
			return nil, d.wrongType(p, i)
		}
		f, _ = strconv.ParseFloat(d.text[i:end], 64) // beyond the range it is an infinity, as in Java
	}
	if p.schema.Type == schemas.Float32 {
		return float32(f), nil
	}
	return f, nil
}

var notFinite = map[string]float64{`"NaN"`: math.NaN(), `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1)}

// bytes decodes base64, and decimals in both of their forms.
func (d *decoder) bytes(p *plan, i, end int) (any, error) {
	switch {
	case p.logical == decimal && isNumber(d.b[i]):
		return parseDecimal(d.text[i:end])
	case d.b[i] != '"' && p.logical == decimal:
		return nil, d.mismatch("Invalid type for Decimal, underlying representation should be numeric or bytes but was %s", i)
	case d.b[i] != '"':
		return nil, d.wrongType(p, i)
	}
	b, err := base64.StdEncoding.DecodeString(unescape(d.text[i+1 : end-1]))
	if p.logical != decimal {
		if err != nil {
			return nil, &dataError{text: "Invalid bytes field"}
		}
		return b, nil
	}
	if err != nil || len(b) == 0 || len(b) > maxUnscaled {
		return nil, &dataError{text: "Invalid bytes for Decimal field"}
	}
	return schemas.DecimalFromBigEndian(b, p.scale), nil
}

// maxUnscaled bounds the bytes of a decimal: about the digits a JSON number may have. Printing takes quadratic time.
const maxUnscaled = 512

// parseDecimal reads a number as Java's BigDecimal does: its own digits decide the scale.
func parseDecimal(text string) (any, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	scale := len(fraction)
	if exponent != "" {
		e, err := strconv.Atoi(exponent)
		if err != nil {
			e = math.MaxInt32
		}
		scale -= e
	}
	if scale < -maxScale || scale > maxScale {
		return nil, &dataError{text: fmt.Sprintf("Number out of range for Decimal field: scale beyond %d", maxScale)}
	}
	unscaled, _ := new(big.Int).SetString(whole+fraction, 10) // validated: digits
	return schemas.Decimal{Unscaled: unscaled, Scale: int32(scale)}, nil
}
