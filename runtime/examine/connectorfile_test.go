package examine

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestReadConnectorFile(t *testing.T) {
	config := map[string]string{"name": "a", "k": "v"}
	for name, c := range map[string]struct {
		text string
		want ConnectorFile
		err  string
	}{
		"flat":       {text: `{"name":"a","k":"v"}`, want: ConnectorFile{Name: "a", Config: config}},
		"request":    {text: `{"name":"a","config":{"k":"v"},"initial_state":"paused","later":1}`, want: ConnectorFile{Name: "a", Config: config, Initial: "PAUSED"}},
		"properties": {text: "name=a\nk=v\n", want: ConnectorFile{Name: "a", Config: config}},
		"no name":    {text: "k=v\n", err: "is missing the mandatory 'name' configuration"},
		"two names":  {text: `{"name":"a","config":{"name":"b"}}`, err: "Connector name configuration in 'config' doesn't match the one specified in 'name' at"},
		"scalars": {text: `{"name":"a","k":1.50,"on":true,"big":12345678901234567890,"text":"\u00fc"}`, want: ConnectorFile{Name: "a",
			Config: map[string]string{"name": "a", "k": "1.50", "on": "true", "big": "12345678901234567890", "text": "ü"}}},
		"scalars of a request": {text: `{"name":7,"config":{"k":false}}`, want: ConnectorFile{Name: "7", Config: map[string]string{"name": "7", "k": "false"}}},
		"array":                {text: `{"name":"a","config":{"k":["canary"]}}`, err: `read the value of "k": it is a JSON array; write it as one string`},
		"flat array":           {text: `{"name":"a","topics":["canary"]}`, err: `read the value of "topics": it is a JSON array`},
		"object":               {text: `{"name":"a","k":{"a":"canary"}}`, err: `read the value of "k": it is a JSON object`},
		"null":                 {text: `{"name":"a","config":{"k":null}}`, err: `read the value of "k": it is null`},
		"trailing":             {text: `{"name":"a","k":"v"} x`, err: "parse JSON"},
		"torn":                 {text: `{"name":"a","con`, err: "parse JSON"},
		"state":                {text: `{"name":"a","config":{},"initial_state":"asleep"}`, err: "initial_state"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadConnectorFile(path)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "canary") {
					t.Fatalf("got %v, want %q", err, c.err)
				}
				return
			}
			c.want.Path = path
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}
