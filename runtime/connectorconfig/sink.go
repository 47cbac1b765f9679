package connectorconfig

import (
	"slices"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The names of keys that others ask for one by one.
const (
	PluginVersion = "connector.plugin.version"
	Topics        = "topics"
	TopicsRegex   = "topics.regex"
	DeadTopic     = "errors.deadletterqueue.topic.name"
)

// Sink are the keys that every sink connector has besides Connector. The slice must not be changed.
var Sink = []cd.Key{
	{Name: "topics", Type: cd.List, Importance: cd.High,
		Group: groupCommon, Order: 4, Width: cd.WidthLong, DisplayName: "Topics",
		Doc: "List of topics to consume, separated by commas"},
	{Name: "topics.regex", Type: cd.String, Importance: cd.High,
		Group: groupCommon, Order: 4, Width: cd.WidthLong, DisplayName: "Topics regex",
		Valid: validPattern,
		Doc: "Regular expression giving topics to consume. Under the hood, the regex is compiled to a " +
			"<code>java.util.regex.Pattern</code>. Only one of topics or topics.regex should be specified."},
	{Name: DeadTopic, Type: cd.String, Importance: cd.Medium,
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

// All are the keys of Connector and of Sink.
var All = cd.New(slices.Concat(Connector, Sink)...)

// Subscription are the keys of All that say which topics are read.
var Subscription = All.Only(Topics, TopicsRegex)

// Errors are the keys of All that say what becomes of records that fail.
var Errors = All.Only("errors.retry.timeout", "errors.retry.delay.max.ms", "errors.tolerance", "errors.log.enable",
	"errors.log.include.messages", DeadTopic, "errors.deadletterqueue.topic.replication.factor",
	"errors.deadletterqueue.context.headers.enable")
