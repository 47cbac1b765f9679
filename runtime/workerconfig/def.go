package workerconfig

import (
	"strings"

	"github.com/sluice-connect/sluice/runtime/kafka"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// Names of worker properties that other packages read.
const (
	BootstrapServers   = "bootstrap.servers"
	KeyConverter       = "key.converter"
	ValueConverter     = "value.converter"
	HeaderConverter    = "header.converter"
	ListenersKey       = "listeners"
	AdminListenersKey  = "admin.listeners"
	AdvertisedHost     = "rest.advertised.host.name"
	AdvertisedPort     = "rest.advertised.port"
	AdvertisedScheme   = "rest.advertised.listener"
	GracefulTimeout    = "task.shutdown.graceful.timeout.ms"
	OffsetFlush        = "offset.flush.interval.ms"
	OffsetFlushTimeout = "offset.flush.timeout.ms"
	OffsetFile         = "offset.storage.file.filename"
	DataDirKey         = "sluice.data.dir"
	WorkerIDKey        = "worker.id"
	OverridePolicy     = "connector.client.config.override.policy"
	OverrideAllowlist  = "connector.client.config.override.allowlist"
	TopicTracking      = "topic.tracking.enable"
	TopicTrackingReset = "topic.tracking.allow.reset"
	AllowOrigin        = "access.control.allow.origin"
	HostNames          = "rest.host.names"
	AllowMethods       = "access.control.allow.methods"
	HeadersKey         = "response.http.headers.config"
)

// DefaultHeaderConverter converts headers when nobody says otherwise.
const DefaultHeaderConverter = "org.apache.kafka.connect.storage.SimpleHeaderConverter"

// Standalone is the definition of worker.properties for the standalone mode.
var Standalone = cd.New(
	cd.Key{Name: BootstrapServers, Type: cd.List, Default: "localhost:9092", Importance: cd.High, Valid: kafka.ValidServers,
		Doc: "Addresses of Kafka brokers to start from."},
	cd.Key{Name: KeyConverter, Type: cd.Class, Required: true, Importance: cd.High,
		Doc: "Converter of record keys for connectors that name none; its own settings follow as key.converter.*."},
	cd.Key{Name: ValueConverter, Type: cd.Class, Required: true, Importance: cd.High,
		Doc: "Converter of record values for connectors that name none; its own settings follow as value.converter.*."},
	cd.Key{Name: HeaderConverter, Type: cd.Class, Default: DefaultHeaderConverter, Importance: cd.Low,
		Doc: "Converter of record headers for connectors that name none."},
	cd.Key{Name: ListenersKey, Type: cd.List, Default: "http://:8083", Importance: cd.Low, Valid: validListeners,
		Doc: "Addresses of the REST API, http://host:port or https://host:port; an empty host means all interfaces, port 0 any free port."},
	cd.Key{Name: AdvertisedHost, Type: cd.String, Null: true, Importance: cd.Low,
		Doc: "Host name that status answers show for this worker."},
	cd.Key{Name: AdvertisedPort, Type: cd.Int, Null: true, Importance: cd.Low, Valid: cd.Between(0, 65535),
		Doc: "Port that status answers show for this worker."},
	cd.Key{Name: AdvertisedScheme, Type: cd.String, Null: true, Importance: cd.Low, Valid: cd.OneOfFold("http", "https"),
		Doc: "Which listener status answers show: the first of http or of https; by default of http when there is one."},
	cd.Key{Name: AdminListenersKey, Type: cd.List, Null: true, Importance: cd.Low, Valid: validAdminListeners,
		Doc: "Addresses of /admin, which " + ListenersKey + " then do not serve and which serve nothing else; when empty nobody serves it. " +
			"By default /admin is where the rest of the API is. Their https properties begin with `" + AdminHTTPSPrefix + "ssl.`"},
	cd.Key{Name: GracefulTimeout, Type: cd.Long, Default: "5000", Importance: cd.Low, Valid: cd.AtLeast(0),
		Doc: "Time that all tasks together have to write, commit and stop when the worker stops."},
	cd.Key{Name: OffsetFlush, Type: cd.Long, Default: "60000", Importance: cd.Low, Valid: cd.AtLeast(1),
		Doc: "How often a task commits its offsets."},
	cd.Key{Name: OffsetFlushTimeout, Type: cd.Long, Default: "5000", Importance: cd.Low, Valid: cd.AtLeast(1),
		Doc: "How long a commit may take before it counts as failed."},
	cd.Key{Name: OffsetFile, Type: cd.String, Null: true, Importance: cd.High,
		Doc: "Where the Java worker keeps offsets of sources. Sluice keeps its own directory beside that file."},
	cd.Key{Name: DataDirKey, Type: cd.String, Null: true, Importance: cd.Medium,
		Doc: "Directory of the connectors created over REST. Default: sluice-data beside " + OffsetFile + ", else in the working directory."},
	cd.Key{Name: WorkerIDKey, Type: cd.String, Null: true, Importance: cd.Low, Valid: validWorkerID,
		Doc: "Stable name of this worker in consumer groups; by default random and kept in the data directory."},
	cd.Key{Name: "client.dns.lookup", Type: cd.String, Default: "use_all_dns_ips", Importance: cd.Medium,
		Valid: cd.OneOf("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"), Doc: "How broker names are resolved."},
	cd.Key{Name: "rest.extension.classes", Type: cd.List, Importance: cd.Low, Valid: noExtensions,
		Doc: "Extensions of the REST API, such as basic authentication. None is supported yet."},
	cd.Key{Name: OverridePolicy, Type: cd.String, Default: "All", Importance: cd.Medium, Valid: knownPolicy,
		Doc: "Which client settings connectors may override: All, None, Principal (who they are to Kafka) or Allowlist."},
	cd.Key{Name: OverrideAllowlist, Type: cd.List, Importance: cd.Medium,
		Doc: "Client settings, without prefix, that connectors may override under the policy Allowlist."},
	cd.Key{Name: "config.providers", Type: cd.List, Importance: cd.Low,
		Doc: "Names of config providers, whose values configurations refer to as `${name:path:key}`. The class of each follows as " +
			"`config.providers.<name>.class`, its settings as `config.providers.<name>.param.*`."},
	cd.Key{Name: AllowOrigin, Type: cd.String, Importance: cd.Low,
		Doc: "Origins whose web pages may use the REST API, separated by commas, with * for any characters; none when empty. Requests " +
			"of pages of other origins are refused. The worker's own origins are its addresses, localhost, and the names of the machine, of " +
			ListenersKey + " and of " + AdvertisedHost + "."},
	cd.Key{Name: HostNames, Type: cd.List, Importance: cd.Medium,
		Doc: "Names under which clients reach the worker besides its own, such as that of a load balancer or a service, with * for any characters. " +
			"A request whose Host header is no address, not localhost, no name of the machine, of " + ListenersKey + ", of " + AdvertisedHost +
			" and none of these is answered 403: the owner of any other name could have web pages read the API. * accepts every name."},
	cd.Key{Name: AllowMethods, Type: cd.String, Importance: cd.Low,
		Doc: "Methods that pages of those origins may use, separated by commas; GET, POST and HEAD when empty."},
	cd.Key{Name: HeadersKey, Type: cd.String, Importance: cd.Low, Valid: validHeaders,
		Doc: "Headers of every answer, but for those of " + AdminListenersKey + ", as `set X-Frame-Options:DENY, \"add Cache-Control:no-cache, no-store\"`; the actions are set, add, setDate " +
			"and addDate, whose value is the number of milliseconds from now."},
	cd.Key{Name: TopicTracking, Type: cd.Boolean, Default: "true", Importance: cd.Low,
		Doc: "Whether to remember which topics a connector has used."},
	cd.Key{Name: TopicTrackingReset, Type: cd.Boolean, Default: "true", Importance: cd.Low,
		Doc: "Whether the topics a connector has used may be reset over REST."},
).Add(ignored()...)

// ignored are the properties of the Java worker that have no meaning here.
func ignored() []cd.Key {
	var keys []cd.Key
	for _, name := range []string{
		"plugin.path", "plugin.discovery", "topic.creation.enable", "metric.reporters", "auto.include.jmx.reporter",
		"internal.key.converter", "internal.value.converter", "metrics.sample.window.ms", "metrics.num.samples",
		"metrics.recording.level", "ssl.provider", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm",
		"ssl.secure.random.implementation", "ssl.engine.factory.class", "send.buffer.bytes", "receive.buffer.bytes",
	} {
		keys = append(keys, cd.Key{Name: name, Type: cd.String, Null: true, Importance: cd.Low, Ignored: true,
			Doc: "It concerns the Java worker only."})
	}
	return keys
}

// families are the prefixes whose properties are read elsewhere: clients, converters, TLS and SASL.
var families = []string{
	"config.providers.", "consumer.", "producer.", "admin.", KeyConverter + ".", ValueConverter + ".", HeaderConverter + ".", HTTPSPrefix, "ssl.", "sasl.", "security.",
}

func inFamily(name string) bool {
	for _, prefix := range families {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
