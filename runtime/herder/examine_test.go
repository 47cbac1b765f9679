package herder

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
)

func TestInvalidConfigurations(t *testing.T) {
	w := newWorker(t, dataDir(t))
	both := "topics and topics.regex are mutually exclusive options, but both are set."
	for name, c := range map[string]struct {
		config runtime.RawConfig
		want   []string
	}{
		"several": {valid("tasks.max", "0", "errors.log.enable", "maybe"), []string{
			"Invalid value 0 for configuration tasks.max: Value must be at least 1",
			"Invalid value maybe for configuration errors.log.enable: Expected value to be either true or false"}},
		"not a number": {valid("tasks.max", "abc"), []string{
			"Invalid value abc for configuration tasks.max: Not a number of type INT",
			"Invalid value null for configuration tasks.max: Value must be non-null"}},
		"no topics":   {valid("topics", ""), []string{"Must configure one of topics or topics.regex", "Must configure one of topics or topics.regex"}},
		"both topics": {valid("topics.regex", "x"), []string{both, both}},
		"bad regex": {valid("topics", "", "topics.regex", "["), []string{
			"Invalid value [ for configuration topics.regex: Invalid regex: Unclosed character class near index 0\n[\n^"}},
		"dangling regex": {valid("topics", "", "topics.regex", "a|*"), []string{
			"Invalid value a|* for configuration topics.regex: Invalid regex: Dangling meta character '*' near index 2\na|*\n  ^"}},
		"large regex": {valid("topics", "", "topics.regex", strings.Repeat("x", 1<<15)), []string{
			"Invalid value " + strings.Repeat("x", 1<<15) + " for configuration topics.regex: Invalid regex: the pattern is longer than 16384 bytes"}},
		"nested regex": {valid("topics", "", "topics.regex", strings.Repeat("(", 201)+strings.Repeat(")", 201)), []string{
			"Invalid value " + strings.Repeat("(", 201) + strings.Repeat(")", 201) + " for configuration topics.regex: Invalid regex: " +
				"Groups or classes that are nested more than 200 deep cannot be used here, though Java knows them, near index 199\n" +
				strings.Repeat("(", 201) + strings.Repeat(")", 201) + "\n" + strings.Repeat(" ", 199) + "^"}},
		"grapheme regex": {valid("topics", "", "topics.regex", `a\X`), []string{
			`Invalid value a\X for configuration topics.regex: Invalid regex: ` +
				"A grapheme cluster (\\X) cannot be used here, though Java knows it, near index 2\na\\X\n  ^"}},
		"pattern as a topic": {valid("topics", "a,mysql.database.*"), []string{
			"No topic can be called 'mysql.database.*': a name has at most 249 characters, which are ASCII letters, digits, '.', '_' and '-', " +
				"and is not '.' or '..'. For a pattern of names use topics.regex instead."}},
		"dlq matched by looking around": {valid("topics", "", "topics.regex", "(?!x)d.*", "errors.deadletterqueue.topic.name", "dd"), []string{
			"The DLQ topic 'dd' may not be matched by the regex for the topics ('topics.regex=(?!x)d.*') consumed by the connector"}},
		"open group": {valid("topics", "", "topics.regex", "a("), []string{
			"Invalid value a( for configuration topics.regex: Invalid regex: Unclosed group near index 2\na("}},
		"empty topic":  {valid("topics", "a,,b"), []string{"Configuration 'topics' values must not be empty."}},
		"empty topics": {valid("topics", ","), []string{"Configuration 'topics' values must not be duplicated."}},
		"order of a converter's settings": {valid("key.converter", fakeConv, "key.converter.schemas.enable", "x", "key.converter.decimal.format", "y"), []string{
			"Invalid value y for configuration decimal.format: Expected value to be either true or false",
			"Invalid value x for configuration schemas.enable: Expected value to be either true or false"}},
		"blanks around": {valid("errors.tolerance", " some\t"), []string{"Invalid value some for configuration errors.tolerance: String must be one of: none, all"}},
		"blanks around a class": {valid("key.converter", " nope "), []string{
			"Invalid value  nope  for configuration key.converter: Class  nope  could not be found."}},
		"blanks around a converter": {valid("key.converter", fakeConv+" "), []string{"Failed to load class " + fakeConv + " : " + fakeConv + " "}},
		"no blank in Java": {valid("tasks.max", "\u00a01"), []string{"Invalid value \u00a01 for configuration tasks.max: Not a number of type INT",
			"Invalid value null for configuration tasks.max: Value must be non-null"}},
		"interface": {valid("key.converter", converterInterface), []string{"This class is abstract and cannot be created."}},
		"other interface": {valid("header.converter", converterInterface), []string{
			"Class interface " + converterInterface + " does not implement the HeaderConverter interface"}},
		"serializer": {valid("key.converter", "org.apache.kafka.common.serialization.StringSerializer"), []string{
			"Class class org.apache.kafka.common.serialization.StringSerializer does not implement the Converter interface"}},
		"sink alias as converter": {valid("header.converter", "FakeSink"), []string{
			"Class class " + fakeClass + " does not implement the HeaderConverter interface"}},
		"converter type": {valid("key.converter", fakeConv, "key.converter.schemas.enable", "x", "key.converter.plugin.version", "9"), []string{
			"Invalid value x for configuration schemas.enable: Expected value to be either true or false"}},
		"converter version": {valid("key.converter", "Fake", "key.converter.schemas.enable", "x", "key.converter.plugin.version", "[1,2)"), []string{
			"Plugin " + fakeConv + " not found that matches the version range [1,2), available versions: [9, 9]",
			"Plugin " + fakeConv + " not found that matches the version range [1,2), available versions: [9, 9]"}},
		"converter version alone": {valid("key.converter.plugin.version", "a,,b"), []string{"Range defies version ordering: [a,,b]"}},
		"topic twice":             {valid("topics", "a,a"), []string{"Configuration 'topics' values must not be duplicated."}},
		"dlq in topics": {valid("topics", "a,d", "errors.deadletterqueue.topic.name", "d"), []string{
			"The DLQ topic 'd' may not be included in the list of topics ('topics=[a, d]') consumed by the connector"}},
		"dlq matched": {valid("topics", "", "topics.regex", "d.*", "errors.deadletterqueue.topic.name", "dd"), []string{
			"The DLQ topic 'dd' may not be matched by the regex for the topics ('topics.regex=d.*') consumed by the connector"}},
		"converter": {valid("key.converter", "nope"), []string{"Invalid value nope for configuration key.converter: Class nope could not be found."}},
		"sink as converter": {valid("value.converter", fakeClass), []string{
			"Class class " + fakeClass + " does not implement the Converter interface"}},
		"converter setting": {valid("value.converter", "FakeConverter", "value.converter.schemas.enable", "maybe"), []string{
			"Invalid value maybe for configuration schemas.enable: Expected value to be either true or false"}},
		"alias twice": {valid("transforms", "a, a"), []string{"Invalid value [a, a] for configuration transforms: Duplicate alias provided."}},
		"enum":        {valid("errors.tolerance", "some"), []string{"Invalid value some for configuration errors.tolerance: String must be one of: none, all"}},
		"own key":     {valid("size", "0"), []string{"Invalid value 0 for configuration size: Value must be at least 1"}},
		"null":        {nulled("x"), []string{"Null value can not be supplied as the configuration value."}},
		"null topics": {nulled("topics"), []string{"Configuration 'topics' values must not be null.", "Must configure one of topics or topics.regex",
			"Null value can not be supplied as the configuration value.", "Must configure one of topics or topics.regex"}},
		"null tasks": {nulled("tasks.max"), []string{"Invalid value null for configuration tasks.max: Value must be non-null",
			"Null value can not be supplied as the configuration value."}},
		"null required": {nulled("errors.tolerance"), []string{"Invalid value null for configuration errors.tolerance: String must be one of: none, all",
			"Null value can not be supplied as the configuration value."}},
		"null list": {nulled("transforms"), []string{"Invalid value null for configuration transforms: entry must be non null",
			"Null value can not be supplied as the configuration value."}},
		"version": {valid(pluginVersion, "99"), []string{"Plugin " + fakeClass + " not found that matches the version range [99,99], available versions: [v]",
			"Plugin " + fakeClass + " not found that matches the version range [99,99], available versions: [v]"}},
		"transforms": {valid("transforms", "t"), []string{"Invalid value t for configuration transforms: transforming records is not supported yet by this version"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateConnector(t.Context(), "a", c.config, runtime.Running)
			want := fmt.Sprintf("Connector configuration is invalid and contains the following %d error(s):\n%s\nYou can also find the above list "+
				"of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`", len(c.want), strings.Join(c.want, "\n"))
			if kindOf(err) != runtime.BadRequest || err.Error() != want {
				t.Fatalf("got %v\nwant %s", err, want)
			}
			if _, err := w.ConnectorInfo("a"); kindOf(err) != runtime.NotFound {
				t.Error("a refused connector exists")
			}
		})
	}
}

// TestMissingTargetDoesNotRefuseTheConnector: what the world lacks is the task's to say, which can be restarted.
func TestMissingTargetDoesNotRefuseTheConnector(t *testing.T) {
	w := newWorker(t, dataDir(t))
	if _, err := w.CreateConnector(t.Context(), "a", valid("file", "refused"), runtime.Running); err != nil {
		t.Errorf("the connector was refused: %v", err)
	}
}

func nulled(key string) runtime.RawConfig {
	config := valid()
	config[key] = nil
	return config
}

// TestPatternThatCannotBeHeldAgainstTheDeadLetterTopic: Java trips over it, so it is no validation with a finding.
func TestPatternThatCannotBeHeldAgainstTheDeadLetterTopic(t *testing.T) {
	w := newWorker(t, t.TempDir())
	_, err := w.Validate(t.Context(), "FakeSink", valid("topics", "", "topics.regex", "[", dlqTopic, "d"))
	if kindOf(err) != runtime.BadRequest || !strings.HasPrefix(err.Error(), "Invalid value [ for configuration topics.regex: Invalid regex: ") {
		t.Error(err)
	}
	if _, err := w.Validate(t.Context(), "FakeSink", valid("topics.regex", "[", dlqTopic, "d")); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	w := newWorker(t, dataDir(t))
	for name, want := range map[string]string{
		"":       "Invalid value  for configuration name: String may not be empty",
		"a\x00b": "String may not contain control sequences but had the following ASCII chars: 0",
		"a\nb":   "String may not contain control sequences but had the following ASCII chars: 10",
	} {
		if _, err := w.CreateConnector(t.Context(), name, valid(), runtime.Running); kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	for _, name := range []string{strings.Repeat("x", 8001), strings.Repeat("/", 2667)} {
		_, err := w.CreateConnector(t.Context(), name, valid(), runtime.Running)
		if kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), "String may not be longer than 8000 bytes in a URL") {
			t.Errorf("a name of %d bytes: %v", len(name), err)
		}
	}
	for _, name := range []string{"a b", "ünï€", "a/b", "..", strings.Repeat("x", 600), strings.Repeat("x", 8000), "%2e"} {
		w.create(name)
		w.until(name, run, run)
		if id := w.tasks.get(name, 0).spec.InstanceID; !legalMember.MatchString(id) {
			t.Errorf("name %q has the member id %q, which Kafka refuses", name, id)
		}
	}
	if _, err := w.CreateConnector(t.Context(), "a", valid("name", "b"), runtime.Running); err == nil ||
		err.Error() != "Connector name configuration (b) doesn't match connector name in the URL (a)" {
		t.Errorf("another name in the configuration: %v", err)
	}
}

func TestClassNames(t *testing.T) {
	for _, name := range []string{fakeClass, "FakeSinkConnector", "FakeSink"} {
		if p, err := examine.LookupConnector(name); err != nil || p.Class != fakeClass {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", " " + fakeClass, "Fake", "fakesink", fakeConv} {
		_, err := examine.LookupConnector(name)
		if want := "Failed to find any class that implements Connector and which name matches " + name + ", available connectors are: "; kindOf(err) != runtime.BadRequest || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	w := newWorker(t, dataDir(t))
	infos, err := w.Validate(t.Context(), "FakeSink", valid("name", "a", "secret", "hunter2", "size", "0", "consumer.override.x", "1"))
	must(t, err)
	if infos.Name != fakeClass || infos.ErrorCount != 1 || !reflect.DeepEqual(infos.Groups, []string{"Common", "Transforms", "Predicates", "Error Handling"}) {
		t.Errorf("%s %d %v", infos.Name, infos.ErrorCount, infos.Groups)
	}
	names := map[string]runtime.ConfigInfo{}
	for i, c := range infos.Configs {
		names[c.Value.Name] = c
		if i == 0 && c.Value.Name != "name" {
			t.Errorf("first is %s", c.Value.Name)
		}
		if text := fmt.Sprintf("%+v", c); strings.Contains(text, "hunter2") || (c.Value.Value != nil && strings.Contains(*c.Value.Value, "hunter2")) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	if c := names["size"]; *c.Value.Value != "0" || len(c.Value.Errors) != 1 || c.Definition.Order != -1 || c.Definition.Group != nil {
		t.Errorf("size: %+v", c)
	}
	if c := names["key.converter"]; *c.Value.Value != fakeConv || *c.Definition.DefaultValue != fakeConv || len(c.Value.RecommendedValues) == 0 {
		t.Errorf("key.converter: %+v", c)
	}
	if c := names["consumer.override.x"]; c.Definition != nil || *c.Value.Value != "1" {
		t.Errorf("override: %+v", c)
	}
	for plugin, want := range map[string]string{"Other": "Included connector type " + fakeClass + " does not match request type Other"} {
		if _, err := w.Validate(t.Context(), plugin, valid()); err == nil || err.Error() != want {
			t.Errorf("%s: %v", plugin, err)
		}
	}
	if _, err := w.Validate(t.Context(), "FakeSink", runtime.RawConfig{}); kindOf(err) != runtime.BadRequest {
		t.Errorf("without a class: %v", err)
	}
}

func TestPlugins(t *testing.T) {
	w := newWorker(t, dataDir(t))
	want := []runtime.PluginInfo{{Class: fakeClass, Type: "sink", Version: "v"}, {Class: fakeConv, Type: "converter", Version: "9"}, {Class: fakeConv, Type: "header_converter", Version: "9"}}
	if got := w.Plugins(false); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := w.Plugins(true); !reflect.DeepEqual(got, want[:1]) {
		t.Errorf("%v", got)
	}
	keys, err := w.PluginConfig("FakeSink", "latest")
	if err != nil || keys[0].Name != "file" || keys[3].Name != "name" {
		t.Errorf("%v %v", keys, err)
	}
	if _, err := w.PluginConfig("FakeConverter", "latest"); err != nil {
		t.Error(err)
	}
	if _, err := w.PluginConfig("Fake", ""); kindOf(err) != runtime.BadRequest || !strings.HasSuffix(err.Error(), " not found that matches the version range [,], available versions: [9, 9]") {
		t.Error(err)
	}
	if _, err := w.PluginConfig("nope", "[5,4]"); kindOf(err) != runtime.BadRequest || err.Error() != "Invalid version specification: [5,4]" {
		t.Error(err)
	}
	if _, err := w.PluginConfig("Principal", "latest"); kindOf(err) != runtime.BadRequest || !strings.HasPrefix(err.Error(), "Invalid plugin class Principal. Valid types are sink, ") {
		t.Error(err)
	}
	if _, err := w.PluginConfig("nope", ""); kindOf(err) != runtime.NotFound || err.Error() != "Unknown plugin nope." {
		t.Error(err)
	}
}

func TestMissingClassTellsNoSecret(t *testing.T) {
	w := newWorker(t, dataDir(t))
	one, secret := "1", "hunter2"
	_, err := w.CreateConnector(t.Context(), "a", runtime.RawConfig{"x": &one, "db.password": &secret, "y": nil}, runtime.Running)
	if want := "Connector config {db.password=[hidden], name=a, x=1, y=null} contains no connector type"; kindOf(err) != runtime.BadRequest || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
