package examine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
)

func TestInvalidConfigurations(t *testing.T) {
	x := newExaminer()
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
		"version": {valid(connectorconfig.PluginVersion, "99"), []string{"Plugin " + fakeClass + " not found that matches the version range [99,99], available versions: [v]",
			"Plugin " + fakeClass + " not found that matches the version range [99,99], available versions: [v]"}},
		"transforms": {valid("transforms", "t"), []string{"Invalid value t for configuration transforms: transforming records is not supported yet by this version"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused(t, x, "a", c.config)
			want := fmt.Sprintf("Connector configuration is invalid and contains the following %d error(s):\n%s\nYou can also find the above list "+
				"of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`", len(c.want), strings.Join(c.want, "\n"))
			if kindOf(err) != runtime.BadRequest || err.Error() != want {
				t.Fatalf("got %v\nwant %s", err, want)
			}
		})
	}
}

// TestPatternThatCannotBeHeldAgainstTheDeadLetterTopic: Java trips over it, so it is no validation with a finding.
func TestPatternThatCannotBeHeldAgainstTheDeadLetterTopic(t *testing.T) {
	x := newExaminer()
	_, err := x.Validate(t.Context(), "FakeSink", valid("topics", "", "topics.regex", "[", connectorconfig.DeadTopic, "d"))
	if kindOf(err) != runtime.BadRequest || !strings.HasPrefix(err.Error(), "Invalid value [ for configuration topics.regex: Invalid regex: ") {
		t.Error(err)
	}
	if _, err := x.Validate(t.Context(), "FakeSink", valid("topics.regex", "[", connectorconfig.DeadTopic, "d")); err != nil {
		t.Error(err)
	}
}

func TestMissingClassTellsNoSecret(t *testing.T) {
	x := newExaminer()
	one, secret := "1", "hunter2"
	err := refused(t, x, "a", runtime.RawConfig{"x": &one, "db.password": &secret, "y": nil})
	if want := "Connector config {db.password=[hidden], name=a, x=1, y=null} contains no connector type"; kindOf(err) != runtime.BadRequest || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestNamesOfConnectors(t *testing.T) {
	x := newExaminer()
	for name, want := range map[string]string{
		"":       "Invalid value  for configuration name: String may not be empty",
		"a\x00b": "String may not contain control sequences but had the following ASCII chars: 0",
		"a\nb":   "String may not contain control sequences but had the following ASCII chars: 10",
	} {
		if err := refused(t, x, name, valid()); kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	for _, name := range []string{strings.Repeat("x", 8001), strings.Repeat("/", 2667)} {
		err := refused(t, x, name, valid())
		if kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), "String may not be longer than 8000 bytes in a URL") {
			t.Errorf("a name of %d bytes: %v", len(name), err)
		}
	}
}
