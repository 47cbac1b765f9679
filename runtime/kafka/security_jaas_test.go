package kafka

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestJAASLines(t *testing.T) {
	for _, c := range []struct {
		line, module, username, password string
	}{
		{`org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="secret";`, plainModule, "alice", "secret"},
		{"  " + scramModule + "\n\tREQUIRED\r\n username='a b'\n password = \"s;e=c'r\\\"et\" ; ", scramModule, "a b", `s;e=c'r"et`},
		{scramModule + ` required username=alice password="a\tb\\c\101\60\0612\x";`, scramModule, "alice", "a\tb\\cA012x"},
		{scramModule + ` sufficient username="älice" password="pä\ßwörd";`, scramModule, "älice", "päßwörd"},
		{"// who\n" + scramModule + " /* how */ optional username=a-b_c.d$1 password=\"// no comment /*\"; // end", scramModule, "a-b_c.d$1", "// no comment /*"},
		{mskModule + ` required;`, mskModule, "", ""},
	} {
		m, err := parseJAAS(c.line)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if m.Name != c.module || m.option("username") != c.username || m.option("password") != c.password {
			t.Errorf("%s: %s %q %q", c.line, m.Name, m.option("username"), m.option("password"))
		}
	}
}

// TestHostileJAASLines: what is not one line of the grammar is refused, and no error quotes any of it.
func TestHostileJAASLines(t *testing.T) {
	for _, line := range []string{
		"", " ", ";", "canary", "canary;", plainModule, plainModule + ";", plainModule + " canary;", plainModule + " required",
		plainModule + ` required username`, plainModule + ` required username;`, plainModule + ` required username=;`,
		plainModule + ` required username="canary`, plainModule + ` required username="canary;`, plainModule + " required username=\"can\nary\";",
		plainModule + ` required username="canary\`, plainModule + " required username=\"canary\\\n\";", plainModule + " required username=\"canary\x00\";",
		plainModule + ` required username="a" password="canary"`, plainModule + ` required "username"="canary";`,
		plainModule + ` required username="a" "canary";`, plainModule + ` required username="a" canary;`, plainModule + ` required username=="canary";`,
		plainModule + ` required password=123;`, plainModule + ` required password=-canary;`, plainModule + ` required password=can/ary;`,
		plainModule + ` required password=can,ary;`, plainModule + ` required password=cänary;`, plainModule + ` required password="a" password="canary";`,
		plainModule + ` required username="a"; canary`, plainModule + ` required username="a"; com.sun.security.auth.module.JndiLoginModule required;`,
		plainModule + ` required username="a";;`, `Client { ` + plainModule + ` required; };`, plainModule + ` /* required canary;`,
		"${jndi:ldap://canary/a} required;", `"` + plainModule + `" required;`, "\x00" + plainModule, "\xff\xfe",
		plainModule + ` required username="` + strings.Repeat("canary", maxJAAS) + `";`,
	} {
		m, err := parseJAAS(line)
		if err == nil {
			t.Errorf("%.200q is accepted as %v", line, m)
			continue
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%.200q: the error quotes the line: %v", line, err)
		}
	}
}

// TestForeignModules: a module that Java would load, or that does not fit the mechanism, is refused with what would do.
func TestForeignModules(t *testing.T) {
	for _, c := range []struct{ mechanism, module string }{
		{"PLAIN", "com.sun.security.auth.module.JndiLoginModule"},
		{"SCRAM-SHA-512", "com.sun.security.auth.module.LdapLoginModule"},
		{"PLAIN", "com.sun.security.auth.module.Krb5LoginModule"},
		{"PLAIN", "org.apache.kafka.common.security.plain.PlainLoginModule.evil"},
		{"PLAIN", scramModule},
		{"SCRAM-SHA-256", plainModule},
		{"GSSAPI", "com.sun.security.auth.module.Krb5LoginModule"},
		{"OAUTHBEARER", plainModule},
		{"AWS_MSK_IAM", scramModule},
		{"", plainModule},
		{"EXTERNAL", plainModule},
	} {
		_, _, err := Config(map[string]string{"bootstrap.servers": "b:9092", "security.protocol": "SASL_SSL", "sasl.mechanism": c.mechanism,
			"sasl.jaas.config": c.module + ` required username="u" password="canary" user.provider.url="ldap://canary/x";`})
		if err == nil {
			t.Errorf("%s with %s is accepted", c.mechanism, c.module)
			continue
		}
		for _, want := range []string{"SCRAM-SHA-512", "ScramLoginModule", "AWS_MSK_IAM"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s with %s: %q does not name %s", c.mechanism, c.module, err, want)
			}
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s with %s: a secret is in %q", c.mechanism, c.module, err)
		}
	}
}

// FuzzJAAS: no line ends the process or is quoted, and a line that is read can be written down and read again.
func FuzzJAAS(f *testing.F) {
	f.Add(plainModule + ` required username="alice" password="se\"cr\101et";`)
	f.Add(scramModule + " REQUIRED /* a */ username=a // b\n password='c';")
	f.Add(`a b c="\`)
	f.Add("a required b=\"\\377\\400\";")
	f.Fuzz(func(t *testing.T, line string) {
		m, err := parseJAAS(line)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 {
				t.Errorf("the error is %q", err)
			}
			return
		}
		again, err := parseJAAS(writeJAAS(m))
		if err != nil || again.Name != m.Name || !maps.Equal(again.Options, m.Options) {
			t.Errorf("%q was read as %q, then %v, %v", line, writeJAAS(m), again, err)
		}
	})
}

func writeJAAS(m loginModule) string {
	var b strings.Builder
	b.WriteString(m.Name + " required")
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		fmt.Fprintf(&b, " %s=\"", name)
		for _, c := range []byte(m.option(name)) {
			switch {
			case c < ' ':
				fmt.Fprintf(&b, `\%03o`, c)
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				fallthrough
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	return b.String() + ";"
}
