package raw

import (
	"context"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/schemas"
	"pgregory.net/rapid"
)

func number(digits string, scale int32) schemas.Decimal {
	n, _ := new(big.Int).SetString(digits, 10)
	return schemas.Decimal{Unscaled: n, Scale: scale}
}

func TestHeadersAreGuessedAsConnectDoes(t *testing.T) {
	day := time.Date(2019, 8, 23, 0, 0, 0, 0, time.UTC)
	clock := time.Date(1970, 1, 1, 14, 34, 54, 346e6, time.UTC)
	for in, want := range map[string]any{
		"": "", "  ": "  ", "true": true, " false ": false, "True": "True", "null": nil, "NULL": "NULL",
		"0": int8(0), "-128": int8(-128), "128": int16(128), "32768": int32(32768), "2147483648": int64(2147483648), " 5 ": int8(5), "+7": int8(7),
		"9223372036854775807": int64(9223372036854775807), "9223372036854775808": number("9223372036854775808", 0),
		"1.0": int8(1), "1.": int8(1), "1e3": int16(1000), "-1.50e1": int8(-15), "0e99999": int8(0), "007": int8(7), "100e-2": int8(1),
		"1.1": float32(1.1), "1.5": float32(1.5), "45.123456789": float32(45.123456789), "1e-50": float32(0), "1e40": float64(1e40),
		"1e400": number("1", -400), "1e99999999999": "1e99999999999", "-+1": "-+1", "1e+": "1e+", "+": "+", "-": "-", ".5": ".5", "1_000": "1_000",
		"2019-08-23": day, "2019-08-23 ": day, "14:34:54.346Z": clock, "2019-08-23T14:34:54.346Z": time.Date(2019, 8, 23, 14, 34, 54, 346e6, time.UTC),
		`14\:34\:54.346Z`: clock, "2019-08-23T14:34:54Z": "2019-08-23T14:34:54Z", "2019-13-23": "2019-13-23", "2019-08-23T14:34:54.346Z ": "2019-08-23T14:34:54.346Z ",
		`"abc"`: `"abc"`, "abc": "abc", "NaN": "NaN", "0x1F": "0x1F", "{a:b}": "{a:b}", "1,2": "1,2", "1:2": "1:2", "[1] x": "[1] x", "[": "[", "[1": "[1", "[,]": "[,]",
		"[]": []any{}, "{}": schemas.Map{}, "[null]": []any{nil}, "[1,2]": []any{int8(1), int8(2)}, " [ 1 , 300, ] ": []any{int16(1), int16(300)},
		"[1, 2.5]": []any{float32(1), float32(2.5)}, "[1.5,1e40,3]": []any{float64(1.5), 1e40, float64(3)}, `[1,"a"]`: []any{int8(1), "a"},
		`["a,b","c\"d","2019-08-23"]`: []any{"a,b", `c\"d`, day}, `["a","b"]`: []any{"a", "b"}, "[14:34:54.346Z,null]": []any{clock, nil},
		`{"a":1,"b":[true]}`: schemas.Map{{Key: "a", Value: int8(1)}, {Key: "b", Value: []any{true}}}, "{1:2}": schemas.Map{{Key: int8(1), Value: int8(2)}},
		`{"a":null}`: schemas.Map{{Key: "a"}}, `{null:1}`: `{null:1}`, `{"a"}`: `{"a"}`, `{"a":`: `{"a":`, `["a`: `["a`, `[a]`: `[a]`, "[[1],[2]]": []any{[]any{int8(1)}, []any{int8(2)}},
		"über": "über",
	} {
		v, err := headers{}.Clone().Convert(context.Background(), "fleet", []byte(in))
		if err != nil || !schemas.DataEqual(v.Data(), want) {
			t.Errorf("%q: %T %v, %v, want %T %v", in, v.Data(), v.Data(), err, want, want)
		}
		if (v.Schema == nil) != (want == nil) {
			t.Errorf("%q: schema %v", in, v.Schema)
		}
	}
	if v, err := (headers{}).Convert(context.Background(), "fleet", nil); err != nil || !v.IsNull() {
		t.Errorf("null: %v, %v", v, err)
	}
}

func TestGuessedSchemas(t *testing.T) {
	for in, want := range map[string]*schemas.Schema{
		"1":          requiredInt8,
		"x":          requiredString,
		"2019-08-23": dateSchema,
		"1e400":      {Type: schemas.Bytes, Name: schemas.DecimalName, Version: 1, Params: map[string]string{"scale": "-400"}},
		"[1,300]":    {Type: schemas.ArrayType, Elem: requiredInt16},
		"[1,true]":   {Type: schemas.ArrayType},
		"[]":         {Type: schemas.ArrayType},
		`[1,"a",2]`:  {Type: schemas.ArrayType},
		`{"a":1}`:    {Type: schemas.MapType, Key: requiredString, Elem: requiredInt8},
		"{}":         {Type: schemas.MapType},
	} {
		if got := ParseValue(in).Schema; !got.Equal(want) {
			t.Errorf("%s: %+v", in, got)
		}
	}
}

func TestHostileHeadersAreCheap(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<18), strings.Repeat("9", 1<<20), "1e-2147483640", "1e2147483640",
		"[" + strings.Repeat(`\`, 1<<20), strings.Repeat("[1,", 1<<18), `["` + strings.Repeat("1:", 1<<19),
	} {
		ParseValue(in).AppendJSON(nil)
	}
}

func TestWholeNumbersStayWhatTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		text := number(big.NewInt(n).String(), 0).String()
		if got := string(ParseValue(text + ".000").AppendJSON(nil)); got != text {
			t.Fatalf("%s.000 became %s", text, got)
		}
	})
}

func FuzzParseValue(f *testing.F) {
	for _, seed := range []string{"", "1.0", "1e400", "[1,2.5,null]", `{"a":[1,"b\"c"]}`, "2019-08-23T14:34:54.346Z", "[14:34:54.346Z]", `{"a":1 "b":2}`, "[[", "1,2", "null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := ParseValue(text)
		v.AppendJSON(nil)
		if v.Schema == nil && !v.IsNull() {
			t.Fatalf("%q has no schema", text)
		}
	})
}
