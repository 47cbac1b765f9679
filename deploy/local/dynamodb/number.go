package dynamodb

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
)

const (
	maxDigits = 38
	// A number is held as 0.d1d2… × 10^exp, so 1E+125 has exponent 126 and 1E-130 has -129.
	maxExponent = 126
	minExponent = -129
	maxDecimals = maxDigits - minExponent
)

// number is an exact decimal: a sign, significant digits without zeros at either end, and the exponent of the first
// digit. Zero has no digits.
type number struct {
	neg    bool
	digits string
	exp    int
}

// parseNumber reads the decimal notations DynamoDB accepts and refuses values it could not keep exactly.
func parseNumber(s string) number {
	mantissa, exponent, ok := splitExponent(s)
	var n number
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		n.neg = mantissa[0] == '-'
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if !ok || digits == "" || strings.Trim(digits, "0123456789") != "" {
		panic(notNumeric(s))
	}
	significant := strings.TrimLeft(digits, "0")
	n.exp = len(whole) + exponent - (len(digits) - len(significant))
	n.digits = strings.TrimRight(significant, "0")
	return n.checked()
}

func splitExponent(s string) (mantissa string, exponent int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	exponent, err := strconv.Atoi(s[i+1:])
	return s[:i], exponent, err == nil
}

func notNumeric(s string) *failure {
	if s == "" {
		return invalid("The parameter cannot be converted to a numeric value")
	}
	return invalid("The parameter cannot be converted to a numeric value: %s", s)
}

// checked normalises zero and enforces precision and magnitude.
func (n number) checked() number {
	switch {
	case n.digits == "":
		return number{}
	case n.exp > maxExponent:
		panic(invalid("Number overflow. Attempting to store a number with magnitude larger than supported range"))
	case n.exp < minExponent:
		panic(invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range"))
	case len(n.digits) > maxDigits:
		panic(invalid("Attempting to store more than 38 significant digits in a Number"))
	}
	return n
}

// String gives the plain notation DynamoDB answers with: no exponent, no superfluous zeros.
func (n number) String() string {
	if n.digits == "" {
		return "0"
	}
	sign := ""
	if n.neg {
		sign = "-"
	}
	switch {
	case n.exp <= 0:
		return sign + "0." + strings.Repeat("0", -n.exp) + n.digits
	case n.exp >= len(n.digits):
		return sign + n.digits + strings.Repeat("0", n.exp-len(n.digits))
	}
	return sign + n.digits[:n.exp] + "." + n.digits[n.exp:]
}

// appendSortable appends bytes that order as the numbers do and of which none is a prefix of another.
func (n number) appendSortable(dst []byte) []byte {
	if n.digits == "" {
		return append(dst, 0x80)
	}
	start := len(dst)
	dst = append(dst, 0xc0, byte(n.exp-minExponent))
	for i := 0; i < len(n.digits); i += 2 {
		pair := (n.digits[i] - '0') * 10
		if i+1 < len(n.digits) {
			pair += n.digits[i+1] - '0'
		}
		dst = append(dst, pair+1)
	}
	dst = append(dst, 0)
	if n.neg {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

// compare orders two numbers.
func (n number) compare(o number) int {
	return bytes.Compare(n.appendSortable(nil), o.appendSortable(nil))
}

// size is what the number counts towards the item size.
func (n number) size() int {
	size := (len(n.digits)+1)/2 + 1
	if n.neg {
		size++
	}
	return size
}

// plus adds exactly; a sum that needs more than 38 digits is refused, never rounded.
func (n number) plus(o number) number {
	return parseNumber(new(big.Rat).Add(n.exact(), o.exact()).FloatString(maxDecimals))
}

func (n number) negated() number {
	n.neg = !n.neg
	return n.checked()
}

func (n number) exact() *big.Rat {
	r, _ := new(big.Rat).SetString(n.String()) // which is in a notation it knows
	return r
}
