package dynamodb

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/sluice-connect/sluice/schemas"
)

// The bounds of a DynamoDB number: significant digits, and the power of ten of the first of them.
const (
	maxDigits   = 38
	minExponent = -130
	maxExponent = 125
)

var (
	errDigits = fmt.Errorf("the number has more than %d significant digits", maxDigits)
	errRange  = errors.New("the number is outside DynamoDB's range (1E-130 to 9.99…E+125)")
	errNaN    = errors.New("DynamoDB has no NaN and no infinity")
)

// decimal is a number taken apart: sign, digits without zeros at either end, and the power of ten of the first digit.
type decimal struct {
	negative bool
	digits   []byte
	exponent int
}

// splitNumber takes the text of a number apart; scratch is reused for the digits. ok is false when text is no number.
func splitNumber(text string, scratch []byte) (d decimal, ok bool) {
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		d.negative = text[i] == '-'
		i++
	}
	digits, point, seen := scratch[:0], 0, false
	afterPoint := false
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '.' && !afterPoint:
			afterPoint = true
			continue
		case c < '0' || c > '9':
		default:
			seen = true
			if len(digits) > 0 || c != '0' {
				digits = append(digits, c)
				if !afterPoint {
					point++
				}
			} else if afterPoint {
				point--
			}
			continue
		}
		break
	}
	if !seen {
		return d, false
	}
	exp := 0
	if i < len(text) {
		if exp, ok = parseExponent(text[i:]); !ok {
			return d, false
		}
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	d.digits = digits
	if len(digits) == 0 {
		return decimal{}, true
	}
	d.exponent = point + exp - 1
	return d, true
}

// parseExponent reads e±digits; what no int holds becomes a value far outside every range.
func parseExponent(text string) (int, bool) {
	if len(text) < 2 || text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	n, err := strconv.Atoi(text[1:])
	if errors.Is(err, strconv.ErrRange) {
		n, err = math.MaxInt32, nil
		if text[1] == '-' {
			n = -n
		}
	}
	return min(max(n, -math.MaxInt32), math.MaxInt32), err == nil
}

func (d decimal) check() error {
	switch {
	case len(d.digits) > maxDigits:
		return errDigits
	case len(d.digits) > 0 && (d.exponent < minExponent || d.exponent > maxExponent):
		return errRange
	}
	return nil
}

// appendCanonical appends a text that is the same for equal numbers only: 1, 1.0 and 10E-1 all give 1e0.
func (d decimal) appendCanonical(dst []byte) []byte {
	if len(d.digits) == 0 {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	dst = append(dst, d.digits...)
	return strconv.AppendInt(append(dst, 'e'), int64(d.exponent), 10)
}

// appendNumber appends the decimal text of numeric data; numeric is false for data that is no number.
func appendNumber(dst []byte, s *schemas.Schema, data any) (out []byte, numeric bool, err error) {
	start := len(dst)
	switch n := data.(type) {
	case int8:
		return strconv.AppendInt(dst, int64(n), 10), true, nil
	case int16:
		return strconv.AppendInt(dst, int64(n), 10), true, nil
	case int32:
		return strconv.AppendInt(dst, int64(n), 10), true, nil
	case int64:
		return strconv.AppendInt(dst, n, 10), true, nil
	case float32:
		dst, err = appendFloat(dst, float64(n), 32)
	case float64:
		dst, err = appendFloat(dst, n, 64)
	case schemas.Number:
		dst = append(dst, n...)
	case schemas.Decimal:
		dst, err = appendDecimal(dst, n)
	default:
		if t, ok := asTime(data); ok {
			return strconv.AppendInt(dst, schemas.EncodedTime(nameOf(s), t), 10), true, nil
		}
		return dst, false, nil
	}
	if err == nil {
		err = checkNumber(dst[start:])
	}
	return dst, true, err
}

func appendFloat(dst []byte, f float64, bits int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errNaN
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits), nil
}

// appendDecimal never writes more zeros than the range of DynamoDB has: a hostile scale must not cost memory.
func appendDecimal(dst []byte, d schemas.Decimal) ([]byte, error) {
	if d.Unscaled == nil || d.Unscaled.Sign() == 0 {
		return append(dst, '0'), nil
	}
	// 2000 bits are 600 digits: room for trailing zeros, far from anything representable.
	if d.Unscaled.BitLen() > 2000 {
		return dst, errDigits
	}
	if d.Scale < -maxExponent || d.Scale > 1000 {
		return dst, errRange
	}
	return append(dst, d.String()...), nil
}

// checkNumber has a short way for the common case: up to 38 characters without exponent cannot break a bound.
func checkNumber(text []byte) error {
	if len(text) <= maxDigits && !hasExponent(text) {
		return nil
	}
	d, ok := splitNumber(string(text), nil)
	if !ok {
		return errors.New("the number cannot be read")
	}
	return d.check()
}

func hasExponent(text []byte) bool {
	for _, c := range text {
		if c == 'e' || c == 'E' {
			return true
		}
	}
	return false
}
