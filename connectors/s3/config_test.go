package s3

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var minimal = map[string]string{"format.class": classJSON, "storage.class": storageClass, "flush.size": "1", "s3.bucket.name": "bkt"}

func with(props ...string) map[string]string {
	m := maps.Clone(minimal)
	for i := 0; i < len(props); i += 2 {
		m[props[i]] = props[i+1]
	}
	return m
}

func TestProblems(t *testing.T) {
	timed := []string{"partitioner.class", classTime, "locale", "en", "timezone", "UTC", "path.format", "YYYY", "partition.duration.ms", "1"}
	for _, c := range []struct {
		props map[string]string
		keys  string // with a problem, comma separated
		text  string
	}{
		{with(), "", ""},
		{with(timed...), "", ""},
		{with("partitioner.class", classHourly, "locale", "de", "timezone", "Europe/Berlin", "timestamp.extractor", "RecordField"), "", ""},
		{with("s3.bucket.name", "a.b-1"), "", ""},
		{with("s3.bucket.name", "Old_Bucket"), "", ""},
		{with("s3.bucket.name", "arn:aws:s3:eu-central-1:123456789012:accesspoint/a"), "", ""},
		{with("s3.bucket.name", "ab"), "s3.bucket.name", "3 to 63 characters"},
		{with("s3.bucket.name", strings.Repeat("a", 256)), "s3.bucket.name", "3 to 63 characters"},
		{with("s3.bucket.name", "a/b"), "s3.bucket.name", "letters, digits, dots and dashes"},
		{with("s3.bucket.name", "-ab"), "s3.bucket.name", "letter or digit at both ends"},
		{with("s3.bucket.name", "ab."), "s3.bucket.name", "letter or digit at both ends"},
		{with("s3.bucket.name", "a..b"), "s3.bucket.name", "no two dots"},
		{with("s3.bucket.name", "10.0.0.1"), "s3.bucket.name", "IP addresses"},
		{with("s3.bucket.name", "s3://bucket"), "s3.bucket.name", "letters, digits, dots and dashes"},
		{with("format.class", classAvro), "format.class", "not supported yet"},
		{with("format.class", classParquet), "format.class", "not supported yet"},
		{with("format.class", "com.example.Csv"), "format.class", "supported are"},
		{with("store.kafka.keys", "true"), "store.kafka.keys", "not supported yet"},
		{with("store.kafka.headers", "true"), "store.kafka.headers", "not supported yet"},
		{with("schema.compatibility", "FULL"), "schema.compatibility", "not supported yet"},
		{with("s3.object.tagging", "true"), "s3.object.tagging", "not supported yet"},
		{with("s3.object.tagging.key.value.pairs", "a:b"), "s3.object.tagging.key.value.pairs", "not supported yet"},
		{with("s3.schema.partition.affix.type", "PREFIX"), "s3.schema.partition.affix.type", "not supported yet"},
		{with("partitioner.class", "com.example.Mine"), "partitioner.class", "HourlyPartitioner"},
		{with("partitioner.class", classField), "partition.field.name", "at least one field"},
		{with("partitioner.class", classHourly), "locale,timezone", ""},
		{with("partitioner.class", classTime, "locale", "en", "timezone", "UTC"), "path.format,partition.duration.ms", ""},
		{with(append(timed, "path.format", "'open")...), "path.format", "never closed"},
		{with(append(timed, "partition.duration.ms", "0")...), "partition.duration.ms", "positive"},
		{with("rotate.schedule.interval.ms", "60000"), "timezone", "needs a time zone"},
		{with("rotate.interval.ms", "0"), "rotate.interval.ms", ""},
		{with("timestamp.extractor", "com.example.Mine"), "timestamp.extractor", "RecordField"},
		{with("timestamp.extractor", partitionerPackage+"TimeBasedPartitioner$RecordTimestampExtractor"), "", ""},
		{with("flush.size", "0"), "flush.size", ""},
		{with("s3.part.size", "1000"), "s3.part.size", ""},
		{with("s3.wan.mode", "true"), "s3.wan.mode", "path.style"},
		{with("s3.acl.canned", "everybody"), "s3.acl.canned", ""},
		{with("s3.acl.canned", "bucket-owner-full-control", "s3.ssea.name", "aws:kms", "s3.sse.kms.key.id", "k"), "", ""},
		{with("s3.ssea.name", "AES256", "s3.sse.customer.key", "c2hvcnQ="), "s3.sse.customer.key", "32 bytes"},
		{with("s3.compression.type", "zstd"), "s3.compression.type", ""},
		{with("s3.credentials.provider.class", "com.example.Mine"), "s3.credentials.provider.class", "supported are"},
		{with("store.url", "file:///tmp"), "store.url", "http"},
		{with("store.url", "https://user:c2hvcnQ@s3.example"), "store.url", "user name or password"},
		{with("s3.proxy.url", "http://user:c2hvcnQ@proxy:3128"), "s3.proxy.url", "user name or password"},
		{with("s3.region", ""), "s3.region", ""},
	} {
		_, problems := definition.Parse(c.props)
		var keys []string
		text := ""
		for _, p := range problems {
			keys, text = append(keys, p.Key), text+p.Message
		}
		slices.Sort(keys)
		want := strings.Split(c.keys, ",")
		slices.Sort(want)
		if got := strings.Join(keys, ","); got != strings.Join(want, ",") || !strings.Contains(text, c.text) || strings.Contains(text, "c2hvcnQ") {
			t.Errorf("%v:\n problems %v", c.props, problems)
		}
	}
}

func TestDefaults(t *testing.T) {
	v, _ := definition.Parse(minimal)
	s, problems := newSettings(v)
	if len(problems) > 0 || s.partSize != 25<<20 || s.aws.Region != "us-west-2" || !s.pathStyle || s.aws.MaxAttempts != 3 || s.pause != 5*time.Second {
		t.Errorf("%+v, %v", s, problems)
	}
	v, _ = definition.Parse(with("format.class", classBytes, "format.bytearray.separator", "\n--\n", "s3.compression.type", "GZIP"))
	s, _ = newSettings(v)
	r := record(0, t0)
	r.Value.Schema = nil
	if s.names.extension != ".bin.gz" {
		t.Errorf("extension %s", s.names.extension)
	}
	if _, err := s.encode(nil, &r); err == nil {
		t.Error("a map was written as bytes")
	}
}

// TestNoPanic: settings are read also from values that failed to parse.
func TestNoPanic(t *testing.T) {
	for _, k := range definition.Keys() {
		for _, text := range []string{"", "x", "-5", "true", "999999999999999999999"} {
			definition.Parse(with(k.Name, text))
			definition.Parse(map[string]string{k.Name: text})
		}
	}
}

func TestExample(t *testing.T) {
	raw, err := os.ReadFile("example.json")
	if err != nil {
		t.Fatal(err)
	}
	var example struct {
		Name   string
		Config map[string]string
	}
	if err := json.Unmarshal(raw, &example); err != nil {
		t.Fatal(err)
	}
	if _, problems := definition.Parse(example.Config); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
}
