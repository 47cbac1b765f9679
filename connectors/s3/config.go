package s3

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// The keys of the sink that it reads.
const (
	keyFormat           = "format.class"
	keyFlushSize        = "flush.size"
	keyRotate           = "rotate.interval.ms"
	keySchedule         = "rotate.schedule.interval.ms"
	keyRotateOnChange   = "rotate.file.on.partition.change"
	keyCompatibility    = "schema.compatibility"
	keyNulls            = "behavior.on.null.values"
	keyReportNulls      = "report.null.values.to.dlq"
	keyTombstones       = "tombstone.encoded.partition"
	keyDecimals         = "json.decimal.format"
	keyExtension        = "format.bytearray.extension"
	keySeparator        = "format.bytearray.separator"
	keyPadWidth         = "filename.offset.zero.pad.width"
	keyPause            = "retry.backoff.ms"
	keyMaxOpenFiles     = "partitioner.max.open.files"
	keyStorage          = "storage.class"
	keyTopicsDir        = "topics.dir"
	keyDirDelim         = "directory.delim"
	keyFileDelim        = "file.delim"
	keyEndpoint         = "store.url"
	keyPartitioner      = "partitioner.class"
	keyFields           = "partition.field.name"
	keyDuration         = "partition.duration.ms"
	keyPathFormat       = "path.format"
	keyLocale           = "locale"
	keyTimezone         = "timezone"
	keyExtractor        = "timestamp.extractor"
	keyTimeField        = "timestamp.field"
	keyTimeUnit         = "timestamp.field.unit"
	keyBucket           = "s3.bucket.name"
	keyRegion           = "s3.region"
	keyPartSize         = "s3.part.size"
	keyRetries          = "s3.part.retries"
	keyRetryBackoff     = "s3.retry.backoff.ms"
	keyProvider         = "s3.credentials.provider.class"
	keyAccessKey        = "aws.access.key.id"
	keySecretKey        = "aws.secret.access.key"
	keyEncryption       = "s3.ssea.name"
	keyCustomerKey      = "s3.sse.customer.key"
	keyKMSKey           = "s3.sse.kms.key.id"
	keyACL              = "s3.acl.canned"
	keyAccelerate       = "s3.wan.mode"
	keyPathStyle        = "s3.path.style.access.enabled"
	keyCompression      = "s3.compression.type"
	keyCompressionLevel = "s3.compression.level"
	keyProxyURL         = "s3.proxy.url"
	keyProxyUser        = "s3.proxy.user"
	keyProxyPassword    = "s3.proxy.password"
	keyExpectContinue   = "s3.http.send.expect.continue"
	keyBuffer           = "s3.elastic.buffer.init.capacity"
	providerPrefix      = "s3.credentials.provider."
)

const (
	partitionerPackage = "io.confluent.connect.storage.partitioner."
	formatPackage      = "io.confluent.connect.s3.format."
	storageClass       = "io.confluent.connect.s3.storage.S3Storage"
	defaultProvider    = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"

	classDefault = partitionerPackage + "DefaultPartitioner"
	classField   = partitionerPackage + "FieldPartitioner"
	classTime    = partitionerPackage + "TimeBasedPartitioner"
	classHourly  = partitionerPackage + "HourlyPartitioner"
	classDaily   = partitionerPackage + "DailyPartitioner"

	classJSON    = formatPackage + "json.JsonFormat"
	classAvro    = formatPackage + "avro.AvroFormat"
	classParquet = formatPackage + "parquet.ParquetFormat"
	classBytes   = formatPackage + "bytearray.ByteArrayFormat"

	groupConnector   = "Connector"
	groupStorage     = "Storage"
	groupPartitioner = "Partitioner"
	groupS3          = "S3"
	groupKeys        = "Keys and Headers"
)

// definition holds every key of the sink. It is built once: the sink's Config must always return the same value.
var definition = configdef.New(slices.Concat(connectorKeys, storageKeys, partitionerKeys, s3Keys, laterKeys)...).Check(problems).
	Reads(awsconfig.ProviderKeys(providerPrefix)...)

// only accepts the supported values.
func only(supported ...string) func(any) error {
	return func(v any) error {
		if s, _ := v.(string); !slices.Contains(supported, s) {
			return errors.New("supported are " + strings.Join(supported, ", "))
		}
		return nil
	}
}

// validURL is for addresses, which must not hold a login and are not shown in case they do.
var validURL = configdef.Unshown(func(v any) error {
	s, _ := v.(string)
	return awsconfig.ValidURL(s)
})

var regionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func validRegion(v any) error {
	if s, _ := v.(string); !regionName.MatchString(s) {
		return errors.New("it is no region name")
	}
	return nil
}

// bucketName is what a bucket may be called. Old ones have capital letters, underscores and up to 255 characters.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

func validBucket(v any) error {
	name, _ := v.(string)
	_, ipErr := netip.ParseAddr(name)
	switch {
	case strings.HasPrefix(name, "arn:"):
	case len(name) < 3 || len(name) > 255:
		return errors.New("names of buckets have 3 to 63 characters, old ones up to 255")
	case !bucketName.MatchString(name):
		return errors.New("names of buckets have lower-case letters, digits, dots and dashes, with a letter or digit at both ends")
	case strings.Contains(name, ".."):
		return errors.New("names of buckets have no two dots in a row")
	case ipErr == nil:
		return errors.New("names of buckets do not look like IP addresses")
	}
	return nil
}

func orMinusOne(v any) error {
	if n, _ := v.(int64); n < -1 || n == 0 {
		return errors.New("Value must be at least 1, or -1 for off") //nolint:staticcheck // Kafka's style
	}
	return nil
}

func validACL(v any) error {
	s, _ := v.(string)
	if s == "" || slices.Contains(types.ObjectCannedACLPrivate.Values(), types.ObjectCannedACL(s)) {
		return nil
	}
	return errors.New("it is no canned ACL of S3")
}

var connectorKeys = []configdef.Key{
	{Name: keyFormat, Type: configdef.Class, Required: true, Importance: configdef.High, Group: groupConnector,
		Valid: configdef.All(configdef.Later(classAvro, classParquet), only(classJSON, classBytes)),
		Doc:   "The format of the objects: JSON lines, or the bytes as they are."},
	{Name: keyFlushSize, Type: configdef.Int, Required: true, Importance: configdef.High, Group: groupConnector, Valid: configdef.AtLeast(1),
		Doc: "Cut the open files of a topic partition after this many records, counted over all its directories."},
	{Name: keyRotate, Type: configdef.Long, Default: "-1", Importance: configdef.High, Group: groupConnector, Valid: orMinusOne,
		Doc: "Cut before a record whose time lies this far after the first one written since the last cut. Only with a time-based partitioner."},
	{Name: keySchedule, Type: configdef.Long, Default: "-1", Group: groupConnector, Valid: orMinusOne,
		Doc: "Cut whenever the wall clock passes a multiple of this interval since midnight in timezone, also when no records come. Each cut is then committed before the next is stored."},
	{Name: keyRotateOnChange, Type: configdef.Boolean, Default: "true", Importance: configdef.Low, Group: groupConnector,
		Doc: "With rotate.interval.ms: also cut before a record whose directory differs from that of the record before."},
	{Name: keyCompatibility, Type: configdef.String, Default: "NONE", Importance: configdef.High, Group: groupConnector,
		Valid: configdef.All(configdef.Later("BACKWARD", "FORWARD", "FULL"), only("NONE")),
		Doc:   "What to do when the schema of the values changes. NONE cuts the files."},
	{Name: keyNulls, Type: configdef.String, Default: "fail", Importance: configdef.Low, Group: groupConnector,
		Valid: configdef.OneOfFold("fail", "ignore", "write"),
		Doc:   "What to do with null values: reject them as bad records, drop them, or write them to a directory of their own."},
	{Name: keyReportNulls, Type: configdef.Boolean, Default: "true", Importance: configdef.Low, Group: groupConnector,
		Doc: "With behavior.on.null.values=ignore, errors.tolerance=all and a dead-letter topic: send dropped null values there."},
	{Name: keyTombstones, Type: configdef.String, Default: "tombstone", Importance: configdef.Low, Group: groupConnector, Valid: configdef.NonEmpty,
		Doc: "The directory of null values with behavior.on.null.values=write."},
	{Name: keyDecimals, Type: configdef.String, Default: "BASE64", Importance: configdef.Low, Group: groupConnector, Valid: configdef.OneOfFold("BASE64", "NUMERIC"),
		Doc: "How JSON shows Connect's Decimal: base64 of its bytes, or a number."},
	{Name: keyExtension, Type: configdef.String, Default: ".bin", Importance: configdef.Low, Group: groupConnector,
		Doc: "The file extension of the bytes format."},
	{Name: keySeparator, Type: configdef.String, Null: true, Importance: configdef.Low, Group: groupConnector,
		Doc: "What the bytes format writes after each record, white space included; a line feed when not set."},
	{Name: keyPadWidth, Type: configdef.Int, Default: "10", Importance: configdef.Low, Group: groupConnector, Valid: configdef.Between(0, 100),
		Doc: "The least number of digits of the offset in a file name."},
	{Name: keyPause, Type: configdef.Long, Default: "5000", Importance: configdef.Low, Group: groupConnector, Valid: configdef.AtLeast(0),
		Doc: "How long an upload that failed for now is left alone when no records come that would try it again."},
	{Name: keyMaxOpenFiles, Type: configdef.Int, Default: "-1", Importance: configdef.Low, Group: groupConnector, Internal: true,
		Doc: "Cut before a record that would need more open files than this in its topic partition; -1 is no limit."},
}

var storageKeys = []configdef.Key{
	{Name: keyStorage, Type: configdef.Class, Required: true, Importance: configdef.High, Group: groupStorage, Valid: only(storageClass),
		Doc: "Confluent's class name of the storage; there is one."},
	{Name: keyTopicsDir, Type: configdef.String, Default: "topics", Importance: configdef.High, Group: groupStorage,
		Doc: "The directory above all topics; empty for none."},
	{Name: keyDirDelim, Type: configdef.String, Default: "/", Group: groupStorage, Valid: configdef.NonEmpty,
		Doc: "What stands between directories."},
	{Name: keyFileDelim, Type: configdef.String, Default: "+", Group: groupStorage,
		Doc: "What stands between the topic, the partition and the offset in a file name."},
	{Name: keyEndpoint, Type: configdef.String, Null: true, Importance: configdef.High, Group: groupStorage, Valid: validURL,
		Doc: "The endpoint of a service that speaks S3; http or https."},
}

var partitionerKeys = []configdef.Key{
	{Name: keyPartitioner, Type: configdef.Class, Default: classDefault, Importance: configdef.High, Group: groupPartitioner,
		Valid: only(classDefault, classField, classTime, classHourly, classDaily),
		Doc:   "How records are filed into directories."},
	{Name: keyFields, Type: configdef.List, Importance: configdef.Medium, Group: groupPartitioner,
		Doc: "The fields of the FieldPartitioner, dotted when nested; their order is that of the directories."},
	{Name: keyDuration, Type: configdef.Long, Default: "-1", Group: groupPartitioner,
		Doc: "The width of a time directory for the TimeBasedPartitioner; times are rounded down to it before they are formatted."},
	{Name: keyPathFormat, Type: configdef.String, Group: groupPartitioner,
		Doc: "The Joda-Time pattern of the TimeBasedPartitioner's directories, such as 'year'=YYYY/'month'=MM."},
	{Name: keyLocale, Type: configdef.String, Group: groupPartitioner,
		Doc: "The locale of time directories. Names of months and days exist in English only."},
	{Name: keyTimezone, Type: configdef.String, Group: groupPartitioner,
		Doc: "The time zone of time directories and of the rotation schedule, such as Europe/Berlin."},
	{Name: keyExtractor, Type: configdef.String, Default: "Wallclock", Group: groupPartitioner, Valid: validExtractor,
		Doc: "Where time-based partitioners find the time: Wallclock, Record (Kafka's timestamp), or RecordField."},
	{Name: keyTimeField, Type: configdef.String, Default: "timestamp", Group: groupPartitioner, Valid: configdef.NonEmpty,
		Doc: "The field that holds the time for RecordField, dotted when nested: a Timestamp, a number, or ISO-8601 text (UTC without an offset)."},
	{Name: keyTimeUnit, Type: configdef.String, Default: "ms", Importance: configdef.Low, Group: groupPartitioner, Valid: configdef.OneOf("s", "ms", "us", "ns"),
		Doc: "The unit of a number in timestamp.field, counted from 1970. This key is Sluice's own."},
}

var s3Keys = []configdef.Key{
	{Name: keyBucket, Type: configdef.String, Required: true, Importance: configdef.High, Group: groupS3, Valid: configdef.All(configdef.NonEmpty, validBucket),
		Doc: "The bucket, by its name or the ARN of an access point. It must exist."},
	{Name: keyRegion, Type: configdef.String, Default: "us-west-2", Group: groupS3, Valid: validRegion,
		Doc: "The region of the bucket."},
	{Name: keyPartSize, Type: configdef.Int, Default: "26214400", Importance: configdef.High, Group: groupS3, Valid: configdef.AtLeast(5 << 20),
		Doc: "Files up to this size are one request; larger ones are uploaded in parts of this size while they fill."},
	{Name: keyRetries, Type: configdef.Int, Default: "3", Group: groupS3, Valid: configdef.AtLeast(0),
		Doc: "How often a request is tried before the partition backs off."},
	{Name: keyRetryBackoff, Type: configdef.Long, Default: "200", Importance: configdef.Low, Group: groupS3, Valid: configdef.AtLeast(0),
		Doc: "The first pause between tries; it doubles, up to 20 seconds, and is shortened at random."},
	{Name: keyProvider, Type: configdef.Class, Default: defaultProvider, Importance: configdef.Low, Group: groupS3, Valid: awsconfig.ValidProvider,
		Doc: "The Java class name of a credentials provider; its keys follow below s3.credentials.provider."},
	{Name: keyAccessKey, Type: configdef.String, Importance: configdef.High, Group: groupS3,
		Doc: "The access key, used together with aws.secret.access.key."},
	{Name: keySecretKey, Type: configdef.Password, Importance: configdef.High, Group: groupS3,
		Doc: "The secret of aws.access.key.id."},
	{Name: keyEncryption, Type: configdef.String, Importance: configdef.Low, Group: groupS3, Valid: configdef.OneOf("", "AES256", "aws:kms", "aws:kms:dsse"),
		Doc: "The server-side encryption to ask for; empty leaves it to the bucket."},
	{Name: keyCustomerKey, Type: configdef.Password, Null: true, Importance: configdef.Low, Group: groupS3,
		Doc: "A key of your own (SSE-C), base64 of 32 bytes, with s3.ssea.name=AES256."},
	{Name: keyKMSKey, Type: configdef.String, Importance: configdef.Low, Group: groupS3,
		Doc: "The KMS key with s3.ssea.name=aws:kms; the account's default key when empty."},
	{Name: keyACL, Type: configdef.String, Null: true, Importance: configdef.Low, Group: groupS3, Valid: validACL,
		Doc: "A canned ACL for every object, such as bucket-owner-full-control."},
	{Name: keyAccelerate, Type: configdef.Boolean, Default: "false", Group: groupS3,
		Doc: "Use transfer acceleration; needs s3.path.style.access.enabled=false."},
	{Name: keyPathStyle, Type: configdef.Boolean, Default: "true", Importance: configdef.Low, Group: groupS3,
		Doc: "Put the bucket into the path of requests and not into the host name."},
	{Name: keyCompression, Type: configdef.String, Default: "none", Importance: configdef.Low, Group: groupS3, Valid: configdef.OneOfFold("none", "gzip"),
		Doc: "Compress JSON and bytes files; adds .gz to their names."},
	{Name: keyCompressionLevel, Type: configdef.Int, Default: "-1", Importance: configdef.Low, Group: groupS3, Valid: configdef.Between(-1, 9),
		Doc: "The gzip level, -1 for the usual one."},
	{Name: keyProxyURL, Type: configdef.String, Importance: configdef.Low, Group: groupS3, Valid: validURL,
		Doc: "A proxy for S3 and STS, http or https; otherwise the environment's proxy variables count."},
	{Name: keyProxyUser, Type: configdef.String, Null: true, Importance: configdef.Low, Group: groupS3, Doc: "The user at the proxy."},
	{Name: keyProxyPassword, Type: configdef.Password, Importance: configdef.Low, Group: groupS3, Doc: "The password at the proxy."},
	{Name: keyExpectContinue, Type: configdef.Boolean, Default: "true", Importance: configdef.Low, Group: groupS3,
		Doc: "Ask S3 whether it will take a request before a large body is sent."},
	{Name: keyBuffer, Type: configdef.Int, Default: "131072", Importance: configdef.Low, Group: groupS3, Valid: configdef.AtLeast(4096),
		Doc: "The size at which the buffer of a new file starts; it grows up to s3.part.size."},
}

func validExtractor(v any) error {
	_, err := extractorName(v.(string))
	return err
}

// extractorName accepts the short names and the class names behind them.
func extractorName(s string) (string, error) {
	short := strings.TrimPrefix(s, partitionerPackage+"TimeBasedPartitioner$")
	short = strings.TrimSuffix(strings.TrimPrefix(short, partitionerPackage), "TimestampExtractor")
	for _, name := range []string{"Wallclock", "Record", "RecordField"} {
		if strings.EqualFold(short, name) {
			return name, nil
		}
	}
	return "", errors.New("supported are Wallclock, Record, RecordField")
}
