package cli

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// validate runs the command and returns its exit code and what it printed.
func validate(t *testing.T, args ...string) (code int, out, log string) {
	t.Helper()
	var stdout, stderr output
	code = Run(t.Context(), append([]string{"validate"}, args...), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestValidateNamesTheKeyOfEachProblem(t *testing.T) {
	dir := t.TempDir()
	secret := write(t, filepath.Join(dir, "secret.properties"), "tasks=2\n")
	worker := write(t, properties(t, dir), readFile(t, properties(t, dir))+
		"config.providers=file\nconfig.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider\n"+
		"connector.client.config.override.policy=None\n")
	const sink = "name=a\nconnector.class=FileStreamSink\ntopics=t\n"
	for name, c := range map[string]struct {
		text   string
		worker bool
		code   int
		lines  []string // how each printed line begins
	}{
		"valid":           {sink, false, 0, []string{"valid"}},
		"valid request":   {`{"name":"a","config":{"connector.class":"FileStreamSink","topics":"t"}}`, false, 0, []string{"valid"}},
		"for the worker":  {sink + "tasks.max=${file:" + secret + ":tasks}\n", true, 0, []string{"valid"}},
		"two problems":    {sink + "tasks.max=0\nerrors.tolerance=some\n", false, 1, []string{"tasks.max: Invalid value 0", "errors.tolerance: Invalid value some"}},
		"no class":        {"name=a\ntopics=t\n", false, 1, []string{"connector.class: Connector config {name=a, topics=t} contains no connector type"}},
		"blank class":     {"name=a\nconnector.class=\n", false, 1, []string{"connector.class: "}},
		"unknown class":   {"name=a\nconnector.class=Nothing\n", false, 1, []string{"connector.class: Failed to find any class"}},
		"other version":   {sink + "connector.plugin.version=[9\n", false, 1, []string{"connector.plugin.version: Unbounded range"}},
		"override policy": {sink + "consumer.override.client.id=x\n", true, 1, []string{"consumer.override.client.id: The 'None' policy"}},
		"missing secret":  {sink + "file=${file:/none:a}\n", true, 1, []string{"file: resolve ${file:/none:a}"}},
		"control codes":   {"name=a\\u001b[2J\nconnector.class=FileStreamSink\ntopics=t\n", false, 1, []string{"name: Invalid value a [2J"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{write(t, filepath.Join(t.TempDir(), "connector"), c.text)}
			if c.worker {
				args = append(args, "--worker", worker)
			}
			code, out, log := validate(t, args...)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if code != c.code || len(lines) != len(c.lines) {
				t.Fatalf("exit code %d: %s%s", code, out, log)
			}
			for i, want := range c.lines {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %q, want %q", lines[i], want)
				}
			}
		})
	}
}

func TestValidateChecksTheWorldWhenAsked(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	closed.Close() // nobody listens there now
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, key string }{
		"redis by simple name": {"connector.class=RedisSinkConnector\nredis.type=HASH\nredis.uri=redis://" + addr + "\n", "redis.uri: "},
		"file":                 {"connector.class=FileStreamSink\nfile=" + filepath.Join(dir, "none", "out") + "\n", "file: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "connector.properties"), "name=a\ntopics=t\n"+c.text)
			if code, out, log := validate(t, path); code != 0 || out != "valid\n" {
				t.Fatalf("without --check: exit code %d: %s%s", code, out, log)
			}
			if code, out, log := validate(t, "--check", "--timeout=20s", path); code != 1 || !strings.HasPrefix(out, c.key) {
				t.Errorf("exit code %d: %s%s", code, out, log)
			}
		})
	}
}

func TestValidateRefusesFilesItCannotRead(t *testing.T) {
	dir := t.TempDir()
	nameless := write(t, filepath.Join(dir, "nameless.json"), `{"topics":"t"}`)
	if code, _, log := validate(t, nameless); code != 1 || !strings.Contains(log, "mandatory 'name'") {
		t.Errorf("exit code %d: %s", code, log)
	}
	if code, _, log := validate(t, nameless, "--worker", filepath.Join(dir, "none")); code != exitStart || !strings.Contains(log, "read worker configuration") {
		t.Errorf("exit code %d: %s", code, log)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestValidateNamesSettingsThatNothingReads: they are a warning, so neither the exit code nor what is printed changes.
func TestValidateNamesSettingsThatNothingReads(t *testing.T) {
	dir := t.TempDir()
	worker := write(t, properties(t, dir), readFile(t, properties(t, dir))+"offset.flush.intervall.ms=1\n")
	const odd = "name=a\nconnector.class=FileStreamSink\ntopics=t\nfile=x\nerrors.tolerence=canary\nconfluent.license=canary\n"
	code, out, log := validate(t, write(t, filepath.Join(dir, "odd"), odd), "--worker", worker)
	if code != 0 || out != "valid\n" {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, want := range []string{"warning: nothing reads errors.tolerence (did you mean errors.tolerance?)\n", "warning: nothing reads confluent.license\n",
		"offset.flush.intervall.ms (did you mean offset.flush.interval.ms?)"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing in %s", want, log)
		}
	}
	if strings.Contains(log, "canary") {
		t.Errorf("a value is shown in %s", log)
	}
	code, out, log = validate(t, write(t, filepath.Join(dir, "wrong"), odd+"tasks.max=0\n"))
	if code != 1 || !strings.HasPrefix(out, "tasks.max: Invalid value 0") || strings.Count(out, "\n") != 1 || !strings.Contains(log, "errors.tolerance?") {
		t.Errorf("with a problem: exit code %d: %s%s", code, out, log)
	}
}
