package runtime

import (
	"strings"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// clientKeys describe the client settings that connectors may override, with the types and defaults of Kafka's clients.
var clientKeys = cd.New(
	cd.Key{Name: "bootstrap.servers", Type: cd.List, Importance: cd.High, Doc: "Addresses of brokers to start from."},
	cd.Key{Name: "client.id", Type: cd.String, Importance: cd.Low, Doc: "Name of the client in broker logs and quotas."},
	cd.Key{Name: "client.rack", Type: cd.String, Importance: cd.Low, Doc: "Rack of the client, for reading from a closer replica."},
	cd.Key{Name: "client.dns.lookup", Type: cd.String, Default: "use_all_dns_ips", Doc: "How broker names are resolved."},
	cd.Key{Name: "group.id", Type: cd.String, Null: true, Importance: cd.High, Doc: "The consumer group; connect-<connector> unless set."},
	cd.Key{Name: "group.instance.id", Type: cd.String, Null: true, Doc: "Name of a static member of the consumer group."},
	cd.Key{Name: "session.timeout.ms", Type: cd.Int, Default: "45000", Importance: cd.High, Doc: "How long the group waits for a heartbeat."},
	cd.Key{Name: "heartbeat.interval.ms", Type: cd.Int, Default: "3000", Importance: cd.High, Doc: "Time between heartbeats."},
	cd.Key{Name: "max.poll.interval.ms", Type: cd.Int, Default: "300000", Doc: "How long a rebalance waits for this member."},
	cd.Key{Name: "max.poll.records", Type: cd.Int, Default: "500",
		Doc: "The maximum number of records returned in a single call to poll(). Note, that <code>max.poll.records</code> does not " +
			"impact the underlying fetching behavior. The consumer will cache the records from each fetch request and returns them " +
			"incrementally from each poll."},
	cd.Key{Name: "auto.offset.reset", Type: cd.String, Default: "latest", Doc: "Where to start without a committed offset."},
	cd.Key{Name: "isolation.level", Type: cd.String, Default: "read_uncommitted", Doc: "Whether records of open and aborted transactions are seen."},
	cd.Key{Name: "enable.auto.commit", Type: cd.Boolean, Default: "true", Doc: "Whether the client commits by itself; a sink task never lets it."},
	cd.Key{Name: "allow.auto.create.topics", Type: cd.Boolean, Default: "true", Doc: "Whether asking for a topic may create it."},
	cd.Key{Name: "partition.assignment.strategy", Type: cd.List,
		Default: "class org.apache.kafka.clients.consumer.RangeAssignor,class org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
		Doc:     "How the group deals out partitions."},
	cd.Key{Name: "fetch.min.bytes", Type: cd.Int, Default: "1", Importance: cd.High, Doc: "How much a broker collects before it answers a fetch."},
	cd.Key{Name: "fetch.max.bytes", Type: cd.Int, Default: "52428800", Doc: "Most bytes in the answer to a fetch."},
	cd.Key{Name: "fetch.max.wait.ms", Type: cd.Int, Default: "500", Importance: cd.Low, Doc: "How long a broker collects before it answers a fetch."},
	cd.Key{Name: "max.partition.fetch.bytes", Type: cd.Int, Default: "1048576", Importance: cd.High, Doc: "Most bytes of a partition in the answer to a fetch."},
	cd.Key{Name: "check.crcs", Type: cd.Boolean, Default: "true", Importance: cd.Low, Doc: "Whether checksums of records are checked."},
	cd.Key{Name: "exclude.internal.topics", Type: cd.Boolean, Default: "true", Doc: "Whether a pattern of topics leaves internal ones out."},
	cd.Key{Name: "request.timeout.ms", Type: cd.Int, Default: "30000", Doc: "How long to wait for the answer to a request."},
	cd.Key{Name: "default.api.timeout.ms", Type: cd.Int, Default: "60000", Doc: "How long a call may take that is given no time."},
	cd.Key{Name: "metadata.max.age.ms", Type: cd.Long, Default: "300000", Importance: cd.Low, Doc: "How often topics are looked up again."},
	cd.Key{Name: "connections.max.idle.ms", Type: cd.Long, Default: "540000", Doc: "After this time an idle connection is closed."},
	cd.Key{Name: "retry.backoff.ms", Type: cd.Long, Default: "100", Importance: cd.Low, Doc: "First wait before a request is repeated."},
	cd.Key{Name: "retry.backoff.max.ms", Type: cd.Long, Default: "1000", Importance: cd.Low, Doc: "Longest wait before a request is repeated."},
	cd.Key{Name: "reconnect.backoff.ms", Type: cd.Long, Default: "50", Importance: cd.Low, Doc: "First wait before a broker is tried again."},
	cd.Key{Name: "reconnect.backoff.max.ms", Type: cd.Long, Default: "1000", Importance: cd.Low, Doc: "Longest wait before a broker is tried again."},
	cd.Key{Name: "socket.connection.setup.timeout.ms", Type: cd.Long, Default: "10000", Doc: "How long a connection attempt may take."},
	cd.Key{Name: "receive.buffer.bytes", Type: cd.Int, Default: "65536", Doc: "Size of the receive buffer of a connection."},
	cd.Key{Name: "send.buffer.bytes", Type: cd.Int, Default: "131072", Doc: "Size of the send buffer of a connection."},
	cd.Key{Name: "acks", Type: cd.String, Default: "all", Importance: cd.Low, Doc: "Which replicas acknowledge a record."},
	cd.Key{Name: "compression.type", Type: cd.String, Default: "none", Importance: cd.High, Doc: "How batches are compressed."},
	cd.Key{Name: "max.request.size", Type: cd.Int, Default: "1048576", Doc: "Most bytes in a request."},
	cd.Key{Name: "delivery.timeout.ms", Type: cd.Int, Default: "120000", Doc: "How long a record may take to be acknowledged."},
	cd.Key{Name: "linger.ms", Type: cd.Long, Default: "5", Doc: "How long a batch waits for more records."},
	cd.Key{Name: "batch.size", Type: cd.Int, Default: "16384", Doc: "Size of a batch."},
	cd.Key{Name: "security.protocol", Type: cd.String, Default: "PLAINTEXT", Doc: "How to talk to brokers."},
	cd.Key{Name: "sasl.mechanism", Type: cd.String, Default: "GSSAPI", Doc: "How to log in."},
	cd.Key{Name: "sasl.jaas.config", Type: cd.Password, Null: true, Doc: "Login module line with user name and password."},
	cd.Key{Name: "ssl.truststore.location", Type: cd.String, Null: true, Importance: cd.High, Doc: "File of the certificates to trust."},
	cd.Key{Name: "ssl.truststore.password", Type: cd.Password, Null: true, Importance: cd.High, Doc: "Password of that file."},
	cd.Key{Name: "ssl.keystore.location", Type: cd.String, Null: true, Importance: cd.High, Doc: "File of the client's key and certificates."},
	cd.Key{Name: "ssl.keystore.password", Type: cd.Password, Null: true, Importance: cd.High, Doc: "Password of that file."},
	cd.Key{Name: "ssl.key.password", Type: cd.Password, Null: true, Importance: cd.High, Doc: "Password of the client's key."},
)

// The settings that only one kind of client has; every other one is common to all.
var (
	consumerOnly = []string{"group.", "session.", "heartbeat.", "max.poll.", "auto.offset.", "isolation.", "enable.auto.", "allow.auto.",
		"partition.assignment.", "fetch.", "max.partition.", "check.crcs", "exclude.internal."}
	producerOnly = []string{"acks", "compression.", "max.request.", "delivery.", "linger.", "batch."}
)

// definedFor reports whether the client that prefix belongs to has a setting.
func definedFor(prefix, key string) bool {
	return (prefix == consumerOverride || !startsWithAny(key, consumerOnly)) && (prefix == producerOverride || !startsWithAny(key, producerOnly))
}

func startsWithAny(text string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}
