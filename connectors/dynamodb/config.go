package dynamodb

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

const (
	keyAccessKey     = "aws.access.key.id"
	keySecretKey     = "aws.secret.access.key"
	keyProvider      = "aws.dynamodb.credentials.provider.class"
	providerPrefix   = "aws.dynamodb.credentials.provider."
	keyRegion        = "aws.dynamodb.region"
	keyEndpoint      = "aws.dynamodb.endpoint"
	keyProxyURL      = "aws.dynamodb.proxy.url"
	keyProxyUser     = "aws.dynamodb.proxy.user"
	keyProxyPassword = "aws.dynamodb.proxy.password"
	keyInstant       = "aws.dynamodb.instant.flush"
	keyMaxRetry      = "aws.dynamodb.max.retry.time.seconds"
	keyHash          = "aws.dynamodb.pk.hash"
	keySort          = "aws.dynamodb.pk.sort"
	keyDepth         = "max.pk.depth"
	keyTable         = "table.name.format"
	keyNulls         = "behavior.on.null.values"
	keyValueColumn   = "aws.dynamodb.value.attribute"
	keyInFlight      = "aws.dynamodb.max.in.flight"
	keyLinger        = "aws.dynamodb.linger.ms"
	keyBuffer        = "aws.dynamodb.buffer.bytes"
)

// What behavior.on.null.values can be.
const (
	nullsUpsert = "UPSERT"
	nullsDelete = "DELETE"
	nullsIgnore = "IGNORE"
	nullsFail   = "FAIL"
)

const topicVariable = "${topic}"

var definition = configdef.New(
	configdef.Key{Name: keyRegion, Type: configdef.String, Importance: configdef.High, Group: "AWS",
		Doc: "AWS region of the tables. Empty takes the region of the environment (AWS_REGION, shared configuration file)."},
	configdef.Key{Name: keyEndpoint, Type: configdef.String, Group: "AWS",
		Doc: "URL that replaces the endpoint of DynamoDB: a VPC endpoint, DynamoDB Local."},
	configdef.Key{Name: keyAccessKey, Type: configdef.String, Group: "AWS",
		Doc: "Access key id of static credentials; needs aws.secret.access.key."},
	configdef.Key{Name: keySecretKey, Type: configdef.Password, Group: "AWS",
		Doc: "Secret access key of static credentials."},
	configdef.Key{Name: keyProvider, Type: configdef.Class, Group: "AWS",
		Default: "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider", Valid: awsconfig.ValidProvider,
		Doc: "Java class name of the credentials provider to imitate. Keys below aws.dynamodb.credentials.provider. are passed on, such as sts.role.arn, sts.role.session.name and sts.role.external.id of io.confluent.connect.aws.dynamodb.auth.AwsAssumeRoleCredentialsProvider."},
	configdef.Key{Name: keyProxyURL, Type: configdef.String, Importance: configdef.Low, Group: "AWS",
		Doc: "HTTP proxy for requests to AWS."},
	configdef.Key{Name: keyProxyUser, Type: configdef.String, Importance: configdef.Low, Group: "AWS",
		Doc: "User name for the proxy."},
	configdef.Key{Name: keyProxyPassword, Type: configdef.Password, Importance: configdef.Low, Group: "AWS",
		Doc: "Password for the proxy."},
	configdef.Key{Name: keyTable, Type: configdef.String, Default: topicVariable, Importance: configdef.High, Group: "Table", Valid: validTableFormat,
		Doc: "Name of the table; ${topic} stands for the topic of the record. The table must exist."},
	configdef.Key{Name: keyHash, Type: configdef.String, Default: "partition", Importance: configdef.High, Group: "Table",
		Valid: configdef.All(configdef.NonEmpty, validReference),
		Doc:   "Where the partition key comes from: partition, offset, key, key.FIELD… or value.FIELD…, optionally followed by :ALIAS. The attribute is named by the alias, else by the last part of the path."},
	configdef.Key{Name: keySort, Type: configdef.String, Default: "offset", Importance: configdef.High, Group: "Table", Valid: validReference,
		Doc: "Where the sort key comes from, in the same syntax. Empty: the table has no sort key."},
	configdef.Key{Name: keyDepth, Type: configdef.Int, Default: "-1", Importance: configdef.Low, Group: "Table", Valid: configdef.AtLeast(-1),
		Doc: "How many path parts a key reference may have after key or value; -1 for any number."},
	configdef.Key{Name: keyNulls, Type: configdef.String, Default: nullsUpsert, Group: "Writing",
		Valid:       configdef.OneOfFold(nullsUpsert, nullsDelete, nullsIgnore, nullsFail),
		Recommended: func() []string { return []string{nullsUpsert, nullsDelete, nullsIgnore, nullsFail} },
		Doc:         "What a record without value (tombstone) does: UPSERT writes an item of the key attributes alone, DELETE deletes the item whose key the record key holds, IGNORE skips the record, FAIL refuses it (errors.tolerance decides)."},
	configdef.Key{Name: keyValueColumn, Type: configdef.String, Default: "value", Importance: configdef.Low, Group: "Writing", Valid: validColumn,
		Doc: "Attribute for values that are no objects (a number, a string, a list)."},
	configdef.Key{Name: keyInstant, Type: configdef.Boolean, Default: "false", Group: "Writing",
		Doc: "Send records at once instead of waiting up to aws.dynamodb.linger.ms for a full batch."},
	configdef.Key{Name: keyMaxRetry, Type: configdef.Int, Default: "5", Group: "Writing", Valid: configdef.AtLeast(0),
		Doc: "Seconds that throttled, unprocessed and otherwise unlucky items are retried before the trouble shows as a retriable error of the task. Nothing is lost then: the items stay queued and are tried again."},
	configdef.Key{Name: keyInFlight, Type: configdef.Int, Default: "16", Importance: configdef.Low, Group: "Writing", Valid: configdef.Between(1, 256),
		Doc: "Requests a task may have in flight for each table."},
	configdef.Key{Name: keyLinger, Type: configdef.Int, Default: "10", Importance: configdef.Low, Group: "Writing", Valid: configdef.Between(0, 60000),
		Doc: "Milliseconds an incomplete batch waits for more records. Records of the same key that meet in the wait cost one write."},
	configdef.Key{Name: keyBuffer, Type: configdef.Long, Default: "33554432", Importance: configdef.Low, Group: "Writing", Valid: configdef.AtLeast(1 << 20),
		Doc: "Bytes of records a task holds that are not yet written; when it is full, the task stops taking records."},
	configdef.Key{Name: "confluent.license", Type: configdef.Password, Importance: configdef.Low, Group: "Licence", Ignored: true,
		Doc: "Accepted for compatibility; no licence is needed."},
	configdef.Key{Name: "confluent.topic", Type: configdef.String, Default: "_confluent-command", Importance: configdef.Low, Group: "Licence", Ignored: true,
		Doc: "Accepted for compatibility."},
	configdef.Key{Name: "confluent.topic.bootstrap.servers", Type: configdef.List, Importance: configdef.Low, Group: "Licence", Ignored: true,
		Doc: "Accepted for compatibility, as are all keys below confluent.topic."},
	configdef.Key{Name: "confluent.topic.replication.factor", Type: configdef.Int, Default: "3", Importance: configdef.Low, Group: "Licence", Ignored: true,
		Doc: "Accepted for compatibility."},
).Check(checkKeys).Reads(awsconfig.ProviderKeys(providerPrefix)...)

// settings are the parsed keys in the form the task works with.
type settings struct {
	aws         awsconfig.Options
	tableFormat string
	hash        reference
	sort        *reference // nil: no sort key
	nulls       string
	single      string
	maxRetry    time.Duration
	linger      time.Duration
	inFlight    int
	buffer      int64
}

func newSettings(v configdef.Values) (settings, error) {
	hash, err := parseReference(v.String(keyHash))
	if err != nil {
		return settings{}, fmt.Errorf("read %s: %w", keyHash, err)
	}
	s := settings{
		aws:         awsOptions(v),
		tableFormat: v.String(keyTable),
		hash:        hash,
		nulls:       strings.ToUpper(v.String(keyNulls)),
		single:      v.String(keyValueColumn),
		maxRetry:    v.Duration(keyMaxRetry, time.Second),
		linger:      v.Duration(keyLinger, time.Millisecond),
		inFlight:    int(v.Int(keyInFlight)),
		buffer:      v.Int(keyBuffer),
	}
	if v.Bool(keyInstant) {
		s.linger = 0
	}
	if text := v.String(keySort); text != "" {
		sort, err := parseReference(text)
		if err != nil {
			return settings{}, fmt.Errorf("read %s: %w", keySort, err)
		}
		s.sort = &sort
	}
	return s, nil
}

func awsOptions(v configdef.Values) awsconfig.Options {
	return awsconfig.Options{
		Region: v.String(keyRegion), Endpoint: v.String(keyEndpoint),
		AccessKeyID: v.String(keyAccessKey), SecretAccessKey: v.Secret(keySecretKey),
		ProviderClass: v.String(keyProvider), ProviderProps: v.WithPrefix(providerPrefix),
		ProxyURL: v.String(keyProxyURL), ProxyUser: v.String(keyProxyUser), ProxyPassword: v.Secret(keyProxyPassword),
	}
}

// checkKeys finds what no single key shows or may show: half a login, bad URLs, references too deep, the same attribute twice, keys a
// tombstone lacks.
func checkKeys(v configdef.Values) []configdef.Problem {
	problems := append(checkLogin(v), checkURLs(v)...)
	columns := map[string]bool{}
	for _, name := range []string{keyHash, keySort} {
		ref, err := parseReference(v.String(name))
		if err != nil {
			continue // reported for the key itself, or an empty sort key
		}
		add := func(text string) { problems = append(problems, configdef.Problem{Key: name, Message: text}) }
		if limit := v.Int(keyDepth); limit >= 0 && v.Has(keyDepth) && len(ref.path) > int(limit) {
			add(fmt.Sprintf("%s goes deeper than %s=%d allows", ref.text, keyDepth, limit))
		}
		if columns[ref.column] {
			add(fmt.Sprintf("partition key and sort key are both named %s: give one of them an alias", ref.column))
		}
		columns[ref.column] = true
		if ref.from == fromOffset && strings.EqualFold(v.String(keyNulls), nullsDelete) {
			add(fmt.Sprintf("%s=DELETE cannot find the item to delete by its offset: a tombstone has an offset of its own. Set %s to a part of the record key, or to nothing when the table has no sort key", keyNulls, name))
		}
	}
	return problems
}

// checkLogin: the SDK's chain would silently take the place of half a pair.
func checkLogin(v configdef.Values) []configdef.Problem {
	id, secret := v.String(keyAccessKey) != "", v.Secret(keySecretKey).IsSet()
	if id == secret {
		return nil
	}
	missing := keyAccessKey
	if id {
		missing = keySecretKey
	}
	return []configdef.Problem{{Key: missing, Message: fmt.Sprintf("%s and %s belong together: set both or none", keyAccessKey, keySecretKey)}}
}

// checkURLs is no validator of the keys, because the message of one quotes the value: it may hold a password.
func checkURLs(v configdef.Values) (problems []configdef.Problem) {
	for _, key := range []string{keyEndpoint, keyProxyURL} {
		if err := awsconfig.ValidURL(v.String(key)); err != nil {
			problems = append(problems, configdef.Problem{Key: key, Message: err.Error()})
		}
	}
	return problems
}

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// expandTable puts the topic into the format and holds the result against DynamoDB's rules for names.
func expandTable(format, topic string) (string, error) {
	name := strings.ReplaceAll(format, topicVariable, topic)
	if !tableName.MatchString(name) {
		return "", fmt.Errorf("%q is no table name: DynamoDB takes 3 to 255 of the characters a-z, A-Z, 0-9, '_', '-' and '.'", name)
	}
	return name, nil
}

func validTableFormat(v any) error {
	s, _ := v.(string)
	_, err := expandTable(s, "topic")
	return err
}

func validColumn(v any) error {
	if s, _ := v.(string); s == "" || len(s) > maxColumnBytes {
		return errors.New("an attribute name has 1 to 255 bytes")
	}
	return nil
}
