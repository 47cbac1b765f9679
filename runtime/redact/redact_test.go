package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

func TestValuesAreReplaced(t *testing.T) {
	const pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
	r := New(map[string]string{"${f:pass}": `p@ss "w/ord`, "${f:topics}": "orders,  payments", "${f:url}": "redis://alice:s3cr3t!@cache.lab:6379/db7x",
		"${f:brokers}": "broker-a.lab:9092,broker-b.lab:9092", "${f:pem}": pem, "${f:n}": "1", "${f:file}": "/vault/orders-out/sub/final-orders.txt", "${f:flag}": "true", "${f:port}": "9092", "${f:region}": "us-east-1",
		"${f:pin}": "774411", "${f:name}": "password", "${f:jaas}": `PlainLoginModule required username="bobby" password="builder";`, "${file:/etc/password:password}": "zzzzzzzz"})
	secret := `p@ss "w/ord`
	encoded, _ := json.Marshal(secret)
	for text, want := range map[string]string{
		"login with " + secret + " failed":        "login with ${f:pass} failed",
		"x" + secret + "y":                        "x${f:pass}y",
		fmt.Sprintf("bad %q", secret):             `bad "${f:pass}"`,
		string(encoded):                           `"${f:pass}"`,
		"https://h/?p=" + url.QueryEscape(secret): "https://h/?p=${f:pass}",
		(&url.URL{Scheme: "x", User: url.UserPassword("u", secret), Host: "h"}).String(): "x://u:${f:pass}@h",
		"topic orders-3": "topic ${f:topics}-3",
		"topic myorders": "topic myorders",
		"dial tcp: lookup cache.lab: no such host":                  "dial tcp: lookup ${f:url}: no such host",
		"user alice, s3cr3t!":                                       "user ${f:url}, ${f:url}",
		"connect to broker-b.lab:9092: refused":                     "connect to ${f:brokers}: refused",
		"BROKER-A broker-a.lab/10.0.0.1":                            "BROKER-A ${f:brokers}/10.0.0.1",
		"line kiG9w0BAQEFAASC is bad":                               "line ${f:pem} is bad",
		"task 1 of 1: true, port 9092, 11 true":                     "task 1 of 1: true, port 9092, 11 true",
		"s3.us-east-1.amazonaws.com":                                "s3.${f:region}.amazonaws.com",
		"code 774411, not 7744110":                                  "code ${f:pin}, not 7744110",
		"cut redis://alice:s3cr":                                    "cut ${f:url}",
		`cut "broker-a.la…" and more`:                               `cut "${f:brokers}…" and more`,
		"cut MIIEvQIBADANB... [4 more]":                             "cut ${f:pem}... [4 more]",
		"bobby and builder":                                         "${f:jaas} and ${f:jaas}",
		"${file:/etc/password:password} has password":               "${file:/etc/password:password} has ${f:name}",
		"create /vault/orders-out, open final-orders.txt in /vault": "create ${f:file}, open ${f:file} in /vault",
		"nothing of it":                                             "nothing of it",
		"":                                                          "",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%s\n became %s\n want   %s", text, got, want)
		}
	}
	if got := r.Text("the key: " + pem); strings.Contains(got, "MII") {
		t.Error(got)
	}
	var none *Redactor
	if New(nil) != nil || none.Text("x") != "x" {
		t.Error("no values")
	}
}

func TestMessagesAboutASetting(t *testing.T) {
	r := New(map[string]string{"${f:n}": "x1"})
	for message, want := range map[string]string{
		"Invalid value x1 for configuration tasks.max: Not a number of type INT": "Invalid value ${f:n} for configuration tasks.max: Not a number of type INT",
		`the class "x1" is not known`:                                            `the class "${f:n}" is not known`,
	} {
		if got := r.Setting(message, "${f:n}", "x1"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestLoggers(t *testing.T) {
	var out bytes.Buffer
	var c Current
	log := c.Logger(slog.New(slog.NewJSONHandler(&out, nil))).With("connector", "a")
	log.Info("before", "host", "secret-host")
	c.Learn(map[string]string{"${v}": "secret-host"})
	log.With("at", "secret-host:80").WithGroup("g").Error("no secret-host", "error", errors.New("dial secret-host"), "list", []string{"secret-host"},
		slog.Group("more", "h", "secret-host"), "n", 7)
	c.Learn(map[string]string{"${v}": "other-host"})
	log.Info("secret-host and other-host")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"host":"secret-host"`) || strings.Contains(lines[1]+lines[2], "-host") ||
		strings.Count(lines[1], "${v}") != 5 || !strings.Contains(lines[1], `"n":7`) || strings.Count(lines[2], "${v}") != 2 {
		t.Errorf("%s", out.String())
	}
}
