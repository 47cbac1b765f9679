package task

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/javaregex"
)

// workerKeys are the worker's properties that a task reads itself.
var workerKeys = workerconfig.Standalone.Only(workerconfig.OffsetFlush)

// settings is what a task derives from its configuration before it touches the world.
type settings struct {
	consumer          consume.Config
	key, value, heads converter.Converter
	keyClass          string
	valueClass        string
	headerClass       string
	connector         connectors.Config
	errors            tolerance
}

// Check returns why a task cannot even be made of s, whatever the world is like: such a task fails at once.
func Check(s Spec) error {
	set, err := newSettings(s)
	if err == nil {
		err = set.close()
	}
	return err
}

func newSettings(s Spec) (settings, error) {
	var set settings
	v, problems := connectorconfig.Subscription.Parse(s.Props)
	if len(problems) > 0 {
		return set, fmt.Errorf("choose topics: %s", problems[0].Message)
	}
	sink, problems := s.Plugin.Connector.Config().Parse(s.Props)
	if len(problems) > 0 {
		return set, fmt.Errorf("configure connector %s: %s", s.Connector, problems[0].Message)
	}
	topics := slices.Compact(slices.Sorted(slices.Values(v.List(connectorconfig.Topics))))
	set.connector = connectors.Config{Values: sink, Name: s.Connector, Topics: topics}
	var err error
	if set.errors, err = newTolerance(s.Props); err != nil {
		return set, err
	}
	if set.consumer, err = consumerConfig(s); err != nil {
		return set, err
	}
	set.consumer.Topics, set.consumer.SkipBatches = topics, set.errors.all
	if pattern := v.String(connectorconfig.TopicsRegex); pattern != "" {
		if set.consumer.Pattern, err = javaregex.Compile(pattern); err != nil {
			return set, fmt.Errorf("read topics.regex: %w", err)
		}
	}
	return set, set.converters(s)
}

// consumerConfig layers the worker's consumer.* and the connector's consumer.override.* over Connect's defaults. The
// worker's unprefixed security settings do not reach consumers, as in Connect.
func consumerConfig(s Spec) (consume.Config, error) {
	props := map[string]string{}
	if servers, ok := s.Worker["bootstrap.servers"]; ok {
		props["bootstrap.servers"] = servers
	}
	maps.Copy(props, configdef.WithPrefix(s.Worker, "consumer."))
	maps.Copy(props, configdef.WithPrefix(s.Props, "consumer.override."))
	clientID := fmt.Sprintf("connector-consumer-%s-%d", s.Connector, s.ID)
	c, err := consume.NewConfig(props, clientID, "connect-"+s.Connector)
	if err != nil {
		return c, err
	}
	if c.InstanceID == "" {
		c.InstanceID = s.InstanceID
	}
	w, problems := workerKeys.Parse(s.Worker)
	if len(problems) > 0 {
		return c, fmt.Errorf("configure worker: %s", problems[0].Message)
	}
	c.CommitInterval = w.Duration(workerconfig.OffsetFlush, time.Millisecond)
	c.Logger, c.Metrics = s.Logger, s.Metrics
	return c, nil
}

func (set *settings) converters(s Spec) (err error) {
	if set.keyClass, set.key, err = newConverter(s, "key.converter", converter.ForKey); err != nil {
		return err
	}
	if set.valueClass, set.value, err = newConverter(s, "value.converter", converter.ForValue); err != nil {
		return err
	}
	set.headerClass, set.heads, err = newConverter(s, "header.converter", converter.ForHeader)
	return err
}

// newConverter takes class and settings of a converter together from the connector, or together from the worker:
// Connect does not mix them.
func newConverter(s Spec, key string, role converter.Role) (string, converter.Converter, error) {
	from := s.Props
	if from[key] == "" {
		from = s.Worker
	}
	class := strings.TrimSpace(from[key])
	if class == "" && role == converter.ForHeader {
		class = workerconfig.DefaultHeaderConverter
	}
	c, err := converter.New(class, configdef.WithPrefix(from, key+"."), role)
	if err != nil {
		return class, nil, fmt.Errorf("set up %s: %w", key, err)
	}
	if talks, ok := c.(converter.Logging); ok && s.Logger != nil {
		talks.LogTo(s.Logger)
	}
	return class, c, nil
}

// close frees what the converters share.
func (set *settings) close() error {
	var failed error
	for _, c := range []converter.Converter{set.key, set.value, set.heads} {
		if c == nil {
			continue
		}
		if err := c.Close(); err != nil && failed == nil {
			failed = fmt.Errorf("close converter: %w", err)
		}
	}
	return failed
}
