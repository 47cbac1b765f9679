package s3

import (
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/javatime"
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
	_, p := newSettings(v)
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

// newSettings turns parsed values into settings. It also runs on values some of which failed to parse, and then only must
// not panic.
func newSettings(v configdef.Values) (*settings, []configdef.Problem) {
	r := &reader{Values: v}
	s := &settings{
		bucket:         v.String(keyBucket),
		aws:            r.awsOptions(),
		pathStyle:      v.Bool(keyPathStyle),
		accelerate:     v.Bool(keyAccelerate),
		expectContinue: v.Bool(keyExpectContinue),
		retryBackoff:   r.millis(keyRetryBackoff),
		pause:          max(minPause, r.millis(keyPause)),
		acl:            types.ObjectCannedACL(v.String(keyACL)),
		gzip:           strings.EqualFold(v.String(keyCompression), "gzip"),
		gzipLevel:      int(v.Int(keyCompressionLevel)),
		first:          int(v.Int(keyBuffer)),
		partSize:       int(v.Int(keyPartSize)),
		nulls:          nullBehavior(strings.ToLower(v.String(keyNulls))),
		tombstones:     v.String(keyTombstones),
	}
	var err error
	s.sse, err = newEncryption(v.String(keyEncryption), v.String(keyKMSKey), v.Secret(keyCustomerKey))
	r.problem(keyCustomerKey, err)
	if s.accelerate && s.pathStyle {
		r.problem(keyAccelerate, errors.New("transfer acceleration needs s3.path.style.access.enabled=false"))
	}
	r.readNulls(s)
	r.readFormat(s)
	r.readPartitioner(s)
	r.readRotation(s)
	return s, r.problems
}

func (r *reader) awsOptions() awsconfig.Options {
	return awsconfig.Options{
		Region:          r.String(keyRegion),
		Endpoint:        r.String(keyEndpoint),
		AccessKeyID:     r.String(keyAccessKey),
		SecretAccessKey: r.Secret(keySecretKey),
		ProviderClass:   r.String(keyProvider),
		ProviderProps:   r.WithPrefix(providerPrefix),
		ProxyURL:        r.String(keyProxyURL),
		ProxyUser:       r.String(keyProxyUser),
		ProxyPassword:   r.Secret(keyProxyPassword),
		MaxAttempts:     max(1, int(r.Int(keyRetries))),
	}
}

// readNulls: reporting needs somebody to report to, otherwise ignoring would turn into failing.
func (r *reader) readNulls(s *settings) {
	props := r.Originals()
	s.reportNulls = r.Bool(keyReportNulls) && props["errors.tolerance"] == "all" &&
		props["errors.deadletterqueue.topic.name"] != ""
}

func (r *reader) readFormat(s *settings) {
	s.names = naming{topicsDir: r.String(keyTopicsDir), dirDelim: r.String(keyDirDelim), fileDelim: r.String(keyFileDelim),
		pad: int(r.Int(keyPadWidth))}
	switch r.String(keyFormat) {
	case classBytes:
		separator, set := r.Originals()[keySeparator] // parsing would trim it
		if !set {
			separator = "\n"
		}
		s.encode, s.names.extension = bytesFormat(separator), r.String(keyExtension)
	default:
		s.encode, s.names.extension = jsonFormat(strings.EqualFold(r.String(keyDecimals), "NUMERIC")), ".json"
	}
	if s.gzip {
		s.names.extension += ".gz"
	}
}

func (r *reader) readRotation(s *settings) {
	s.rules = rotationRules{flushSize: r.Int(keyFlushSize), schedule: r.millis(keySchedule),
		maxOpen: int(r.Int(keyMaxOpenFiles)), zone: time.UTC}
	if s.extract != nil {
		s.rules.interval = r.millis(keyRotate)
		s.rules.onChange = r.Bool(keyRotateOnChange)
	}
	if s.rules.schedule <= 0 {
		return
	}
	zone, err := javatime.LoadZone(r.String(keyTimezone))
	if err != nil {
		err = errors.New("rotate.schedule.interval.ms needs a time zone, such as UTC or Europe/Berlin")
	}
	r.problem(keyTimezone, err)
	s.rules.zone = zone
}

func (r *reader) readPartitioner(s *settings) {
	delim := r.String(keyDirDelim)
	hourly := "'year'=YYYY'" + delim + "month'=MM'" + delim + "day'=dd"
	switch r.String(keyPartitioner) {
	case classField:
		fields := r.List(keyFields)
		if len(fields) == 0 {
			r.problem(keyFields, errors.New("the FieldPartitioner needs at least one field"))
		}
		s.newPartitioner = func() partitioner { return newByFields(fields, delim) }
	case classTime:
		pattern := strings.TrimSuffix(r.String(keyPathFormat), delim)
		if pattern == "" {
			r.problem(keyPathFormat, errors.New("the TimeBasedPartitioner needs a pattern"))
		}
		if r.Int(keyDuration) <= 0 {
			r.problem(keyDuration, errors.New("the TimeBasedPartitioner needs a positive duration"))
		}
		r.readTime(s, keyPathFormat, pattern, r.millis(keyDuration))
	case classHourly:
		r.readTime(s, keyLocale, hourly+"'"+delim+"hour'=HH", time.Hour)
	case classDaily:
		r.readTime(s, keyLocale, hourly, 24*time.Hour)
	default:
		s.newPartitioner = func() partitioner { return byPartition{} }
	}
}

func (r *reader) readTime(s *settings, key, pattern string, duration time.Duration) {
	if r.String(keyLocale) == "" {
		r.problem(keyLocale, errors.New("time-based partitioners need a locale, such as en"))
	}
	zone, err := javatime.LoadZone(r.String(keyTimezone))
	if err != nil {
		r.problem(keyTimezone, errors.New("time-based partitioners need a time zone, such as UTC or Europe/Berlin"))
		zone = time.UTC
	}
	path, err := javatime.Joda(pattern, r.String(keyLocale), zone)
	r.problem(key, err)
	s.newPartitioner = func() partitioner { return byTime{newBuckets(path, duration)} }
	switch name, _ := extractorName(r.String(keyExtractor)); name {
	case "Record":
		s.extract = recordTime
	case "RecordField":
		s.extract = fieldTime(r.String(keyTimeField), r.String(keyTimeUnit))
	default:
		s.extract, s.wallclock = wallclock, true
	}
}
