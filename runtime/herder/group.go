package herder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

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
	found, err := h.examiner().Look(ctx, config)
	if err != nil {
		return nil, err
	}
	h.learn(name, found.Values)
	props := found.Props
	g := &sinkGroup{h: h, name: name, plugin: plugin, props: props, id: "connect-" + name,
		admin: kafka.AdminProps(h.opt.Worker, props, "connector-worker-adminclient-"+name)}
	if id := h.opt.Worker["consumer.group.id"]; id != "" {
		g.id = id
	}
	if id := props["consumer.override.group.id"]; id != "" {
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
		return false, runtime.Errorf(runtime.Internal, "Failed to modify offsets for sink connector %s: %s", g.name, g.h.hide(g.name, problems[0].Message))
	}
	if err := sink.AlterOffsets(ctx, connectors.Config{Values: values, Name: g.name}, offsets); err != nil {
		g.h.about(g.name).Error("altering offsets in the sink", "error", err)
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
	g.h.about(g.name).Error("changing offsets", "error", err)
	return runtime.Errorf(runtime.Internal, "%s", text)
}

// legalMember is what Kafka allows in a group.instance.id.
var legalMember = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// memberID is the static membership id of a task: stable over restarts of the worker, so that a restart moves no
// partitions. Connector names that Kafka would refuse are hashed.
func memberID(instance, connector string, number int) string {
	if instance == "" {
		return ""
	}
	id := instance + "-" + connector + "-" + strconv.Itoa(number)
	if legalMember.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(connector))
	return instance + "-" + hex.EncodeToString(sum[:16]) + "-" + strconv.Itoa(number)
}
