package s3

import (
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// settings are a configuration as the sink uses it. They do not change and are shared by all writers of a task.
type settings struct {
	bucket         string
	aws            awsconfig.Options
	pathStyle      bool
	accelerate     bool
	expectContinue bool
	retryBackoff   time.Duration // between the SDK's tries
	pause          time.Duration // before an idle writer tries again
	acl            types.ObjectCannedACL
	sse            encryption

	rules     rotationRules
	names     naming
	encode    format
	gzip      bool
	gzipLevel int
	first     int // bytes of a new buffer
	partSize  int

	nulls          nullBehavior
	reportNulls    bool
	tombstones     string
	newPartitioner func() partitioner
	extract        extractor // nil unless the partitioner is time-based
	wallclock      bool      // extract is the clock
}

// clockCuts tells whether the end of a file may depend on the clock.
func (s *settings) clockCuts() bool {
	return s.rules.schedule > 0 || s.wallclock && (s.rules.interval > 0 || s.rules.maxOpen > 0)
}

// clockObjects tells whether anything about an object may depend on the clock.
func (s *settings) clockObjects() bool { return s.wallclock || s.clockCuts() }

// minPause keeps an idle writer from asking a store that is away without rest.
const minPause = 100 * time.Millisecond

type nullBehavior string

const (
	nullFail   nullBehavior = "fail"
	nullIgnore nullBehavior = "ignore"
	nullWrite  nullBehavior = "write"
)

// problems is the check over all keys together.
func problems(v configdef.Values) []configdef.Problem {
	_, p := read(v)
	return p
}

// reader collects the problems of one configuration.
type reader struct {
	configdef.Values
	problems []configdef.Problem
}

func (r *reader) problem(key string, err error) {
	if err != nil {
		r.problems = append(r.problems, configdef.Problem{Key: key, Message: "Invalid value for configuration " + key + ": " + err.Error()})
	}
}

func (r *reader) millis(key string) time.Duration {
	return max(0, r.Duration(key, time.Millisecond))
}

// read turns parsed values into settings. It also runs on values some of which failed to parse, and then only must
// not panic.
func read(v configdef.Values) (*settings, []configdef.Problem) {
	r := &reader{Values: v}
	s := &settings{
		bucket:         v.String("s3.bucket.name"),
		aws:            r.awsOptions(),
		pathStyle:      v.Bool("s3.path.style.access.enabled"),
		accelerate:     v.Bool("s3.wan.mode"),
		expectContinue: v.Bool("s3.http.send.expect.continue"),
		retryBackoff:   r.millis("s3.retry.backoff.ms"),
		pause:          max(minPause, r.millis("retry.backoff.ms")),
		acl:            types.ObjectCannedACL(v.String("s3.acl.canned")),
		gzip:           strings.EqualFold(v.String("s3.compression.type"), "gzip"),
		gzipLevel:      int(v.Int("s3.compression.level")),
		first:          int(v.Int("s3.elastic.buffer.init.capacity")),
		partSize:       int(v.Int("s3.part.size")),
		nulls:          nullBehavior(strings.ToLower(v.String("behavior.on.null.values"))),
		tombstones:     v.String("tombstone.encoded.partition"),
	}
	var err error
	s.sse, err = newEncryption(v.String("s3.ssea.name"), v.String("s3.sse.kms.key.id"), v.Secret("s3.sse.customer.key"))
	r.problem("s3.sse.customer.key", err)
	if s.accelerate && s.pathStyle {
		r.problem("s3.wan.mode", errors.New("transfer acceleration needs s3.path.style.access.enabled=false"))
	}
	r.readNulls(s)
	r.readFormat(s)
	r.readPartitioner(s)
	r.readRotation(s)
	return s, r.problems
}

func (r *reader) awsOptions() awsconfig.Options {
	o := awsconfig.Options{
		Region:          r.String("s3.region"),
		Endpoint:        r.String("store.url"),
		AccessKeyID:     r.String("aws.access.key.id"),
		SecretAccessKey: r.Secret("aws.secret.access.key"),
		ProviderClass:   r.String("s3.credentials.provider.class"),
		ProviderProps:   r.WithPrefix("s3.credentials.provider."),
		ProxyURL:        r.String("s3.proxy.url"),
		ProxyUser:       r.String("s3.proxy.user"),
		ProxyPassword:   r.Secret("s3.proxy.password"),
		MaxAttempts:     max(1, int(r.Int("s3.part.retries"))),
	}
	r.problem("store.url", awsconfig.ValidURL(o.Endpoint))
	r.problem("s3.proxy.url", awsconfig.ValidURL(o.ProxyURL))
	return o
}

// readNulls: reporting needs somebody to report to, otherwise ignoring would turn into failing.
func (r *reader) readNulls(s *settings) {
	props := r.Originals()
	s.reportNulls = r.Bool("report.null.values.to.dlq") && props["errors.tolerance"] == "all" &&
		props["errors.deadletterqueue.topic.name"] != ""
}

func (r *reader) readFormat(s *settings) {
	s.names = naming{topicsDir: r.String("topics.dir"), dirDelim: r.String("directory.delim"), fileDelim: r.String("file.delim"),
		pad: int(r.Int("filename.offset.zero.pad.width"))}
	switch r.String("format.class") {
	case classBytes:
		separator, set := r.Originals()["format.bytearray.separator"] // parsing would trim it
		if !set {
			separator = "\n"
		}
		s.encode, s.names.extension = bytesFormat(separator), r.String("format.bytearray.extension")
	default:
		s.encode, s.names.extension = jsonFormat(strings.EqualFold(r.String("json.decimal.format"), "NUMERIC")), ".json"
	}
	if s.gzip {
		s.names.extension += ".gz"
	}
}

func (r *reader) readRotation(s *settings) {
	s.rules = rotationRules{flushSize: r.Int("flush.size"), schedule: r.millis("rotate.schedule.interval.ms"),
		maxOpen: int(r.Int("partitioner.max.open.files")), zone: time.UTC}
	if s.extract != nil {
		s.rules.interval = r.millis("rotate.interval.ms")
		s.rules.onChange = r.Bool("rotate.file.on.partition.change")
	}
	if s.rules.schedule <= 0 {
		return
	}
	zone, err := loadZone(r.String("timezone"))
	if err != nil {
		err = errors.New("rotate.schedule.interval.ms needs a time zone, such as UTC or Europe/Berlin")
	}
	r.problem("timezone", err)
	s.rules.zone = zone
}

func (r *reader) readPartitioner(s *settings) {
	delim := r.String("directory.delim")
	hourly := "'year'=YYYY'" + delim + "month'=MM'" + delim + "day'=dd"
	switch r.String("partitioner.class") {
	case classField:
		fields := r.List("partition.field.name")
		if len(fields) == 0 {
			r.problem("partition.field.name", errors.New("the FieldPartitioner needs at least one field"))
		}
		s.newPartitioner = func() partitioner { return newByFields(fields, delim) }
	case classTime:
		pattern := strings.TrimSuffix(r.String("path.format"), delim)
		if pattern == "" {
			r.problem("path.format", errors.New("the TimeBasedPartitioner needs a pattern"))
		}
		if r.Int("partition.duration.ms") <= 0 {
			r.problem("partition.duration.ms", errors.New("the TimeBasedPartitioner needs a positive duration"))
		}
		r.readTime(s, "path.format", pattern, r.millis("partition.duration.ms"))
	case classHourly:
		r.readTime(s, "locale", hourly+"'"+delim+"hour'=HH", time.Hour)
	case classDaily:
		r.readTime(s, "locale", hourly, 24*time.Hour)
	default:
		s.newPartitioner = func() partitioner { return byPartition{} }
	}
}

func (r *reader) readTime(s *settings, key, pattern string, duration time.Duration) {
	if r.String("locale") == "" {
		r.problem("locale", errors.New("time-based partitioners need a locale, such as en"))
	}
	zone, err := loadZone(r.String("timezone"))
	if err != nil {
		r.problem("timezone", errors.New("time-based partitioners need a time zone, such as UTC or Europe/Berlin"))
		zone = time.UTC
	}
	path, err := compilePath(pattern, r.String("locale"), zone)
	r.problem(key, err)
	s.newPartitioner = func() partitioner { return byTime{newBuckets(path, duration)} }
	switch name, _ := extractorName(r.String("timestamp.extractor")); name {
	case "Record":
		s.extract = recordTime
	case "RecordField":
		s.extract = fieldTime(r.String("timestamp.field"), r.String("timestamp.field.unit"))
	default:
		s.extract, s.wallclock = wallclock, true
	}
}
