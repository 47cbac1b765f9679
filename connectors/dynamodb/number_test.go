package dynamodb

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/schemas"
)

func TestNumbers(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for _, c := range []struct {
		data any
		want string
		err  error
	}{
		{schemas.Number("9007199254740993"), "9007199254740993", nil},
		{schemas.Number(nines), nines, nil},
		{schemas.Number(nines + "9"), "", errDigits},
		{schemas.Number(nines + "000"), nines + "000", nil},
		{schemas.Number("0." + strings.Repeat("0", 129) + "1"), "0." + strings.Repeat("0", 129) + "1", nil},
		{schemas.Number("1e-131"), "", errRange},
		{schemas.Number("1e-130"), "1e-130", nil},
		{schemas.Number("9.9e125"), "9.9e125", nil},
		{schemas.Number("1e126"), "", errRange},
		{schemas.Number("10e125"), "", errRange},
		{schemas.Number("1e99999999999999999999"), "", errRange},
		{schemas.Number("0e99999999999999999999"), "0e99999999999999999999", nil},
		{int64(math.MinInt64), "-9223372036854775808", nil},
		{float32(0.1), "0.1", nil},
		{1e300, "", errRange},
		{5e-324, "", errRange},
		{math.NaN(), "", errNaN},
		{math.Inf(-1), "", errNaN},
		{schemas.Decimal{Unscaled: big.NewInt(12345), Scale: 2}, "123.45", nil},
		{schemas.Decimal{Unscaled: big.NewInt(1), Scale: math.MaxInt32}, "", errRange},
		{schemas.Decimal{Unscaled: big.NewInt(1), Scale: math.MinInt32}, "", errRange},
		{schemas.Decimal{Unscaled: new(big.Int).Lsh(big.NewInt(1), 1<<20)}, "", errDigits},
		{schemas.Decimal{}, "0", nil},
	} {
		got, numeric, err := appendNumber(nil, nil, c.data)
		if !numeric || !errors.Is(err, c.err) || err == nil && string(got) != c.want {
			t.Errorf("%.60v: %s, %v; want %s, %v", c.data, got, err, c.want, c.err)
		}
	}
}

func TestTimesAreNumbers(t *testing.T) {
	at := time.UnixMilli(86_400_000 * 3).UTC()
	for name, want := range map[string]string{schemas.DateName: "3", schemas.TimestampName: "259200000", schemas.TimeName: "259200000"} {
		got, _, err := appendNumber(nil, &schemas.Schema{Name: name}, at)
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
}

// TestCanonicalNumbers holds the taking apart against exact arithmetic.
func TestCanonicalNumbers(t *testing.T) {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?`)
	canonical := func(rt *rapid.T, s string) (string, *big.Rat) {
		d, ok := splitNumber(s, nil)
		exact, good := new(big.Rat).SetString(s)
		if !ok || !good {
			rt.Fatalf("%s cannot be read", s)
		}
		c := string(d.appendCanonical(nil))
		if digits := strings.TrimLeft(c, "-"); len(d.digits) > 0 { // digits are d.ddd × 10^e
			at := strings.IndexByte(digits, 'e')
			back, _ := new(big.Rat).SetString(digits[:1] + "." + digits[1:at] + "0" + digits[at:])
			if back.Cmp(new(big.Rat).Abs(exact)) != 0 {
				rt.Fatalf("%s became %s", s, c)
			}
		}
		return c, exact
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, x := canonical(rt, text.Draw(rt, "a"))
		b, y := canonical(rt, text.Draw(rt, "b"))
		if (a == b) != (x.Cmp(y) == 0) {
			rt.Fatalf("%s and %s for %s and %s", a, b, x, y)
		}
	})
}

func FuzzNumberText(f *testing.F) {
	for _, s := range []string{"", "-", "1", "1.", ".5", "1e", "1e+", "e5", "1.2.3", "--1", "1e5x", "0x10", "1_000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := splitNumber(s, nil)
		if ok && len(s) < 30 {
			if _, good := new(big.Rat).SetString(s); !good && !strings.ContainsAny(s, "eE") {
				t.Errorf("%q read as %s", s, d.appendCanonical(nil))
			}
		}
	})
}
