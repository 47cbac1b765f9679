package redis

import (
	"errors"
	"fmt"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// The keys of the sink.
const (
	keyURI         = "redis.uri"
	keyHost        = "redis.host"
	keyPort        = "redis.port"
	keyCluster     = "redis.cluster"
	keyUsername    = "redis.username"
	keyPassword    = "redis.password"
	keyTLS         = "redis.tls"
	keyInsecure    = "redis.insecure"
	keyCACert      = "redis.cacert"
	keyClientKey   = "redis.key.file"
	keyClientCert  = "redis.key.cert"
	keyKeyPassword = "redis.key.password"
	keyTimeout     = "redis.timeout"
	keyPool        = "redis.pool"
	keyCharset     = "redis.charset"
	keyType        = "redis.type"
	keyKeyspace    = "redis.keyspace"
	keySeparator   = "redis.separator"
	keyTemplate    = "redis.key.template"
	keyTTL         = "redis.key.ttl"
	keyHashMode    = "redis.hash.mode"
	keyMultiExec   = "redis.multiexec"
	keyReplicas    = "redis.wait.replicas"
	keyWaitTimeout = "redis.wait.timeout"
	keyNamespace   = "redis.offset.namespace"
)

// The data types of redis.type that this version writes.
const (
	typeHash   = "HASH"
	typeString = "STRING"
	typeJSON   = "JSON"
)

var (
	supportedTypes = []string{typeHash, typeString, typeJSON}
	laterTypes     = []string{"STREAM", "LIST", "SET", "ZSET", "TIMESERIES"}
)

// maxTTL keeps milliseconds from overflowing in the server: 1000 years.
const maxTTL = 1000 * 365 * 24 * 3600

var definition = configdef.New(connectionKeys()...).Add(writeKeys()...).Check(checkAll)

func connectionKeys() []configdef.Key {
	const group = "Connection"
	return []configdef.Key{
		{Name: keyURI, Type: configdef.Password, Null: true, Importance: configdef.High, Group: group, Valid: validURI,
			Doc: "Server as redis://user:password@host:port/database, or rediss:// for TLS. It stands before redis.host and redis.port."},
		{Name: keyHost, Type: configdef.String, Default: "localhost", Importance: configdef.High, Group: group, Valid: configdef.Unshown(validHost),
			Doc: "Host of the server, or of any node of the cluster."},
		{Name: keyPort, Type: configdef.Int, Default: "6379", Importance: configdef.High, Group: group,
			Valid: configdef.Between(1, 65535), Doc: "Port of the server."},
		{Name: keyCluster, Type: configdef.Boolean, Default: "false", Group: group,
			Doc: "Whether the server is a Redis Cluster."},
		{Name: keyUsername, Type: configdef.String, Null: true, Group: group,
			Doc: "User to log in as. A user in redis.uri stands before it."},
		{Name: keyPassword, Type: configdef.Password, Null: true, Group: group,
			Doc: "Password to log in with. A password in redis.uri stands before it."},
		{Name: keyTLS, Type: configdef.Boolean, Default: "false", Group: group,
			Doc: "Whether to connect by TLS."},
		{Name: keyInsecure, Type: configdef.Boolean, Default: "false", Group: group,
			Doc: "Whether to accept any server certificate. Only for tests: anybody in between can then read and change everything."},
		{Name: keyCACert, Type: configdef.String, Null: true, Group: group,
			Doc: "File with the PEM certificates of the authorities to trust, in place of the system's."},
		{Name: keyClientCert, Type: configdef.String, Null: true, Group: group,
			Doc: "File with the PEM certificate to present to the server; needs redis.key.file."},
		{Name: keyClientKey, Type: configdef.String, Null: true, Group: group,
			Doc: "File with the PEM private key, not encrypted, of redis.key.cert."},
		{Name: keyKeyPassword, Type: configdef.Password, Null: true, Importance: configdef.Low, Group: group,
			Valid: noKeyPassword,
			Doc:   "Password of the private key. Encrypted keys are not supported yet: leave it out."},
		{Name: keyTimeout, Type: configdef.Long, Default: "60", Group: group, Valid: configdef.Between(1, 3600),
			Doc: "Seconds to wait for a connection and for the answers to one pipeline; then the records are written again."},
		{Name: keyPool, Type: configdef.Int, Default: "8", Group: group, Valid: configdef.Between(1, 10_000),
			Doc: "Most connections a task opens (to each node of a cluster). Partitions beyond this number take turns."},
		{Name: keyCharset, Type: configdef.String, Default: "UTF-8", Importance: configdef.Low, Group: group,
			Valid: configdef.OneOfFold("UTF-8", "UTF8"), Doc: "Encoding of text. Only UTF-8 is supported."},
	}
}

func writeKeys() []configdef.Key {
	const group = "Data"
	return []configdef.Key{
		{Name: keyType, Type: configdef.String, Default: "STREAM", Importance: configdef.High, Group: group,
			Valid: validType, Recommended: func() []string { return supportedTypes },
			Doc: "Data type to write: HASH (one field for each field of the value), STRING (the value as text or bytes) or " +
				"JSON (the value as a document; the server needs the JSON module). The default is that of Redis Inc's " +
				"connector, which this version does not write yet: set it."},
		{Name: keyKeyspace, Type: configdef.String, Default: "${topic}", Importance: configdef.High, Group: group,
			Doc: "Prefix of the keys; ${topic} stands for the topic. When empty, the record key alone is the key."},
		{Name: keySeparator, Type: configdef.String, Default: ":", Group: group,
			Doc: "Text between the prefix and the record key."},
		{Name: keyTemplate, Type: configdef.String, Null: true, Group: group, Valid: validTemplate,
			Doc: "Key as a template, in place of redis.keyspace, redis.separator and the record key: ${topic}, ${partition}, " +
				"${key}, ${key.field}, ${value.path.to.field}, ${header.name} and ${timestamp:yyyy-MM-dd} (UTC). A record " +
				"that lacks a part is rejected; so is a tombstone when the template asks for the value."},
		{Name: keyTTL, Type: configdef.Long, Default: "-1", Group: group, Valid: configdef.Between(-1, maxTTL),
			Doc: "Seconds until a written key expires; 0 or less: none. A record header with the name of this setting stands before it; " +
				"0 or less in it makes the key stay for ever."},
		{Name: keyHashMode, Type: configdef.String, Default: "merge", Group: group, Valid: configdef.OneOf("merge", "replace"),
			Doc: "What becomes of the fields of a hash that a record does not have: merge keeps them, replace removes them."},
		{Name: keyReplicas, Type: configdef.Int, Default: "0", Group: group, Valid: configdef.AtLeast(0),
			Doc: "Replicas that must have a write before it counts as done; not with redis.cluster."},
		{Name: keyWaitTimeout, Type: configdef.Long, Default: "1000", Importance: configdef.Low, Group: group,
			Valid: configdef.Between(1, 3_600_000),
			Doc:   "Milliseconds to wait for redis.wait.replicas; then the records are written again."},
		{Name: keyMultiExec, Type: configdef.Boolean, Default: "false", Importance: configdef.Low, Group: group, Ignored: true,
			Doc: "Whether to use transactions. Commands that belong together are always executed as one."},
		{Name: keyNamespace, Type: configdef.String, Null: true, Importance: configdef.Low, Group: group, Ignored: true,
			Doc: "Namespace of offsets in Redis. Offsets are kept by the consumer group."},
	}
}

// validType says what to use instead of what is not supported, or not yet.
func validType(v any) error {
	const use = "use HASH, STRING or JSON"
	if err := configdef.Later(laterTypes...)(v); err != nil {
		return fmt.Errorf("%w; %s", err, use)
	}
	if configdef.OneOfFold(supportedTypes...)(v) != nil {
		return errors.New(use)
	}
	return nil
}

func noKeyPassword(v any) error {
	if s, ok := v.(configdef.Secret); ok && s.IsSet() {
		return errors.New("encrypted keys are " + configdef.NotYet + "; store the key unencrypted where only the worker can read it")
	}
	return nil
}

// checkAll finds what single keys cannot see.
func checkAll(v configdef.Values) []configdef.Problem {
	var problems []configdef.Problem
	add := func(key, format string, args ...any) {
		problems = append(problems, configdef.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
	}
	if v.Has(keyClientKey) != v.Has(keyClientCert) {
		add(keyClientCert, "%s and %s belong together: set both or none", keyClientCert, keyClientKey)
	}
	if v.Bool(keyCluster) && v.Int(keyReplicas) > 0 {
		add(keyReplicas, "%s together with %s is %s", keyReplicas, keyCluster, configdef.NotYet)
	}
	return append(problems, checkConnection(v)...)
}
