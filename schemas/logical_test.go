package schemas

import (
	"bytes"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDecimalsArePlainText(t *testing.T) {
	for _, c := range []struct {
		unscaled int64
		scale    int32
		want     string
	}{
		{0, 0, "0"}, {0, 2, "0.00"}, {0, -3, "0"}, {12345, 2, "123.45"}, {-5, 3, "-0.005"}, {15, -2, "1500"}, {-100, 2, "-1.00"}, {7, 1, "0.7"},
		{15, math.MaxInt32, "1.5E-2147483646"}, {-7, math.MinInt32, "-7E+2147483648"},
	} {
		if got := (Decimal{big.NewInt(c.unscaled), c.scale}).String(); got != c.want {
			t.Errorf("%d×10^-%d: %s, want %s", c.unscaled, c.scale, got, c.want)
		}
	}
	if got := (Decimal{}).String(); got != "0" {
		t.Error(got)
	}
}

func TestDecimalBytesAreJavas(t *testing.T) {
	for n, want := range map[int64][]byte{
		0: {0}, 1: {1}, 127: {127}, 128: {0, 128}, 255: {0, 255}, 256: {1, 0}, 390: {1, 0x86},
		-1: {255}, -128: {128}, -129: {255, 127}, -256: {255, 0}, -390: {0xfe, 0x7a}, math.MinInt64: {128, 0, 0, 0, 0, 0, 0, 0},
	} {
		if got := (Decimal{Unscaled: big.NewInt(n)}).BigEndian(); !bytes.Equal(got, want) {
			t.Errorf("%d: % x, want % x", n, got, want)
		}
	}
	if d := DecimalFromBigEndian(nil, 2); d.String() != "0.00" {
		t.Error(d)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "bytes")
		d := DecimalFromBigEndian(b, 3)
		if again := DecimalFromBigEndian(d.BigEndian(), 3); !DataEqual(d, again) || len(d.BigEndian()) > len(b) {
			t.Fatalf("% x became %s, then %s", b, d, again)
		}
	})
}

func TestTimesAreEncodedByTheirName(t *testing.T) {
	for days := int32(-800); days < 800; days += 37 {
		if got := EncodedTime(DateName, DateFromDays(days)); got != int64(days) {
			t.Errorf("day %d came back as %d", days, got)
		}
	}
	if got := EncodedTime(DateName, DateFromDays(math.MinInt32)); got != math.MinInt32 {
		t.Error(got)
	}
	if got := EncodedTime(TimestampName, time.UnixMilli(-1)); got != -1 {
		t.Error(got)
	}
}
