package herder

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// Offsets reads and changes what consumer groups have committed; props are the properties of an admin client. Its
// errors wrap kafka.ErrGroupInUse and kafka.UnknownPartitionError.
type Offsets interface {
	Read(ctx context.Context, props map[string]string, group string) (map[schemas.TopicPartition]int64, error)
	Alter(ctx context.Context, props map[string]string, group string, offsets map[schemas.TopicPartition]*int64) error
	Delete(ctx context.Context, props map[string]string, group string) error
	Evict(ctx context.Context, props map[string]string, group string, instances []string) error
}

// offsetsTime bounds what one request does with Kafka and with the sink.
const offsetsTime = 60 * time.Second

// ConnectorOffsets lists what the connector's consumer group has committed, in any state of the connector.
func (h *Herder) ConnectorOffsets(ctx context.Context, name string) ([]runtime.ConnectorOffset, error) {
	config, err := h.ConnectorConfig(name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTime)
	defer cancel()
	found, err := h.readOffsets(ctx, name, config)
	if err != nil {
		h.opt.Logger.Error("reading offsets", "connector", name, "error", err)
		return nil, runtime.Errorf(runtime.Internal, "Failed to retrieve consumer group offsets for sink connector %s", name)
	}
	list := make([]runtime.ConnectorOffset, 0, len(found))
	for tp, offset := range found {
		list = append(list, runtime.ConnectorOffset{Partition: tp, Offset: offset})
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i].Partition, list[j].Partition
		return a.Topic < b.Topic || a.Topic == b.Topic && a.Partition < b.Partition
	})
	return list, nil
}

// AlterOffsets changes the offsets of a stopped connector. It returns the text for the user.
func (h *Herder) AlterOffsets(ctx context.Context, name string, wanted []runtime.PartitionOffset) (string, error) {
	if len(wanted) == 0 {
		return "", runtime.Errorf(runtime.BadRequest, "Partitions / offsets need to be provided for an alter offsets request")
	}
	g, err := h.stoppedGroup(ctx, name)
	if err != nil {
		return "", err
	}
	offsets, err := readPartitionOffsets(wanted)
	if err != nil {
		return "", err
	}
	for tp, offset := range offsets {
		if offset != nil && *offset < 0 {
			return "", runtime.Errorf(runtime.BadRequest, "Failed to modify offsets for sink connector %s: the offset of %s is negative", name, tp)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTime)
	defer cancel()
	told, err := g.tellSink(ctx, offsets)
	if err != nil {
		return "", err
	}
	if err := g.alone(ctx, func() error { return h.opt.Offsets.Alter(ctx, g.admin, g.id, offsets) }); err != nil {
		return "", g.failure("alter", "Failed to alter consumer group offsets for connector %s", err)
	}
	h.opt.Logger.Info("altered offsets", "connector", name, "partitions", len(offsets))
	return outcome("altered", told), nil
}

// ResetOffsets forgets the offsets of a stopped connector: it deletes its consumer group. It returns the text for the
// user.
func (h *Herder) ResetOffsets(ctx context.Context, name string) (string, error) {
	g, err := h.stoppedGroup(ctx, name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTime)
	defer cancel()
	const failed = "Failed to reset consumer group offsets for sink connector %s"
	found, err := h.opt.Offsets.Read(ctx, g.admin, g.id)
	if err != nil {
		return "", g.failure("reset", failed, err)
	}
	none := make(map[schemas.TopicPartition]*int64, len(found))
	for tp := range found {
		none[tp] = nil
	}
	told, err := g.tellSink(ctx, none)
	if err != nil {
		return "", err
	}
	if err := g.alone(ctx, func() error { return h.opt.Offsets.Delete(ctx, g.admin, g.id) }); err != nil {
		return "", g.failure("reset", failed, err)
	}
	h.opt.Logger.Info("reset offsets", "connector", name)
	return outcome("reset", told), nil
}

// outcome words a success. A sink that was not told may keep offsets of its own.
func outcome(done string, told bool) string {
	if told {
		return fmt.Sprintf("The offsets for this connector have been %s successfully", done)
	}
	return fmt.Sprintf("The Connect framework-managed offsets for this connector have been %s successfully. However, if this connector "+
		"manages offsets externally, they will need to be manually %s in the system that the connector uses.", done, done)
}

// sinkGroup is the consumer group of a connector.
type sinkGroup struct {
	h      *Herder
	name   string
	plugin *connectors.Plugin
	props  map[string]string // of the connector, resolved
	admin  map[string]string
	id     string
	tasks  int // as many may have left a static membership behind
}

func (h *Herder) group(ctx context.Context, name string, config map[string]string, plugin *connectors.Plugin) (*sinkGroup, error) {
	if h.opt.Offsets == nil {
		return nil, runtime.Errorf(runtime.Unavailable, "This worker has no access to Kafka")
	}
	props, err := h.examiner.Resolved(ctx, config)
	if err != nil {
		return nil, err
	}
	g := &sinkGroup{h: h, name: name, plugin: plugin, props: props, id: "connect-" + name,
		admin: kafka.AdminProps(h.opt.Worker, props, "connector-worker-adminclient-"+name)}
	if id := h.opt.Worker["consumer.group.id"]; id != "" {
		g.id = id
	}
	if id := props[examine.ConsumerOverride+"group.id"]; id != "" {
		g.id = id
	}
	return g, nil
}

func (h *Herder) readOffsets(ctx context.Context, name string, config map[string]string) (map[schemas.TopicPartition]int64, error) {
	g, err := h.group(ctx, name, config, nil)
	if err != nil {
		return nil, err
	}
	return h.opt.Offsets.Read(ctx, g.admin, g.id)
}

// stoppedGroup returns the group of a connector whose offsets may be modified. That a task has not left the group yet,
// or that the connector is resumed meanwhile, is for Kafka to notice.
func (h *Herder) stoppedGroup(ctx context.Context, name string) (*sinkGroup, error) {
	h.mu.RLock()
	c, err := h.find(name, missingConnector)
	if err != nil {
		h.mu.RUnlock()
		return nil, err
	}
	stopped := c.target == runtime.Stopped && len(c.slots) == 0
	config, plugin, tasks := c.config, c.plugin, max(c.tasksMax, 1)
	h.mu.RUnlock()
	if !stopped {
		return nil, runtime.Errorf(runtime.BadRequest, "Connectors must be in the STOPPED state before their offsets can be modified. This can be done "+
			"for the specified connector by issuing a 'PUT' request to the '/connectors/%s/stop' endpoint", name)
	}
	if plugin == nil {
		return nil, runtime.Errorf(runtime.Internal, "Failed to modify offsets for sink connector %s: its class is not installed", name)
	}
	g, err := h.group(ctx, name, config, plugin)
	if g != nil {
		g.tasks = tasks
	}
	return g, err
}

// alone runs f once more when the group has members left that are ours but nobody's: static members stay until their
// session ends when their worker was killed, or when they were stopped before the group had let them in.
func (g *sinkGroup) alone(ctx context.Context, f func() error) error {
	err := f()
	if !errors.Is(err, kafka.ErrGroupInUse) || g.h.opt.InstanceID == "" || g.h.lives(g.name) {
		return err
	}
	instances := make([]string, g.tasks)
	for i := range instances {
		instances[i] = memberID(g.h.opt.InstanceID, g.name, i)
	}
	if err := g.h.opt.Offsets.Evict(ctx, g.admin, g.id, instances); err != nil {
		return err
	}
	return f()
}

// lives reports whether a task of the connector has not ended yet.
func (h *Herder) lives(name string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for id := range h.last {
		if id.Connector == name {
			return true
		}
	}
	return false
}

// tellSink tells a sink that keeps offsets itself; told is false when it does not ask to be told.
func (g *sinkGroup) tellSink(ctx context.Context, offsets map[schemas.TopicPartition]*int64) (told bool, err error) {
	sink, ok := g.plugin.Connector.(connectors.OffsetAlterer)
	if !ok {
		return false, nil
	}
	values, problems := g.plugin.Connector.Config().Parse(g.props)
	if len(problems) > 0 {
		return false, runtime.Errorf(runtime.Internal, "Failed to modify offsets for sink connector %s: %s", g.name, problems[0].Message)
	}
	if err := sink.AlterOffsets(ctx, connectors.Config{Values: values, Name: g.name}, offsets); err != nil {
		g.h.opt.Logger.Error("altering offsets in the sink", "connector", g.name, "error", err)
		return false, runtime.Errorf(runtime.Internal, "Failed to modify offsets for sink connector %s", g.name)
	}
	return true, nil
}

// failure words an error of Kafka for the user. A partition that does not exist is the request's own mistake.
func (g *sinkGroup) failure(verb, text string, err error) error {
	text = fmt.Sprintf(text, g.name)
	var unknown *kafka.UnknownPartitionError
	switch {
	case errors.As(err, &unknown):
		return runtime.Errorf(runtime.BadRequest, "%s: %v", text, unknown)
	case errors.Is(err, kafka.ErrGroupInUse):
		return runtime.Errorf(runtime.Internal, "Failed to %s consumer group offsets for connector %s either because its tasks haven't stopped completely yet "+
			"or the connector was resumed before the request to %s its offsets could be successfully completed. If the connector is in a "+
			"stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect cluster may need to be "+
			"restarted to get rid of the zombie sink tasks.", verb, g.name, verb)
	}
	g.h.opt.Logger.Error("changing offsets", "connector", g.name, "error", err)
	return runtime.Errorf(runtime.Internal, "%s", text)
}
