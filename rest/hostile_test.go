package rest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHostileBodies(t *testing.T) {
	c := newClient(t)
	deep := strings.Repeat("[", 100_000)
	keys := make([]string, maxKeys+1)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	for name, s := range map[string]struct {
		body   string
		status int
		text   string
	}{
		"empty":             {" ", 400, "is empty"},
		"null":              {"null", 400, "is null"},
		"array":             {"[]", 400, "must not be a JSON array"},
		"string":            {`"x"`, 400, "must not be a JSON string"},
		"word":              {"hello", 400, "not acceptable JSON"},
		"torn":              {`{"name":"x"`, 400, "not acceptable JSON"},
		"trailing comma":    {`{"name":"x",}`, 400, "not acceptable JSON"},
		"trailing bytes":    {create("x") + " xyz", 400, "follows the JSON value"},
		"two values":        {create("x") + create("y"), 400, "follows the JSON value"},
		"unknown field":     {`{"name":"x","config":{},"extra":1}`, 400, `unknown field "extra"`},
		"key twice":         {`{"name":"x","name":"y","config":{}}`, 400, "{name=y} contains no connector type"},
		"config key twice":  {`{"name":"x","config":{"a":"1","a":"2"}}`, 400, "{a=2, name=x} contains"},
		"config twice":      {`{"name":"x","config":{"a":"1"},"config":{"b":"2"}}`, 400, "{b=2, name=x} contains"},
		"field in capitals": {`{"NAME":"x","config":{}}`, 400, `unknown field "NAME"`},
		"deep":              {deep, 400, "nested deeper than 32"},
		"deep objects":      {strings.Repeat(`{"a":`, 50_000), 400, "nested deeper than 32"},
		"many keys":         {`{"name":"x","config":{` + strings.Join(keys, ",") + `}}`, 400, "more than 1000 keys"},
		"no config":         {`{"name":"x"}`, 400, "has no config"},
		"null config":       {`{"name":"x","config":null}`, 400, "has no config"},
		"nested value":      {`{"name":"x","config":{"a":{"b":1}}}`, 400, `the value of "a" must not be a JSON object: values are strings, numbers, booleans or null`},
		"list as a value":   {`{"name":"x","config":{"b":"1","topics":["canary"]}}`, 400, `the value of "topics" must not be a JSON array`},
		"nested name":       {`{"name":{"a":1},"config":{}}`, 400, `field "name" must not be a JSON object`},
		"list of a state":   {`{"name":"x","config":{},"initial_state":[]}`, 400, `field "initial_state" must not be a JSON array`},
		"bad utf-8":         {"{\"name\":\"\xff\",\"config\":{}}", 400, "not valid UTF-8"},
		"bad state":         {`{"name":"x","config":{},"initial_state":"ASLEEP"}`, 400, "Invalid initial_state"},
		"NUL in the name":   {create("a\x00b"), 400, "ASCII chars: 0"},
		"too large":         {`{"name":"` + strings.Repeat("x", maxBody) + `","config":{}}`, 413, "HTTP 413 Request Entity Too Large"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.do("POST", "/connectors", s.body)
			if got.status != s.status || !strings.Contains(strings.ReplaceAll(got.body, `\"`, `"`), s.text) {
				t.Errorf("answered %d %.300s, want %d %q", got.status, got.body, s.status, s.text)
			}
		})
	}
	if got := c.do("GET", "/connectors", ""); got.body != "[]" {
		t.Errorf("something was created: %s", got.body)
	}
}

func TestHostilePaths(t *testing.T) {
	c := newClient(t)
	for path, want := range map[string]int{
		"//connectors": 400, "/connectors//a": 400, "/connectors/a%2Fb": 400, "/connectors/a%5cb": 400, "/connectors/50%25": 400,
		"/connectors/a%00b": 400, "/connectors/a%0d%0ab": 400, "/connectors/%ff%fe": 400, "/connectors/./a": 404, "/connectors/../connectors": 404,
		"/connectors/a;b=c": 404, "/connectors/" + strings.Repeat("x", 8000): 404, "/Connectors": 404, "/connectors/a/tasks/99999999999/status": 404,
		"/connectors;x=y/": 200,
	} {
		if got := c.do("GET", path, ""); got.status != want {
			t.Errorf("GET %.60s answered %d, want %d", path, got.status, want)
		}
	}
	if got := c.do("GET", "/connectors/a;b=c", ""); !strings.Contains(got.body, "Connector a not found") {
		t.Errorf("path parameters: %s", got.body)
	}
}

// TestRawRequests sends what Go's client would not.
func TestRawRequests(t *testing.T) {
	c := newClient(t)
	address := strings.TrimPrefix(c.url, "http://")
	for name, s := range map[string]struct {
		request string
		status  int
	}{
		"huge body announced": {"POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n{", 413},
		"two content types":   {"POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 400},
		"options star":        {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		"connect":             {"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 404},
		"odd method":          {"BREW /connectors HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		"absolute form":       {"GET http://evil/connectors HTTP/1.1\r\nHost: evil\r\n\r\n", 200},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			if _, err := conn.Write([]byte(s.request)); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != s.status {
				t.Errorf("answered %d, want %d", resp.StatusCode, s.status)
			}
		})
	}
}

func FuzzCheckJSON(f *testing.F) {
	f.Add([]byte(`{"a":{"a":[1,"x",{}]},"b":null}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(_ *testing.T, data []byte) { _ = checkJSON(data) })
}
