package workerconfig

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

const testClass = "test.WorkerConverter"

func init() {
	converter.Register(converter.Plugin{Class: testClass, Value: true, Header: true,
		Config: func() *configdef.Def {
			return configdef.New(configdef.Key{Name: "schemas.enable", Type: configdef.Boolean, Default: "true"})
		}})
}

func minimal(extra ...string) map[string]string {
	props := map[string]string{KeyConverter: testClass, ValueConverter: testClass}
	for i := 0; i+1 < len(extra); i += 2 {
		props[extra[i]] = extra[i+1]
	}
	return props
}

func TestParsePropertiesReadsWhatJavaReads(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"separators":     {"a=1\nb:2\nc 3\n d = 4", map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}},
		"comments":       {"# x=1\n! y=2\nz=3", map[string]string{"z": "3"}},
		"continued":      {"a=1,\\\n   2", map[string]string{"a": "1,2"}},
		"continued crlf": {"a=1,\\\r\n   2\r\nb=3", map[string]string{"a": "1,2", "b": "3"}},
		"latin 1":        {"a=\xfc", map[string]string{"a": "ü"}},
		"unicode escape": {`a=\u20ac`, map[string]string{"a": "€"}},
		"surrogate pair": {`a=x\ud83d\uDE00y`, map[string]string{"a": "x😀y"}},
		"escaped escape": {`a=\\ud83d`, map[string]string{"a": `\ud83d`}},
		"escaped in key": {`a\ b\:c=1`, map[string]string{"a b:c": "1"}},
		"last one wins":  {"a=1\na=2", map[string]string{"a": "2"}},
		"no expansion":   {"a=${b}\nb=${a}", map[string]string{"a": "${b}", "b": "${a}"}},
		"empty value":    {"a=\nb", map[string]string{"a": "", "b": ""}},
		"jaas stays whole": {`a=x required username="u" password="p=q;";`,
			map[string]string{"a": `x required username="u" password="p=q;";`}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseProperties([]byte(c.text))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
	if _, err := ParseProperties([]byte(`a=\u12g4`)); err == nil {
		t.Fatal("a malformed unicode escape must be refused")
	}
}

func load(path string) (Config, error) {
	props, err := Read(path)
	if err != nil {
		return Config{}, err
	}
	return New(props)
}

func TestLoadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "worker.properties")
	text := "key.converter=" + testClass + "\nvalue.converter=" + testClass +
		"\nlisteners=http://127.0.0.1:0, HTTP://[::1]:8084\nplugin.path=/usr/share/java\ngroup.id=x\nconsumer.fetch.min.bytes=1\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []Listener{{Host: "127.0.0.1"}, {Host: "::1", Port: 8084}}
	if !reflect.DeepEqual(c.Listeners, want) {
		t.Errorf("listeners %+v, want %+v", c.Listeners, want)
	}
	if !reflect.DeepEqual(c.Ignored, []string{"plugin.path"}) || !reflect.DeepEqual(c.Unused, []string{"group.id"}) {
		t.Errorf("ignored %v, unused %v", c.Ignored, c.Unused)
	}
	if got := c.Advertised(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000}); got != "127.0.0.1:40000" {
		t.Errorf("advertised as %s", got)
	}
}

func TestMalformedPropertiesStopTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		props map[string]string
		want  string
	}{
		"missing converter": {map[string]string{ValueConverter: testClass},
			`Missing required configuration "key.converter" which has no default value.`},
		"unknown converter": {minimal(KeyConverter, "nope"), "Invalid value nope for configuration key.converter: Class nope could not be found."},
		"bad sub key":       {minimal("value.converter.schemas.enable", "maybe"), "Expected value to be either true or false (set as value.converter.schemas.enable)"},
		"bad number":        {minimal(OffsetFlush, "soon"), "Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG"},
		"other scheme":      {minimal(ListenersKey, "ftp://:21"), "must use http or https"},
		"not advertised":    {minimal(AdvertisedScheme, "https"), "Invalid value https for configuration rest.advertised.listener: there is no such listener"},
		"admin listeners":   {minimal(AdminListenersKey, "http://:0,x"), "is not of the form http://host:port"},
		"blank admin":       {minimal(AdminListenersKey, ","), "is not of the form http://host:port"},
		"admin store":       {minimal(AdminListenersKey, "https://:0", "admin.listeners.https.ssl.keystore.type", "BKS"), "ssl.keystore.type"},
		"no port":           {minimal(ListenersKey, "http://localhost"), "is not of the form http://host:port"},
		"blank listener":    {minimal(ListenersKey, "http://:1,,"), "is not of the form http://host:port"},
		"no listener":       {minimal(ListenersKey, ""), "List of listeners must not be empty"},
		"bad broker":        {minimal(BootstrapServers, "kafka"), "Invalid url in bootstrap.servers: kafka"},
		"extension":         {minimal("rest.extension.classes", "x.BasicAuth"), "REST extensions are not supported yet by this version"},
		"override policy":   {minimal("connector.client.config.override.policy", "Nobody"), "it must be one of All, None, Principal, Allowlist"},
		"bad worker id":     {minimal(WorkerIDKey, "a b"), "Invalid value a b for configuration worker.id"},
		"bad broker port":   {minimal(BootstrapServers, "kafka:0"), "Invalid port in bootstrap.servers: kafka:0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(c.props)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestDataDir(t *testing.T) {
	for name, c := range map[string]struct {
		props map[string]string
		want  string
	}{
		"default":     {minimal(), "sluice-data"},
		"offset file": {minimal(OffsetFile, "/var/lib/x/connect.offsets"), "/var/lib/x/sluice-data"},
		"own":         {minimal(OffsetFile, "/var/lib/x/connect.offsets", DataDirKey, "/data"), "/data"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := New(c.props)
			if err != nil || cfg.DataDir != c.want {
				t.Fatalf("got %q, %v; want %q", cfg.DataDir, err, c.want)
			}
		})
	}
}

func TestAdvertised(t *testing.T) {
	c, err := New(minimal(AdvertisedHost, "connect.example", AdvertisedPort, "80"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Advertised(&net.TCPAddr{Port: 8083}); got != "connect.example:80" {
		t.Errorf("advertised as %s", got)
	}
}

func FuzzParseProperties(f *testing.F) {
	f.Add([]byte("a=1\\\n 2"))
	f.Add([]byte(`\ud83d=\`))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = ParseProperties(data) })
}
