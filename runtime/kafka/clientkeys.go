package kafka

import (
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The settings of Java's clients: names, types, defaults and ranges are Kafka's, since answers show them and users rely
// on being told what is wrong. Those marked as ignored have no counterpart here.

// sharedKeys are the settings that all clients have alike, besides securityKeys.
var sharedKeys = []cd.Key{
	{Name: "client.dns.lookup", Type: cd.String, Default: "use_all_dns_ips", Ignored: true, Valid: cd.OneOf("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"),
		Doc: "How broker names are resolved."},
	{Name: "config.providers", Type: cd.List, Importance: cd.Low, Ignored: true, Doc: "Config providers of the client; those of the worker count."},
	{Name: "metadata.max.age.ms", Type: cd.Long, Default: "300000", Importance: cd.Low, Valid: cd.AtLeast(0),
		Doc: "How often topics and partitions are looked up again."},
	{Name: "metadata.recovery.rebootstrap.trigger.ms", Type: cd.Long, Default: "300000", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "After this time without metadata the client starts again from bootstrap.servers."},
	{Name: "metadata.recovery.strategy", Type: cd.String, Default: "rebootstrap", Importance: cd.Low, Ignored: true, Valid: cd.OneOfFold("REBOOTSTRAP", "NONE"),
		Doc: "What to do when no known broker is there."},
	{Name: "metric.reporters", Type: cd.List, Default: "org.apache.kafka.common.metrics.JmxReporter", Importance: cd.Low, Ignored: true,
		Doc: "Java classes that are told of metrics."},
	{Name: "metrics.num.samples", Type: cd.Int, Default: "2", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(1), Doc: "Number of samples of a metric."},
	{Name: "metrics.recording.level", Type: cd.String, Default: "INFO", Importance: cd.Low, Ignored: true, Valid: cd.OneOf("INFO", "DEBUG", "TRACE"),
		Doc: "How detailed metrics are."},
	{Name: "metrics.sample.window.ms", Type: cd.Long, Default: "30000", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "Time that a sample of a metric takes."},
	{Name: "reconnect.backoff.max.ms", Type: cd.Long, Default: "1000", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "Longest wait before a broker is tried again."},
	{Name: "reconnect.backoff.ms", Type: cd.Long, Default: "50", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "First wait before a broker is tried again."},
	{Name: "request.timeout.ms", Type: cd.Int, Default: "30000", Valid: cd.AtLeast(0), Doc: "How long to wait for the answer to a request."},
	{Name: "retry.backoff.max.ms", Type: cd.Long, Default: "1000", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "Longest wait before a request is repeated."},
	{Name: "retry.backoff.ms", Type: cd.Long, Default: "100", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0), Doc: "First wait before a request is repeated."},
	{Name: "send.buffer.bytes", Type: cd.Int, Default: "131072", Ignored: true, Valid: cd.AtLeast(-1), Doc: "Size of the send buffer of a connection."},
	{Name: "socket.connection.setup.timeout.max.ms", Type: cd.Long, Default: "30000", Ignored: true,
		Doc: "Longest time that a connection attempt may take after several."},
	{Name: "socket.connection.setup.timeout.ms", Type: cd.Long, Default: "10000", Doc: "How long a connection attempt may take."},
}

// BatchMaxBytes is the consumer setting for how large a batch may become when it is decompressed; Java's clients have
// none like it.
const BatchMaxBytes = "sluice.max.batch.bytes"

// consumerKeys are the other settings of consumers.
var consumerKeys = []cd.Key{
	{Name: "allow.auto.create.topics", Type: cd.Boolean, Default: "true", Doc: "Whether looking for a topic of topics may create it."},
	{Name: "auto.commit.interval.ms", Type: cd.Int, Default: "5000", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "How often the client commits by itself; a sink task never lets it."},
	{Name: "auto.offset.reset", Type: cd.String, Default: "latest", Valid: validReset, Doc: "Where to start without a committed offset: earliest, latest or none. Sink tasks start at earliest unless it is set."},
	{Name: "bootstrap.servers", Type: cd.List, Required: true, Importance: cd.High, Valid: ValidServers,
		Doc: "Comma-separated host:port pairs of brokers to find the cluster by."},
	{Name: "check.crcs", Type: cd.Boolean, Default: "true", Importance: cd.Low, Ignored: true, Doc: "Whether checksums of records are checked."},
	{Name: "client.id", Type: cd.String, Importance: cd.Low, Doc: "Name of the client in broker logs and quotas."},
	{Name: "client.rack", Type: cd.String, Importance: cd.Low, Doc: "Rack of the client; brokers may then offer a closer replica to read from."},
	{Name: "connections.max.idle.ms", Type: cd.Long, Default: "540000", Ignored: true, Doc: "After this time an idle connection is closed."},
	{Name: "default.api.timeout.ms", Type: cd.Int, Default: "60000", Ignored: true, Valid: cd.AtLeast(0), Doc: "How long a call may take that is given no time."},
	{Name: "enable.auto.commit", Type: cd.Boolean, Default: "true", Ignored: true, Doc: "Whether the client commits by itself; a sink task never lets it."},
	{Name: "enable.metrics.push", Type: cd.Boolean, Default: "true", Importance: cd.Low, Ignored: true, Doc: "Whether brokers that ask get metrics of the client."},
	{Name: "exclude.internal.topics", Type: cd.Boolean, Default: "true", Ignored: true, Doc: "Whether a pattern of topics leaves internal ones out."},
	{Name: "fetch.max.bytes", Type: cd.Int, Default: "52428800", Valid: cd.AtLeast(0), Doc: "Most bytes in the answer to a fetch."},
	{Name: "fetch.max.wait.ms", Type: cd.Int, Default: "500", Importance: cd.Low, Valid: cd.AtLeast(0), Doc: "How long a broker collects before it answers a fetch."},
	{Name: "fetch.min.bytes", Type: cd.Int, Default: "1", Importance: cd.High, Valid: cd.AtLeast(0), Doc: "How much a broker collects before it answers a fetch."},
	{Name: "group.id", Type: cd.String, Null: true, Importance: cd.High, Valid: cd.NonEmpty, Doc: "The consumer group; connect- and the name of the connector unless set."},
	{Name: "group.instance.id", Type: cd.String, Null: true, Valid: cd.NonEmpty, Doc: "Name of a static member of the consumer group."},
	{Name: "group.protocol", Type: cd.String, Default: "classic", Importance: cd.High, Ignored: true, Valid: cd.OneOfFold("CONSUMER", "CLASSIC"),
		Doc: "Which protocol of consumer groups to speak. Sink tasks speak the classic one."},
	{Name: "group.remote.assignor", Type: cd.String, Null: true, Ignored: true, Doc: "Assignor of the new protocol of consumer groups."},
	{Name: "heartbeat.interval.ms", Type: cd.Int, Default: "3000", Importance: cd.High, Doc: "Time between heartbeats."},
	{Name: "interceptor.classes", Type: cd.List, Importance: cd.Low, Ignored: true, Doc: "Java classes that see each record."},
	{Name: "internal.throw.on.fetch.stable.offset.unsupported", Type: cd.Boolean, Default: "false", Importance: cd.Low, Ignored: true, Doc: "For tests of Kafka."},
	{Name: "isolation.level", Type: cd.String, Default: "read_uncommitted", Valid: cd.OneOf("read_committed", "read_uncommitted"),
		Doc: "Whether records of open and aborted transactions are seen."},
	{Name: "key.deserializer", Type: cd.Class, Required: true, Importance: cd.High, Ignored: true, Doc: "Java class that reads keys; converters do so here."},
	{Name: "max.partition.fetch.bytes", Type: cd.Int, Default: "1048576", Importance: cd.High, Valid: cd.AtLeast(0),
		Doc: "Most bytes of a partition in the answer to a fetch."},
	{Name: "max.poll.interval.ms", Type: cd.Int, Default: "300000", Valid: cd.AtLeast(1), Doc: "How long a rebalance waits for this member."},
	{Name: "max.poll.records", Type: cd.Int, Default: "500", Valid: cd.AtLeast(1),
		Doc: "The maximum number of records returned in a single call to poll(). Note, that <code>max.poll.records</code> does not " +
			"impact the underlying fetching behavior. The consumer will cache the records from each fetch request and returns them " +
			"incrementally from each poll."},
	{Name: "partition.assignment.strategy", Type: cd.List,
		Default: "class org.apache.kafka.clients.consumer.RangeAssignor,class org.apache.kafka.clients.consumer.CooperativeStickyAssignor", Valid: nonEmptyList,
		Doc: "How the group deals out partitions: range, roundrobin or sticky, by name or Java class; the first that is supported counts."},
	{Name: "receive.buffer.bytes", Type: cd.Int, Default: "65536", Ignored: true, Valid: cd.AtLeast(-1), Doc: "Size of the receive buffer of a connection."},
	{Name: "session.timeout.ms", Type: cd.Int, Default: "45000", Importance: cd.High, Doc: "How long the group waits for a heartbeat."},
	{Name: "share.acknowledgement.mode", Type: cd.String, Default: "implicit", Ignored: true, Valid: cd.OneOf("implicit", "explicit"),
		Doc: "How records of share groups are acknowledged."},
	{Name: "share.acquire.mode", Type: cd.String, Default: "BATCH_OPTIMIZED", Ignored: true, Valid: cd.OneOfFold("batch_optimized", "record_limit"),
		Doc: "How records of share groups are acquired."},
	{Name: BatchMaxBytes, Type: cd.Int, Default: "67108864", Importance: cd.Low, Valid: cd.Between(1<<10, 1<<30),
		Doc: "Most memory in bytes that the records of one batch may take when it is decompressed. A larger one fails the task, or is skipped with errors.tolerance=all. Kafka has no such limit."},
	{Name: "value.deserializer", Type: cd.Class, Required: true, Importance: cd.High, Ignored: true, Doc: "Java class that reads values; converters do so here."},
}

// producerKeys are the other settings of producers.
var producerKeys = []cd.Key{
	{Name: "acks", Type: cd.String, Default: "all", Importance: cd.Low, Valid: cd.OneOf("all", "-1", "0", "1"), Doc: "Which replicas acknowledge a record."},
	{Name: "batch.size", Type: cd.Int, Default: "16384", Ignored: true, Valid: cd.AtLeast(0), Doc: "Size of a batch."},
	{Name: "bootstrap.servers", Type: cd.List, Required: true, Importance: cd.High, Valid: ValidServers,
		Doc: "Comma-separated host:port pairs of brokers to find the cluster by."},
	{Name: "buffer.memory", Type: cd.Long, Default: "33554432", Importance: cd.High, Ignored: true, Valid: cd.AtLeast(0), Doc: "Most bytes of records that wait."},
	{Name: "client.id", Type: cd.String, Doc: "Name of the client in broker logs and quotas."},
	{Name: "compression.gzip.level", Type: cd.Int, Default: "-1", Ignored: true, Valid: cd.Between(-1, 9), Doc: "Level of gzip."},
	{Name: "compression.lz4.level", Type: cd.Int, Default: "9", Ignored: true, Valid: cd.Between(1, 17), Doc: "Level of lz4."},
	{Name: "compression.type", Type: cd.String, Default: "none", Importance: cd.High, Valid: cd.OneOf("none", "gzip", "snappy", "lz4", "zstd"),
		Doc: "How batches are compressed."},
	{Name: "compression.zstd.level", Type: cd.Int, Default: "3", Ignored: true, Valid: cd.Between(-131072, 22), Doc: "Level of zstd."},
	{Name: "connections.max.idle.ms", Type: cd.Long, Default: "540000", Ignored: true, Doc: "After this time an idle connection is closed."},
	{Name: "delivery.timeout.ms", Type: cd.Int, Default: "120000", Ignored: true, Valid: cd.AtLeast(0), Doc: "How long a record may take to be acknowledged."},
	{Name: "enable.idempotence", Type: cd.Boolean, Default: "true", Importance: cd.Low, Ignored: true, Doc: "Whether brokers drop what is sent twice."},
	{Name: "enable.metrics.push", Type: cd.Boolean, Default: "true", Importance: cd.Low, Ignored: true, Doc: "Whether brokers that ask get metrics of the client."},
	{Name: "interceptor.classes", Type: cd.List, Importance: cd.Low, Ignored: true, Doc: "Java classes that see each record."},
	{Name: "key.serializer", Type: cd.Class, Required: true, Importance: cd.High, Ignored: true, Doc: "Java class that writes keys; they are bytes here."},
	{Name: "linger.ms", Type: cd.Long, Default: "5", Ignored: true, Valid: cd.AtLeast(0), Doc: "How long a batch waits for more records."},
	{Name: "max.block.ms", Type: cd.Long, Default: "60000", Ignored: true, Valid: cd.AtLeast(0), Doc: "How long sending may wait."},
	{Name: "max.in.flight.requests.per.connection", Type: cd.Int, Default: "5", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(1),
		Doc: "Most requests of a connection without an answer; it is one here."},
	{Name: "max.request.size", Type: cd.Int, Default: "1048576", Ignored: true, Valid: cd.AtLeast(0), Doc: "Most bytes in a request."},
	{Name: "metadata.max.idle.ms", Type: cd.Long, Default: "300000", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(5000),
		Doc: "After this time an idle topic is forgotten."},
	{Name: "partitioner.adaptive.partitioning.enable", Type: cd.Boolean, Default: "true", Importance: cd.Low, Ignored: true,
		Doc: "Whether faster brokers get more records without keys."},
	{Name: "partitioner.availability.timeout.ms", Type: cd.Long, Default: "0", Importance: cd.Low, Ignored: true, Valid: cd.AtLeast(0),
		Doc: "After this time a slow partition gets no records without keys."},
	{Name: "partitioner.class", Type: cd.Class, Null: true, Ignored: true, Doc: "Java class that chooses partitions."},
	{Name: "partitioner.ignore.keys", Type: cd.Boolean, Default: "false", Ignored: true, Doc: "Whether partitions are chosen without looking at keys."},
	{Name: "receive.buffer.bytes", Type: cd.Int, Default: "32768", Ignored: true, Valid: cd.AtLeast(-1), Doc: "Size of the receive buffer of a connection."},
	{Name: "retries", Type: cd.Int, Default: "2147483647", Importance: cd.High, Ignored: true, Valid: cd.Between(0, 2147483647),
		Doc: "How often a request is repeated; the dead letter queue never gives up."},
	{Name: "transaction.timeout.ms", Type: cd.Int, Default: "60000", Importance: cd.Low, Ignored: true, Doc: "How long a transaction may take."},
	{Name: "transaction.two.phase.commit.enable", Type: cd.Boolean, Default: "false", Importance: cd.Low, Ignored: true,
		Doc: "Whether transactions are part of larger ones."},
	{Name: "transactional.id", Type: cd.String, Null: true, Importance: cd.Low, Ignored: true, Valid: cd.NonEmpty, Doc: "Name of the transactions of this producer."},
	{Name: "value.serializer", Type: cd.Class, Required: true, Importance: cd.High, Ignored: true, Doc: "Java class that writes values; they are bytes here."},
}

// adminKeys are the other settings of admin clients.
var adminKeys = []cd.Key{
	{Name: "bootstrap.controllers", Type: cd.List, Importance: cd.High, Ignored: true, Doc: "Addresses of controllers to start from."},
	{Name: "bootstrap.servers", Type: cd.List, Importance: cd.High, Valid: ValidServers, Doc: "Comma-separated host:port pairs of brokers to find the cluster by."},
	{Name: "client.id", Type: cd.String, Doc: "Name of the client in broker logs and quotas."},
	{Name: "connections.max.idle.ms", Type: cd.Long, Default: "300000", Ignored: true, Doc: "After this time an idle connection is closed."},
	{Name: "default.api.timeout.ms", Type: cd.Int, Default: "60000", Ignored: true, Valid: cd.AtLeast(0), Doc: "How long a call may take that is given no time."},
	{Name: "enable.metrics.push", Type: cd.Boolean, Default: "false", Importance: cd.Low, Ignored: true, Doc: "Whether brokers that ask get metrics of the client."},
	{Name: "receive.buffer.bytes", Type: cd.Int, Default: "65536", Ignored: true, Valid: cd.AtLeast(-1), Doc: "Size of the receive buffer of a connection."},
	{Name: "retries", Type: cd.Int, Default: "2147483647", Importance: cd.Low, Ignored: true, Valid: cd.Between(0, 2147483647),
		Doc: "How often a request is repeated; the dead letter queue never gives up."},
}
