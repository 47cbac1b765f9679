package rest

import (
	"strings"
	"testing"
)

func TestPagesOfOtherSitesAreRefused(t *testing.T) {
	c := newClient(t)
	host := strings.TrimPrefix(c.url, "http://")
	for _, s := range []struct {
		method string
		header []string
		status int
	}{
		{"GET", nil, 200},
		{"GET", []string{"Origin", "http://" + host}, 200},
		{"GET", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"GET", []string{"Sec-Fetch-Site", "none"}, 200},
		{"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
		{"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
		{"POST", []string{"Origin", "https://evil.example"}, 403},
		{"POST", []string{"Origin", "null"}, 403},
		{"OPTIONS", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 403},
	} {
		body := ""
		if s.method == "POST" {
			body = create("a")
		}
		got := c.do(s.method, "/connectors", body, s.header...)
		if got.status != s.status || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s with %v: %d %s", s.method, s.header, got.status, got.body)
		}
	}
	if got := c.do("GET", "/connectors", ""); got.body != "[]" {
		t.Errorf("a refused request left %s", got.body)
	}
}

func TestWelcomeSites(t *testing.T) {
	sites := Sites("https://console.example, http://*.lab.example", "get, put", nil)
	for origin, want := range map[string]bool{"https://console.example": true, "http://a.lab.example": true, "http://a.b.lab.example": true,
		"https://a.lab.example": false, "http://lab.example": false, "http://evil.example": false, "null": false} {
		if got := sites.allows(origin); got != want {
			t.Errorf("%s: %v", origin, got)
		}
	}
	if !Sites("*", "", nil).allows("http://any.example") || Sites("", "", nil).allows("http://any.example") {
		t.Error("* or nothing")
	}
	c := newClientFor(t, sites)
	page := []string{"Origin", "http://a.lab.example"}
	got := c.do("OPTIONS", "/connectors", "", append(page, "Access-Control-Request-Method", "PUT")...)
	if got.status != 200 || got.header.Get("Access-Control-Allow-Methods") != "GET,PUT" || got.header.Get("Access-Control-Allow-Origin") != page[1] {
		t.Errorf("preflight: %+v", got)
	}
	if got := c.do("GET", "/connectors", "", page...); got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != page[1] || got.header.Get("Vary") != "Origin" {
		t.Errorf("%+v", got)
	}
	if got := c.do("POST", "/connectors", create("a"), page...); got.status != 403 {
		t.Errorf("a method that is not allowed: %+v", got)
	}
}

// TestNamesThatLookAmbiguous: what can be created can be addressed, at the address that Location gives.
func TestNamesThatLookAmbiguous(t *testing.T) {
	c := newClient(t)
	for _, name := range []string{"a/b", "a%b", `a\\b`, "a{b}c", "..", ".", "//", "a//b", "../x", "%2F", "a;b", "?", " a b"} {
		created := c.do("POST", "/connectors", create(name))
		if created.status != 201 {
			t.Fatalf("%q: %d %s", name, created.status, created.body)
		}
		path := strings.TrimPrefix(created.header.Get("Location"), c.url)
		for _, s := range []struct {
			method, path string
			status       int
		}{{"GET", path + "/status", 200}, {"PUT", path + "/pause", 202}, {"GET", path + "/", 200}, {"DELETE", path, 204}, {"GET", path + "/config", 0}} {
			got := c.do(s.method, s.path, "")
			if s.status == 0 && got.status != 400 && got.status != 404 || s.status != 0 && got.status != s.status {
				t.Errorf("%q: %s %s: %d %s", name, s.method, s.path, got.status, got.body)
			}
		}
	}
}

// TestNamesThatAnybodyCanPointHereAreNotOurs: a page of evil.example may have its name resolve to the worker's address,
// and then asks with the same name as origin and as host.
func TestNamesThatAnybodyCanPointHereAreNotOurs(t *testing.T) {
	sites := Sites("", "", []string{"connect.lab"})
	for host, want := range map[string]bool{"127.0.0.1:8083": true, "[::1]:8083": true, "localhost:8083": true, "LOCALHOST": true, "Connect.Lab:8083": true,
		"evil.example:8083": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false, "connect.lab.evil.example": false, "": false} {
		if got := sites.own("http://"+host, host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	if sites.own("http://connect.lab:8083", "127.0.0.1:8083") || sites.own("http://127.0.0.1", "127.0.0.1:8083") {
		t.Error("another host or port is the own one")
	}
}
