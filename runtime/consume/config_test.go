package consume_test

import (
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime/consume"
)

// TestValuesOfConsumers: what fails a consumer of Java fails ours, and what Java takes is taken.
func TestValuesOfConsumers(t *testing.T) {
	for setting, fails := range map[string]bool{
		"auto.offset.reset=nowhere": true, "auto.offset.reset=EARLIEST": true, "auto.offset.reset=": true, "auto.offset.reset=none": false,
		"auto.offset.reset=by_duration:PT1H": false, "auto.offset.reset=by_duration:p1dt2h3m4.5s": false, "auto.offset.reset=by_duration:PT-1S": true,
		"auto.offset.reset=by_duration:": true, "auto.offset.reset=by_duration:PT": true, "auto.offset.reset=by_duration:1h": true, "auto.offset.reset=by_duration:-PT-5M": false,
		"max.poll.records=0": true, "max.poll.records=5": false, "session.timeout.ms=-1": true, "session.timeout.ms=1": true,
		"heartbeat.interval.ms=50000": true, "max.poll.interval.ms=1000": false, "isolation.level=x": true, "isolation.level=READ_COMMITTED": true,
		"fetch.min.bytes=-5": true, "fetch.max.bytes=-1": true, "fetch.max.wait.ms=-1": true, "max.partition.fetch.bytes=-1": true,
		"receive.buffer.bytes=-5": true, "retry.backoff.ms=-5": true, "connections.max.idle.ms=-5": false, "metrics.num.samples=0": true,
		"metrics.recording.level=x": true, "client.dns.lookup=x": true, "group.protocol=foo": true, "group.protocol=consumer": false,
		"group.id=": true, "group.instance.id=": true, "group.instance.id=a b": true, "group.instance.id=a-b": false, "partition.assignment.strategy=": true, "partition.assignment.strategy=foo": true,
		"bootstrap.servers=": true, "bootstrap.servers=nohost": true, "request.timeout.ms=-1": true, "request.timeout.ms=0": false,
		"default.api.timeout.ms=-1": true, "security.protocol=foo": true, "security.protocol=plaintext": false, "security.protocol=SASL_PLAINTEXT": true,
		"sasl.mechanism=foo": false, "sasl.jaas.config=garbage": false, "ssl.truststore.location=/none": false, "ssl.protocol=foo": false,
		"ssl.enabled.protocols=foo": false, "ssl.endpoint.identification.algorithm=foo": false, "sasl.login.refresh.window.factor=2": true,
		"acks=7": false, "made.up=x": false,
	} {
		key, value, _ := strings.Cut(setting, "=")
		props := map[string]string{"bootstrap.servers": "localhost:9092"}
		props[key] = value
		if _, err := consume.NewConfig(props, "c", "g"); (err != nil) != fails {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
