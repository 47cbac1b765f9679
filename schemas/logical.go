package schemas

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// The names Connect gives its logical types (package org.apache.kafka.connect.data).
const (
	DecimalName   = "org.apache.kafka.connect.data.Decimal"
	DateName      = "org.apache.kafka.connect.data.Date"
	TimeName      = "org.apache.kafka.connect.data.Time"
	TimestampName = "org.apache.kafka.connect.data.Timestamp"
	// DecimalScale is the schema parameter that holds the scale of a Decimal.
	DecimalScale = "scale"
)

// Decimal is an exact decimal number: Unscaled × 10^-Scale.
type Decimal struct {
	Unscaled *big.Int
	Scale    int32
}

// maxPlain bounds the zeros that String writes out: a scale is four bytes of untrusted input.
const maxPlain = 10_000

// String renders d in plain notation, as Java's BigDecimal.toPlainString does: all digits, no exponent. Only a scale
// beyond ±10,000 is written as BigDecimal.toString does, with one.
func (d Decimal) String() string {
	if d.Unscaled == nil {
		return "0"
	}
	digits := new(big.Int).Abs(d.Unscaled).String()
	sign := ""
	if d.Unscaled.Sign() < 0 {
		sign = "-"
	}
	switch {
	case d.Scale > maxPlain || d.Scale < -maxPlain:
		return sign + scientific(digits, d.Scale)
	case d.Scale <= 0:
		if digits != "0" {
			digits += strings.Repeat("0", int(-d.Scale))
		}
		return sign + digits
	case len(digits) <= int(d.Scale):
		digits = strings.Repeat("0", int(d.Scale)-len(digits)+1) + digits
	}
	cut := len(digits) - int(d.Scale)
	return sign + digits[:cut] + "." + digits[cut:]
}

func scientific(digits string, scale int32) string {
	exponent := int64(len(digits)) - 1 - int64(scale)
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	return fmt.Sprintf("%sE%+d", digits, exponent)
}

// equal compares value and scale, as BigDecimal.equals does; no number at all is zero.
func (d Decimal) equal(b Decimal) bool {
	return d.Scale == b.Scale && d.unscaled().Cmp(b.unscaled()) == 0
}

func (d Decimal) unscaled() *big.Int {
	if d.Unscaled == nil {
		return new(big.Int)
	}
	return d.Unscaled
}

// BigEndian returns Unscaled as the big-endian two's complement bytes that Java's BigInteger.toByteArray gives.
func (d Decimal) BigEndian() []byte {
	if d.Unscaled == nil || d.Unscaled.Sign() == 0 {
		return []byte{0}
	}
	if d.Unscaled.Sign() > 0 {
		b := d.Unscaled.Bytes()
		if b[0]&0x80 != 0 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	n := (new(big.Int).Not(d.Unscaled).BitLen())/8 + 1
	v := new(big.Int).Add(d.Unscaled, new(big.Int).Lsh(big.NewInt(1), uint(n)*8))
	b := v.Bytes()
	for len(b) < n {
		b = append([]byte{0xff}, b...)
	}
	return b
}

// DecimalFromBigEndian is the inverse of Decimal.BigEndian; empty bytes are zero.
func DecimalFromBigEndian(b []byte, scale int32) Decimal {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	return Decimal{Unscaled: v, Scale: scale}
}

// millisPerDay converts between Date's days and Go's time.
const millisPerDay = 24 * 60 * 60 * 1000

// DateFromDays builds the data of a Date from days since the epoch.
func DateFromDays(days int32) time.Time { return time.UnixMilli(int64(days) * millisPerDay).UTC() }

// TimeFromMillis builds the data of a Time from milliseconds since midnight.
func TimeFromMillis(ms int32) time.Time { return time.UnixMilli(int64(ms)).UTC() }

// TimestampFromMillis builds the data of a Timestamp from milliseconds since the epoch.
func TimestampFromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// EncodedTime returns the number that stands for t under the logical type name: days, or milliseconds.
func EncodedTime(name string, t time.Time) int64 {
	if name == DateName {
		ms := t.UnixMilli()
		if ms < 0 && ms%millisPerDay != 0 {
			return ms/millisPerDay - 1
		}
		return ms / millisPerDay
	}
	return t.UnixMilli()
}
