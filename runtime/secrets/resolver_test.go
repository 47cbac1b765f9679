package secrets_test

import (
	"bytes"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime/secrets"
)

const kafka = "org.apache.kafka.common.config.provider."

// resolver makes the providers file, dir and env with the given parameters, as in "file.param.allowed.paths=/run".
func resolver(t *testing.T, params ...string) *secrets.Resolver {
	t.Helper()
	worker := map[string]string{"config.providers": "file, dir,env", "config.providers.file.class": kafka + "FileConfigProvider",
		"config.providers.dir.class": "DirectoryConfigProvider", "config.providers.env.class": kafka + "EnvVarConfigProvider"}
	for _, p := range params {
		key, value, _ := strings.Cut(p, "=")
		worker["config.providers."+key] = value
	}
	r, err := secrets.New(worker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// one resolves a single value.
func one(t *testing.T, r *secrets.Resolver, value string) string {
	t.Helper()
	got, err := r.Resolve(t.Context(), map[string]string{"key": value})
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return got["key"]
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRecordedCases are what the real worker was seen to do.
func TestRecordedCases(t *testing.T) {
	t.Setenv("LAB_SECRET", "s3cret")
	t.Setenv("LAB_TOPIC", "lab-orders")
	r := resolver(t, "env.param.allowlist.pattern=LAB_.*")
	for value, want := range map[string]string{
		"${env:LAB_TOPIC}":    "lab-orders",
		"${env:LAB_SECRET}":   "s3cret",
		"${env:LAB_NOT_SET}":  "${env:LAB_NOT_SET}",
		"${env:HOME}":         "${env:HOME}",
		"${nope:a:b}":         "${nope:a:b}",
		"${plain} $x ${env:}": "${plain} $x ${env:}",
		"a ${env:LAB_TOPIC}-${env:LAB_SECRET}}${env:LAB_TOPIC": "a lab-orders-s3cret}${env:LAB_TOPIC",
		"${plain}${env:LAB_TOPIC}":                             "${plain}lab-orders",
		"$${env:LAB_TOPIC}":                                    "$lab-orders",
		"${x${env:LAB_TOPIC}}":                                 "${x${env:LAB_TOPIC}}",
		"":                                                     "",
	} {
		if got := one(t, r, value); got != want {
			t.Errorf("%s became %s, want %s", value, got, want)
		}
	}
}

// TestExpandsOnce: a value that looks like a reference is a value, and names are never expanded.
func TestExpandsOnce(t *testing.T) {
	t.Setenv("INNER", "canary")
	t.Setenv("OUTER", "${env:INNER}")
	t.Setenv("HALF", "${env:")
	config := map[string]string{"a": "${env:OUTER}", "b": "${env:HALF}INNER}", "${env:INNER}": "c"}
	before := maps.Clone(config)
	got, err := resolver(t).Resolve(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"a": "${env:INNER}", "b": "${env:INNER}", "${env:INNER}": "c"}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if !maps.Equal(config, before) {
		t.Error("the configuration itself was changed")
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a.properties"), "user=alice\r\npass = p\\u00e4ss\\u0020\\ud83d\\ude00 ü\nlong=a\\\n   b\ncolon:c:d=e\nempty=\nref=${env:HOME}\n")
	r := resolver(t, "file.param.allowed.paths="+dir)
	for key, want := range map[string]string{"user": "alice", "pass": "päss \U0001F600 ü", "long": "ab", "colon": "c:d=e", "empty": "", "ref": "${env:HOME}"} {
		if got := one(t, r, "<${file:"+path+":"+key+"}>"); got != "<"+want+">" {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for _, same := range []string{"${file:" + path + ":none}", "${file::user}", "${file:user}"} {
		if got := one(t, r, same); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
}

func TestDirectories(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secrets", "password"), "p4ss\n")
	write(t, filepath.Join(dir, "outside"), "canary")
	write(t, filepath.Join(dir, "secrets", "deep", "file"), "canary")
	r := resolver(t, "dir.param.allowed.paths="+filepath.Join(dir, "secrets"))
	if got := one(t, r, "${dir:"+dir+"/secrets:password}"); got != "p4ss\n" {
		t.Errorf("%q", got)
	}
	for _, key := range []string{"none", "..", ".", "../outside", "deep/file", `..\outside`, "", "\x00"} {
		if same := "${dir:" + dir + "/secrets:" + key + "}"; one(t, r, same) != same {
			t.Errorf("%q was read", same)
		}
	}
	if same := "${dir:" + dir + ":outside}"; one(t, r, same) != same {
		t.Errorf("%s was read", same)
	}
}

// TestAllowedPathsHoldAfterLinks: traversal and symbolic links do not lead out, links inside work.
func TestAllowedPathsHoldAfterLinks(t *testing.T) {
	dir := t.TempDir()
	inside := write(t, filepath.Join(dir, "allowed", "..data", "in.properties"), "k=in")
	write(t, filepath.Join(dir, "out", "out.properties"), "k=canary")
	write(t, filepath.Join(dir, "allowed-not", "out.properties"), "k=canary")
	single := write(t, filepath.Join(dir, "one.properties"), "k=in")
	for name, target := range map[string]string{
		"allowed/relative": "..data/in.properties", "allowed/absolute": inside, "door": filepath.Join(dir, "allowed"),
		"allowed/escape": "../out/out.properties", "allowed/escape-abs": filepath.Join(dir, "out", "out.properties"),
		"allowed/escape-dir": "../out", "allowed/loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	// The allowed directory is itself named through a link.
	r := resolver(t, "file.param.allowed.paths="+filepath.Join(dir, "door")+", "+single)
	for _, path := range []string{"door/..data/in.properties", "door/relative", "door/absolute", "allowed/relative", "one.properties", "door/../door/relative"} {
		if got := one(t, r, "${file:"+dir+"/"+path+":k}"); got != "in" {
			t.Errorf("%s gave %q", path, got)
		}
	}
	for _, path := range []string{"out/out.properties", "allowed-not/out.properties", "door/../out/out.properties", "door/escape", "door/escape-abs",
		"door/escape-dir/out.properties", "allowed/escape", "one.properties/../out/out.properties"} {
		same := "${file:" + dir + "/" + path + ":k}"
		if got := one(t, r, same); got != same {
			t.Errorf("%s gave %q", path, got)
		}
	}
	if _, err := r.Resolve(t.Context(), map[string]string{"a": "${file:" + dir + "/door/loop:k}"}); err == nil {
		t.Error("a link to itself was read")
	}
}

func TestErrorsNameProviderAndKeyOnly(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	write(t, big, "canary="+strings.Repeat("x", 1<<20))
	bad := write(t, filepath.Join(dir, "bad"), "password=canary\\uZZZZ\n")
	latin := write(t, filepath.Join(dir, "latin"), "password=canary\xe4\n")
	r := resolver(t)
	for _, c := range []struct{ value, says string }{
		{"${file:" + dir + "/none:password}", "no such file"},
		{"${file:" + dir + ":password}", "not a regular file"},
		{"${file:" + big + ":password}", "larger"},
		{"${file:" + bad + ":password}", "malformed"},
		{"${file:" + latin + ":password}", "UTF-8"},
		{"${file:/dev/zero:password}", "not a regular file"},
		{"${dir:" + dir + ":big}", "larger"},
		{"${env:some/path:password}", "no path"},
	} {
		_, err := r.Resolve(t.Context(), map[string]string{"a": "canary", "b": c.value})
		if err == nil {
			t.Errorf("%s was resolved", c.value)
			continue
		}
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "resolve "+c.value) {
			t.Errorf("%s: %v", c.value, err)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: a value is in the error: %v", c.value, err)
		}
	}
}

func TestReferencesAreBounded(t *testing.T) {
	t.Setenv("SLUICE_TEST_KNOWN", "x")
	r := resolver(t)
	many := strings.Repeat("${env:SLUICE_TEST_KNOWN}", 500)
	got, err := r.Resolve(t.Context(), map[string]string{"a": many, "b": many})
	if err != nil || got["a"] != strings.Repeat("x", 500) {
		t.Errorf("1000 references: %v, %v", got, err)
	}
	_, err = r.Resolve(t.Context(), map[string]string{"a": many, "b": many, "c": "${env:SLUICE_TEST_KNOWN}"})
	if err == nil || !strings.Contains(err.Error(), "more than 1000") {
		t.Errorf("1001 references: %v", err)
	}
}

func TestProvidersThatAreRefused(t *testing.T) {
	for _, c := range []struct{ class, param, says string }{
		{"", "", `Missing required configuration "config.providers.a.class"`},
		{"com.example.Evil", "", "com.example.Evil"},
		{"FileConfigProvider", "allowed.paths=relative", "config.providers.a.param.allowed.paths"},
		{"FileConfigProvider", "allowed.paths=/does/not/exist", "config.providers.a.param.allowed.paths"},
		{"DirectoryConfigProvider", "allowed.paths=/tmp,", "config.providers.a.param.allowed.paths"},
		{"EnvVarConfigProvider", "allowlist.pattern=(", "config.providers.a.param.allowlist.pattern"},
		{"sluice.SSM", "NotFoundStrategy=guess", "config.providers.a.param.NotFoundStrategy"},
		{"sluice.SSM", "endpoint=file:///etc/passwd", "config.providers.a.param.endpoint"},
		{"sluice.SecretsManager", "cache.ttl.ms=soon", "config.providers.a.param.cache.ttl.ms"},
		{"sluice.SSM", "secret.ttl.ms=999", "config.providers.a.param.secret.ttl.ms: 999 is less than 1000"},
		{"sluice.SecretsManager", "RawSecretEncoding=rot13", "config.providers.a.param.RawSecretEncoding"},
	} {
		key, value, _ := strings.Cut(c.param, "=")
		_, err := secrets.New(map[string]string{"config.providers": "a", "config.providers.a.class": c.class, "config.providers.a.param." + key: value})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v", c.class, c.param, err)
		}
	}
}

// TestWorkerProperties: everything but plugin.path and the providers themselves is resolved.
func TestWorkerProperties(t *testing.T) {
	t.Setenv("SECRET", "s3cret")
	worker := map[string]string{"config.providers": "env", "config.providers.env.class": "EnvVarConfigProvider", "config.providers.env.param.x": "${env:SECRET}",
		"plugin.path": "${env:SECRET}", "consumer.ssl.keystore.password": "${env:SECRET}"}
	r, err := secrets.New(worker)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.ResolveWorker(t.Context(), worker)
	if err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(worker)
	want["consumer.ssl.keystore.password"] = "s3cret"
	if !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestConnectorsDefineNoProviders: only the worker does.
func TestConnectorsDefineNoProviders(t *testing.T) {
	t.Setenv("SECRET", "canary")
	r, err := secrets.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	config := map[string]string{"config.providers": "env", "config.providers.env.class": "EnvVarConfigProvider", "a": "${env:SECRET}"}
	if got, err := r.Resolve(t.Context(), config); err != nil || !maps.Equal(got, config) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLog(t *testing.T) {
	t.Setenv("SECRET", "canary")
	var b bytes.Buffer
	r := resolver(t, "file.param.allowed.paths=/tmp")
	r.LogTo(slog.New(slog.NewTextHandler(&b, nil)))
	if _, err := r.ResolveWorker(t.Context(), map[string]string{"key": "${env:SECRET} ${env:SECRET_NOT_SET} ${nope:x}"}); err != nil {
		t.Fatal(err)
	}
	log := b.String()
	for _, want := range []string{"provider=env", "provider=dir", "SECRET_NOT_SET", "${nope:x}", "no config provider has this name"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	for _, not := range []string{"canary", "provider=file"} {
		if strings.Contains(log, not) {
			t.Errorf("the log holds %s:\n%s", not, log)
		}
	}
	if d := r.Lifetime(map[string]string{"a": "${env:SECRET?ttl=5}"}); d != 0 {
		t.Errorf("values of the environment last %s", d)
	}
}
