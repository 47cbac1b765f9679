package dynamodb

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// decimals draws numbers in all the notations DynamoDB accepts.
var decimals = rapid.Custom(func(t *rapid.T) string {
	digits := rapid.StringMatching(`[0-9]{1,38}`).Draw(t, "digits")
	point := rapid.IntRange(0, len(digits)).Draw(t, "point")
	if point > 0 && point < len(digits) {
		digits = digits[:point] + "." + digits[point:]
	}
	sign := rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "sign")
	exponent := rapid.SampledFrom([]string{"", "e5", "E-7", "e+20", "e-85", "e87"}).Draw(t, "exponent")
	return sign + digits + exponent
})

func exact(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

func TestNumbersOrderAsTheirKeysDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimals.Draw(t, "a"), decimals.Draw(t, "b")
		x, y := parseNumber(a), parseNumber(b)
		want := exact(a).Cmp(exact(b))
		if got := bytes.Compare(x.appendSortable(nil), y.appendSortable(nil)); got != want {
			t.Fatalf("keys of %s and %s order %d, want %d", a, b, got, want)
		}
		if got := sign(x.compare(y)); got != want {
			t.Fatalf("%s and %s compare %d, want %d", a, b, got, want)
		}
		if (x.String() == y.String()) != (want == 0) {
			t.Fatalf("%s and %s print as %s and %s", a, b, x, y)
		}
	})
}

func sign(n int) int { return big.NewInt(int64(n)).Sign() }

func TestNumbersKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := decimals.Draw(t, "s")
		n := parseNumber(s)
		if exact(n.String()).Cmp(exact(s)) != 0 {
			t.Fatalf("%s became %s", s, n)
		}
	})
}

func TestSumsAreExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimals.Draw(t, "a"), decimals.Draw(t, "b")
		var sum number
		if refusal := refusalOf(func() { sum = parseNumber(a).plus(parseNumber(b)) }); refusal != nil {
			return
		}
		if exact(sum.String()).Cmp(new(big.Rat).Add(exact(a), exact(b))) != 0 {
			t.Fatalf("%s + %s became %s", a, b, sum)
		}
	})
}

// TestNumberKeysArePrefixFree is what lets a hash key be a scan prefix.
func TestNumberKeysArePrefixFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := parseNumber(decimals.Draw(t, "a")), parseNumber(decimals.Draw(t, "b"))
		a, b := x.appendSortable(nil), y.appendSortable(nil)
		if !bytes.Equal(a, b) && bytes.HasPrefix(a, b) {
			t.Fatalf("the key of %s starts with that of %s", x, y)
		}
	})
}

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]string{
		"1.50": "1.5", "1e3": "1000", ".5": "0.5", "1.": "1", "-0": "0", "0e999": "0", "00012": "12", "1E-5": "0.00001",
		"9.9e125": "99" + strings.Repeat("0", 124), "1e-130": "0." + strings.Repeat("0", 129) + "1",
		strings.Repeat("1", 38) + "0": strings.Repeat("1", 38) + "0",
	} {
		if n := parseNumber(in); n.String() != want {
			t.Errorf("%s became %s, want %s", in, n, want)
		}
	}
	for in, want := range map[string]string{
		"":                      "ValidationException: The parameter cannot be converted to a numeric value",
		"NaN":                   "ValidationException: The parameter cannot be converted to a numeric value: NaN",
		"1e126":                 "ValidationException: Number overflow. Attempting to store a number with magnitude larger than supported range",
		"1e-131":                "ValidationException: Number underflow. Attempting to store a number with magnitude smaller than supported range",
		strings.Repeat("1", 39): "ValidationException: Attempting to store more than 38 significant digits in a Number",
		"0x10":                  "ValidationException: The parameter cannot be converted to a numeric value: 0x10",
		"1e":                    "ValidationException: The parameter cannot be converted to a numeric value: 1e",
	} {
		if refusal := refusalOf(func() { parseNumber(in) }); refusal == nil || refusal.Error() != want {
			t.Errorf("%s was refused with %v, want %s", in, refusal, want)
		}
	}
}
