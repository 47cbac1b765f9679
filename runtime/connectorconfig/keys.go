// Package connectorconfig defines the keys that every sink connector has, and what their values must be.
package connectorconfig

import (
	"slices"
	"strings"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The groups of Kafka Connect's common keys.
const (
	groupCommon     = "Common"
	groupTransforms = "Transforms"
	groupPredicates = "Predicates"
	groupErrors     = "Error Handling"
)

// ConnectorKeys are the keys of every connector. Names, order and texts are
// Apache Kafka's: user interfaces show them, and tools compare them.
var ConnectorKeys = []cd.Key{
	{Name: "name", Type: cd.String, Required: true, Importance: cd.High,
		Group: groupCommon, Order: 1, Width: cd.WidthMedium, DisplayName: "Connector name",
		Valid: validName,
		Doc:   "Globally unique name to use for this connector."},
	{Name: "connector.class", Type: cd.String, Required: true, Importance: cd.High,
		Group: groupCommon, Order: 2, Width: cd.WidthLong, DisplayName: "Connector class",
		Doc: "Name or alias of the class for this connector. Must be a subclass of " +
			"org.apache.kafka.connect.connector.Connector. If the connector is " +
			"org.apache.kafka.connect.file.FileStreamSinkConnector, you can either specify this full name,  " +
			"or use \"FileStreamSink\" or \"FileStreamSinkConnector\" to make the configuration a bit shorter"},
	{Name: "connector.plugin.version", Type: cd.String, Null: true, Importance: cd.Medium,
		Group: groupCommon, Order: 3, Width: cd.WidthMedium, DisplayName: "Connector version",
		Doc: "Version of the connector."},
	{Name: "tasks.max", Type: cd.Int, Default: "1", Importance: cd.High,
		Group: groupCommon, Order: 4, Width: cd.WidthShort, DisplayName: "Tasks max",
		Valid: cd.AtLeast(1), NonNull: "Value must be non-null",
		Doc: "Maximum number of tasks to use for this connector."},
	{Name: "tasks.max.enforce", Type: cd.Boolean, Default: "true", Importance: cd.Low,
		Group: groupCommon, Order: 5, Width: cd.WidthShort, DisplayName: "Enforce tasks max",
		Doc: "(Deprecated) Whether to enforce that the tasks.max property is respected by the connector. By " +
			"default, connectors that generate too many tasks will fail, and existing sets of tasks that " +
			"exceed the tasks.max property will also be failed. If this property is set to false, then " +
			"connectors will be allowed to generate more than the maximum number of tasks, and existing sets " +
			"of tasks that exceed the tasks.max property will be allowed to run. This property is deprecated " +
			"and will be removed in an upcoming major release."},
	{Name: "key.converter", Type: cd.Class, Null: true, Importance: cd.Low,
		Group: groupCommon, Order: 6, Width: cd.WidthShort, DisplayName: "Key converter class",
		Doc: "Converter class used to convert between Kafka Connect format and the serialized form that is " +
			"written to Kafka. This controls the format of the keys in messages written to or read from " +
			"Kafka, and since this is independent of connectors it allows any connector to work with any " +
			"serialization format. Examples of common formats include JSON and Avro."},
	{Name: "key.converter.plugin.version", Type: cd.String, Null: true, Importance: cd.Low,
		Group: groupCommon, Order: 7, Width: cd.WidthShort, DisplayName: "Key converter version",
		Doc: "Version of the key converter."},
	{Name: "value.converter", Type: cd.Class, Null: true, Importance: cd.Low,
		Group: groupCommon, Order: 8, Width: cd.WidthShort, DisplayName: "Value converter class",
		Doc: "Converter class used to convert between Kafka Connect format and the serialized form that is " +
			"written to Kafka. This controls the format of the values in messages written to or read from " +
			"Kafka, and since this is independent of connectors it allows any connector to work with any " +
			"serialization format. Examples of common formats include JSON and Avro."},
	{Name: "value.converter.plugin.version", Type: cd.String, Null: true, Importance: cd.Low,
		Group: groupCommon, Order: 9, Width: cd.WidthShort, DisplayName: "Value converter version",
		Doc: "Version of the value converter."},
	{Name: "header.converter", Type: cd.Class, Null: true, Importance: cd.Low,
		Group: groupCommon, Order: 10, Width: cd.WidthShort, DisplayName: "Header converter class",
		Doc: "HeaderConverter class used to convert between Kafka Connect format and the serialized form that " +
			"is written to Kafka. This controls the format of the header values in messages written to or " +
			"read from Kafka, and since this is independent of connectors it allows any connector to work " +
			"with any serialization format. Examples of common formats include JSON and Avro. By default, " +
			"the SimpleHeaderConverter is used to serialize header values to strings and deserialize them by " +
			"inferring the schemas."},
	{Name: "header.converter.plugin.version", Type: cd.String, Null: true, Importance: cd.Low,
		Group: groupCommon, Order: 11, Width: cd.WidthShort, DisplayName: "Header converter version",
		Doc: "Version of the header converter."},
	{Name: "transforms", Type: cd.List, Importance: cd.Low,
		Group: groupTransforms, Order: 12, Width: cd.WidthLong, DisplayName: "Transforms",
		Valid: uniqueAliases, NonNull: "entry must be non null",
		Doc: "Aliases for the transformations to be applied to records."},
	{Name: "predicates", Type: cd.List, Importance: cd.Low,
		Group: groupPredicates, Order: 13, Width: cd.WidthLong, DisplayName: "Predicates",
		Valid: uniqueAliases, NonNull: "entry must be non null",
		Doc: "Aliases for the predicates used by transformations."},
	{Name: "config.action.reload", Type: cd.String, Default: "restart", Importance: cd.Low,
		Group: groupCommon, Order: 14, Width: cd.WidthMedium, DisplayName: "Reload Action",
		Valid: cd.OneOf("none", "restart"), NonNull: "String must be one of: none, restart",
		Doc: "The action that Connect should take on the connector when changes in external configuration " +
			"providers result in a change in the connector's configuration properties. A value of 'none' " +
			"indicates that Connect will do nothing. A value of 'restart' indicates that Connect should " +
			"restart/reload the connector with the updated configuration properties.The restart may actually " +
			"be scheduled in the future if the external configuration provider indicates that a " +
			"configuration value will expire in the future."},
	{Name: "errors.retry.timeout", Type: cd.Long, Default: "0", Importance: cd.Medium,
		Group: groupErrors, Order: 1, Width: cd.WidthMedium, DisplayName: "Retry Timeout for Errors",
		Doc: "The maximum duration in milliseconds that a failed operation will be reattempted. The default " +
			"is 0, which means no retries will be attempted. Use -1 for infinite retries."},
	{Name: "errors.retry.delay.max.ms", Type: cd.Long, Default: "60000", Importance: cd.Medium,
		Group: groupErrors, Order: 2, Width: cd.WidthMedium, DisplayName: "Maximum Delay Between Retries for Errors",
		Doc: "The maximum duration in milliseconds between consecutive retry attempts. Jitter will be added " +
			"to the delay once this limit is reached to prevent thundering herd issues."},
	{Name: "errors.tolerance", Type: cd.String, Default: "none", Importance: cd.Medium,
		Group: groupErrors, Order: 3, Width: cd.WidthShort, DisplayName: "Error Tolerance",
		Valid: cd.OneOf("none", "all"), NonNull: "String must be one of: none, all",
		Doc: "Behavior for tolerating errors during connector operation. 'none' is the default value and " +
			"signals that any error will result in an immediate connector task failure; 'all' changes the " +
			"behavior to skip over problematic records."},
	{Name: "errors.log.enable", Type: cd.Boolean, Default: "false", Importance: cd.Medium,
		Group: groupErrors, Order: 4, Width: cd.WidthShort, DisplayName: "Log Errors",
		Doc: "If true, write each error and the details of the failed operation and problematic record to the " +
			"Connect application log. This is 'false' by default, so that only errors that are not tolerated " +
			"are reported."},
	{Name: "errors.log.include.messages", Type: cd.Boolean, Default: "false", Importance: cd.Medium,
		Group: groupErrors, Order: 5, Width: cd.WidthShort, DisplayName: "Log Error Details",
		Doc: "Whether to include in the log the Connect record that resulted in a failure. For sink records, " +
			"the topic, partition, offset, and timestamp will be logged. For source records, the key and " +
			"value (and their schemas), all headers, and the timestamp, Kafka topic, Kafka partition, source " +
			"partition, and source offset will be logged. This is 'false' by default, which will prevent " +
			"record keys, values, and headers from being written to log files."},
}

// DeadLetterTopic is the key of the topic that takes the records which failed.
const DeadLetterTopic = "errors.deadletterqueue.topic.name"

// SinkKeys are the keys that every sink connector has besides ConnectorKeys.
var SinkKeys = []cd.Key{
	{Name: "topics", Type: cd.List, Importance: cd.High,
		Group: groupCommon, Order: 4, Width: cd.WidthLong, DisplayName: "Topics",
		Doc: "List of topics to consume, separated by commas"},
	{Name: "topics.regex", Type: cd.String, Importance: cd.High,
		Group: groupCommon, Order: 4, Width: cd.WidthLong, DisplayName: "Topics regex",
		Valid: ValidTopicsRegex,
		Doc: "Regular expression giving topics to consume. Under the hood, the regex is compiled to a " +
			"<code>java.util.regex.Pattern</code>. Only one of topics or topics.regex should be specified."},
	{Name: DeadLetterTopic, Type: cd.String, Importance: cd.Medium,
		Group: groupErrors, Order: 6, Width: cd.WidthMedium, DisplayName: "Dead Letter Queue Topic Name",
		Doc: "The name of the topic to be used as the dead letter queue (DLQ) for messages that result in an " +
			"error when processed by this sink connector, or its transformations or converters. The topic " +
			"name is blank by default, which means that no messages are to be recorded in the DLQ."},
	{Name: "errors.deadletterqueue.topic.replication.factor", Type: cd.Short, Default: "3", Importance: cd.Medium,
		Group: groupErrors, Order: 7, Width: cd.WidthMedium, DisplayName: "Dead Letter Queue Topic Replication Factor",
		Doc: "Replication factor used to create the dead letter queue topic when it doesn't already exist."},
	{Name: "errors.deadletterqueue.context.headers.enable", Type: cd.Boolean, Default: "false", Importance: cd.Medium,
		Group: groupErrors, Order: 8, Width: cd.WidthMedium, DisplayName: "Enable Error Context Headers",
		Doc: "If true, add headers containing error context to the messages written to the dead letter queue. " +
			"To avoid clashing with headers from the original record, all error context header keys, all " +
			"error context header keys will start with <code>__connect.errors.</code>"},
}

// Def defines all of them; Topics and Errors those of them that tasks read.
var (
	Def    = cd.New(slices.Concat(ConnectorKeys, SinkKeys)...)
	Topics = beginning("topics")
	Errors = beginning("errors.")
)

// beginning defines the keys whose names begin so.
func beginning(with string) *cd.Def {
	def := cd.New()
	for _, k := range Def.Keys() {
		if strings.HasPrefix(k.Name, with) {
			def.Add(k)
		}
	}
	return def
}
