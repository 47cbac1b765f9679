package workerconfig

import (
	"reflect"
	"strings"
	"testing"
)

func TestResponseHeaders(t *testing.T) {
	got, err := ResponseHeaders(`set X-Frame-Options: DENY, "ADD Cache-Control: no-cache, no-store", setDate Expires: 60000,addDate Last-Modified:0`)
	want := []Header{{Name: "X-Frame-Options", Value: "DENY"}, {Add: true, Name: "Cache-Control", Value: "no-cache, no-store"},
		{Date: true, Name: "Expires", Value: "60000"}, {Add: true, Date: true, Name: "Last-Modified", Value: "0"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ResponseHeaders("  "); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestMalformedHeadersStopTheStart(t *testing.T) {
	for text, want := range map[string]string{
		"X:y":              "Invalid format of header config 'X:y'. Expected: '[action] [header name]:[header value]'",
		"put X:y":          "Invalid header config action: 'put'. Expected one of [set, add, setDate, addDate]",
		"set X":            "Invalid format of header name and header value pair 'X'",
		"set X:y:z":        "Invalid format of header name and header value pair 'X:y:z'",
		"set X Y:z":        "Invalid header name 'X Y'. The '[header name]' cannot contain whitespace",
		"set :z":           "Invalid header name ''",
		"setDate X:later":  "a date needs a number of milliseconds",
		"set A:b, ":        "Invalid format of header config ''",
		`"set A:b`:         "Invalid header config",
		"set A:b\nset C:d": "several lines",
	} {
		if _, err := New(minimal(HeadersKey, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
