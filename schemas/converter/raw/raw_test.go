package raw

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

func build(t testing.TB, class string, props map[string]string) converter.Converter {
	t.Helper()
	c, err := converter.New(class, props, converter.ForHeader)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFixedWidthsAndText(t *testing.T) {
	for _, c := range []struct {
		class, in string
		want      any
		json      string
	}{
		{"ShortConverter", "\xff\xfe", int16(-2), "-2"},
		{"IntegerConverter", "\x00\x00\x01\x00", int32(256), "256"},
		{"LongConverter", "\x7f\xff\xff\xff\xff\xff\xff\xff", int64(9223372036854775807), "9223372036854775807"},
		{"FloatConverter", "\x3f\xc0\x00\x00", float32(1.5), "1.5"},
		{"DoubleConverter", "\x7f\xf0\x00\x00\x00\x00\x00\x00", nil, `"Infinity"`},
		{"DoubleConverter", "\x40\x57\x40\x00\x00\x00\x00\x00", float64(93), "93.0"},
		{"BooleanConverter", "\x01", true, "true"},
		{"BooleanConverter", "\x00", false, "false"},
		{StringClass, "", "", `""`},
		{StringClass, "VIN\n1", "VIN\n1", `"VIN\n1"`},
		{StringClass, "a\xffb\xe2\x82z\xf0\x9f\x92", "a\ufffdb\ufffdz\ufffd", "\"a\ufffdb\ufffdz\ufffd\""},
		{StringClass, "\xed\xa0\xbd\xc0\x80", "\ufffd\ufffd\ufffd", "\"\ufffd\ufffd\ufffd\""},
		{ByteArrayClass, "\x00\x01", []byte{0, 1}, `"AAE="`},
		{ByteArrayClass, "", []byte{}, `""`},
	} {
		v, err := build(t, c.class, nil).Convert(context.Background(), "fleet", []byte(c.in))
		if err != nil {
			t.Fatalf("%s: %v", c.class, err)
		}
		if got := v.Data(); c.want != nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q: %#v, want %#v", c.class, c.in, got, c.want)
		}
		if got := string(v.AppendJSON(nil)); got != c.json {
			t.Errorf("%s %q: %s, want %s", c.class, c.in, got, c.json)
		}
		if v.IsNull() || v.Schema == nil || !v.Schema.Optional {
			t.Errorf("%s: schema %+v", c.class, v.Schema)
		}
		if _, ok := v.Lookup([]string{"x"}); ok {
			t.Errorf("%s: found a field", c.class)
		}
	}
}

func TestNullKeepsTheSchema(t *testing.T) {
	for _, class := range []string{StringClass, ByteArrayClass, ShortClass, IntegerClass, LongClass, FloatClass, DoubleClass, BooleanClass} {
		c := build(t, class, nil).Clone()
		v, err := c.Convert(context.Background(), "fleet", nil)
		if err != nil || !v.IsNull() || v.Schema == nil || !v.Schema.Optional {
			t.Errorf("%s: %+v, %v", class, v, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongLengthsAreRefusedInJavasWords(t *testing.T) {
	for class, want := range map[string]string{
		ShortClass:   "Failed to deserialize short: Size of data received by ShortDeserializer is not 2",
		IntegerClass: "Failed to deserialize integer: Size of data received by IntegerDeserializer is not 4",
		LongClass:    "Failed to deserialize long: Size of data received by LongDeserializer is not 8",
		FloatClass:   "Failed to deserialize float: Size of data received by Deserializer is not 4",
		DoubleClass:  "Failed to deserialize double: Size of data received by Deserializer is not 8",
		BooleanClass: "Failed to deserialize boolean: Size of data received by BooleanDeserializer is not 1",
	} {
		for _, in := range []string{"", "abc"} {
			if _, err := build(t, class, nil).Convert(context.Background(), "fleet", []byte(in)); err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", class, err, want)
			}
		}
	}
	_, err := build(t, BooleanClass, nil).Convert(context.Background(), "fleet", []byte{0xff})
	if want := "Failed to deserialize boolean: Unexpected byte received by BooleanDeserializer: -1"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestStringEncodings(t *testing.T) {
	for encoding, want := range map[string]string{"iso-8859-1": "Jürgen", "US-ASCII": "J\ufffdrgen", "UTF-8": "J\ufffdrgen"} {
		c := build(t, StringClass, map[string]string{encodingKey: encoding})
		v, err := c.Clone().Convert(context.Background(), "fleet", []byte("J\xfcrgen"))
		if err != nil || v.Data() != want {
			t.Errorf("%s: %v, %v", encoding, v.Data(), err)
		}
		if v, _ := c.Convert(context.Background(), "fleet", []byte("plain")); v.Data() != "plain" {
			t.Errorf("%s: %v", encoding, v.Data())
		}
	}
	_, err := converter.New(StringClass, map[string]string{encodingKey: "EBCDIC"}, converter.ForKey)
	if err == nil || !strings.Contains(err.Error(), "Invalid value EBCDIC for configuration converter.encoding") {
		t.Error(err)
	}
}

func TestTextAndBytesAreCopiedOnDemandOnly(t *testing.T) {
	for _, class := range []string{StringClass, ByteArrayClass} {
		c, data := build(t, class, nil), []byte("VIN00042")
		v, err := c.Convert(context.Background(), "fleet", data)
		if err != nil {
			t.Fatal(err)
		}
		kept := v.Data()
		data[0] = 'X'
		if reflect.DeepEqual(kept, v.Data()) {
			t.Errorf("%s: data taken before the record's memory changed is %s", class, kept)
		}
		data = []byte("Straße 🚗 with more than a few bytes of text")
		dst := make([]byte, 0, 256)
		n := testing.AllocsPerRun(2560, func() {
			v, _ := c.Convert(context.Background(), "fleet", data)
			v.AppendJSON(dst)
		})
		if n > 0.05 {
			t.Errorf("%s: %v allocations a record", class, n)
		}
	}
}

func TestSimpleHeaderConverterIsForHeadersOnly(t *testing.T) {
	_, err := converter.New(SimpleHeaderClass, nil, converter.ForValue)
	if err == nil || !strings.Contains(err.Error(), "cannot be used as a value converter") {
		t.Error(err)
	}
}

func BenchmarkConvertString(b *testing.B) {
	c, data := build(b, StringClass, nil), []byte("VIN00042")
	b.ReportAllocs()
	var v schemas.Value
	for b.Loop() {
		v, _ = c.Convert(context.Background(), "fleet", data)
	}
	_ = v
}

// TestTextOfLazyValues: what lazy data writes by itself is what its built form gives.
func TestTextOfLazyValues(t *testing.T) {
	for _, class := range []string{"StringConverter", "ByteArrayConverter"} {
		c, err := converter.New(class, nil, converter.ForValue)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range []string{"", "text \"quoted\"", "é\n", "\xff\x00"} {
			v, err := c.Convert(t.Context(), "topic", []byte(data))
			if err != nil {
				t.Fatal(err)
			}
			got, want := v.AppendText(nil, schemas.TextOptions{}), schemas.AppendText(nil, v.Schema, v.Data(), schemas.TextOptions{})
			if string(got) != string(want) {
				t.Errorf("%s of %q: %q, built %q", class, data, got, want)
			}
		}
	}
}
