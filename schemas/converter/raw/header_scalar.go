package raw

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// The schemas of guessed values.
var (
	requiredString  = &schemas.Schema{Type: schemas.String}
	requiredBoolean = &schemas.Schema{Type: schemas.Boolean}
	requiredInt8    = &schemas.Schema{Type: schemas.Int8}
	requiredInt16   = &schemas.Schema{Type: schemas.Int16}
	requiredInt32   = &schemas.Schema{Type: schemas.Int32}
	requiredInt64   = &schemas.Schema{Type: schemas.Int64}
	requiredFloat32 = &schemas.Schema{Type: schemas.Float32}
	requiredFloat64 = &schemas.Schema{Type: schemas.Float64}
	dateSchema      = &schemas.Schema{Type: schemas.Int32, Name: schemas.DateName, Version: 1}
	timeSchema      = &schemas.Schema{Type: schemas.Int32, Name: schemas.TimeName, Version: 1}
	timestampSchema = &schemas.Schema{Type: schemas.Int64, Name: schemas.TimestampName, Version: 1}
)

// temporal reads the three ISO forms Connect knows, in UTC. Colons may be escaped, as in embedded text. Days and hours
// that do not exist are no dates; Java would roll them over.
func temporal(text string) (schemas.Value, bool) {
	text = strings.ReplaceAll(text, `\:`, ":")
	schema, layout := dateSchema, "2006-01-02"
	switch len(trim(text)) {
	case len("2006-01-02"):
		text = trim(text)
	case len("15:04:05.000Z"):
		schema, layout = timeSchema, "15:04:05.000Z"
	case len("2006-01-02T15:04:05.000Z"):
		schema, layout = timestampSchema, "2006-01-02T15:04:05.000Z"
	default:
		return schemas.Value{}, false
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return schemas.Value{}, false
	}
	if schema == timeSchema {
		t = t.AddDate(1970, 0, 0) // time.Parse puts a time without a date into January of the year 0
	}
	return schemas.Of(schema, t.UTC()), true
}

// maxNumber bounds the text taken for a number: reading longer ones takes more than linear time.
const maxNumber = 1000

// parseNumber reads token as Java's BigDecimal does and picks the first type that holds it: the integers, FLOAT32 and
// FLOAT64 (whose precision does not matter, only their range) for numbers with a scale, Decimal.
func parseNumber(token string) (schemas.Value, bool) {
	if n, err := strconv.ParseInt(token, 10, 64); err == nil {
		return integer(n), true
	}
	d, ok := parseDecimal(token)
	if !ok {
		return schemas.Value{}, false
	}
	if n, ok := exactInteger(d); ok {
		return integer(n), true
	}
	if d.Scale != 0 {
		if f, err := strconv.ParseFloat(token, 32); err == nil {
			return schemas.Of(requiredFloat32, float32(f)), true
		}
		if f, err := strconv.ParseFloat(token, 64); err == nil {
			return schemas.Of(requiredFloat64, f), true
		}
	}
	schema := &schemas.Schema{Type: schemas.Bytes, Name: schemas.DecimalName, Version: 1,
		Params: map[string]string{schemas.DecimalScale: strconv.Itoa(int(d.Scale))}}
	return schemas.Of(schema, d), true
}

// integer picks the smallest type for n.
func integer(n int64) schemas.Value {
	switch {
	case n == int64(int8(n)):
		return schemas.Of(requiredInt8, int8(n))
	case n == int64(int16(n)):
		return schemas.Of(requiredInt16, int16(n))
	case n == int64(int32(n)):
		return schemas.Of(requiredInt32, int32(n))
	}
	return schemas.Of(requiredInt64, n)
}

// parseDecimal reads [+-]digits[.digits][e[+-]digits]; digits may be missing on one side of the point.
func parseDecimal(token string) (d schemas.Decimal, ok bool) {
	if len(token) > maxNumber {
		return d, false
	}
	mantissa, exponent := token, int64(0)
	if at := strings.IndexAny(token, "eE"); at >= 0 {
		var err error
		if exponent, err = strconv.ParseInt(token[at+1:], 10, 32); err != nil {
			return d, false
		}
		mantissa = token[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimPrefix(strings.TrimPrefix(whole, "+"), "-") + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return d, false
	}
	scale := int64(len(fraction)) - exponent
	if scale < math.MinInt32 || scale > math.MaxInt32 {
		return d, false
	}
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	return schemas.Decimal{Unscaled: unscaled, Scale: int32(scale)}, ok
}

// exactInteger returns d as an integer if it is one of at most 64 bits. The digits before the point are looked at
// first: the power of ten of a hostile exponent is never computed.
func exactInteger(d schemas.Decimal) (int64, bool) {
	if d.Unscaled.Sign() == 0 {
		return 0, true
	}
	before := len(new(big.Int).Abs(d.Unscaled).String()) - int(d.Scale)
	if before <= 0 || before > 19 {
		return 0, false
	}
	n := new(big.Int)
	if d.Scale < 0 {
		n.Mul(d.Unscaled, powerOfTen(-int64(d.Scale)))
	} else {
		var rest big.Int
		if n.QuoRem(d.Unscaled, powerOfTen(int64(d.Scale)), &rest); rest.Sign() != 0 {
			return 0, false
		}
	}
	return n.Int64(), n.IsInt64()
}

func powerOfTen(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }
