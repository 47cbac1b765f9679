package examine

import (
	"strings"
	"testing"
)

func TestClientPropertiesOfAWorker(t *testing.T) {
	const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="canary";`
	for name, c := range map[string]struct {
		props []string
		want  []string // parts of the one message; none for a worker that may start
	}{
		"nothing set": {nil, nil},
		"good": {[]string{"consumer.max.poll.records", "5", "consumer.security.protocol", "sasl_plaintext", "consumer.sasl.mechanism", "PLAIN",
			"consumer.sasl.jaas.config", plain, "producer.acks", "1", "admin.request.timeout.ms", "5000"}, nil},
		"missing store": {[]string{"security.protocol", "SSL", "ssl.truststore.location", "/none", "consumer.security.protocol", "SSL",
			"consumer.ssl.keystore.location", "/none"}, nil},
		"for other clients": {[]string{"consumer.linger.ms", "abc", "consumer.made.up", "abc", "fetch.min.bytes", "abc"}, nil},
		"all at once": {[]string{"consumer.auto.offset.reset", "nowhere", "consumer.fetch.min.bytes", "-5", "consumer.isolation.level", "x",
			"producer.acks", "7", "admin.request.timeout.ms", "abc", "security.protocol", "foo"}, []string{
			"Invalid value nowhere for configuration consumer.auto.offset.reset: ", "'earliest', 'latest'",
			"Invalid value -5 for configuration consumer.fetch.min.bytes: Value must be at least 0",
			"Invalid value x for configuration consumer.isolation.level: String must be one of: read_committed, read_uncommitted",
			"Invalid value 7 for configuration producer.acks: String must be one of: all, -1, 0, 1",
			"Invalid value abc for configuration admin.request.timeout.ms: Not a number of type INT",
			"Invalid value foo for configuration security.protocol: String must be one of (case insensitive): ", "SASL_SSL"}},
		"servers":  {[]string{"consumer.bootstrap.servers", "nohost"}, []string{"consumer.bootstrap.servers", "Invalid url in bootstrap.servers: nohost"}},
		"times":    {[]string{"consumer.session.timeout.ms", "-1"}, []string{"session.timeout.ms (-1)"}},
		"assignor": {[]string{"consumer.partition.assignment.strategy", "foo"}, []string{"[foo]", "use range, roundrobin or sticky"}},
		"mechanism": {[]string{"consumer.security.protocol", "SASL_PLAINTEXT", "consumer.sasl.mechanism", "FOO", "consumer.sasl.jaas.config", plain},
			[]string{"consumer.security.*", "sasl.mechanism FOO is not supported; supported are PLAIN"}},
		"no login line": {[]string{"producer.security.protocol", "SASL_SSL"}, []string{"producer.security.*", "set sasl.jaas.config"}},
		"protocols":     {[]string{"security.protocol", "SSL", "ssl.enabled.protocols", "TLSv9"}, []string{`"TLSv9" is not known`}},
		"store type":    {[]string{"admin.security.protocol", "SSL", "admin.ssl.truststore.type", "BKS"}, []string{"admin.security.*", "ssl.truststore.type", "PKCS12"}},
	} {
		t.Run(name, func(t *testing.T) {
			worker := map[string]string{"bootstrap.servers": "localhost:9092"}
			for i := 0; i < len(c.props); i += 2 {
				worker[c.props[i]] = c.props[i+1]
			}
			err := CheckClients(worker)
			if err == nil && len(c.want) == 0 {
				return
			}
			if err == nil || len(c.want) == 0 {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %s", err, want)
				}
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}
