package herder

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/task"
	"github.com/sluice-connect/sluice/schemas"
)

// fakeOffsets are the committed offsets of one Kafka.
type fakeOffsets struct {
	groups  map[string]map[schemas.TopicPartition]int64
	clients []string
	inUse   int // so many attempts find the group in use
	evicted []string
}

func (f *fakeOffsets) Read(_ context.Context, props map[string]string, group string) (map[schemas.TopicPartition]int64, error) {
	f.clients = append(f.clients, props["client.id"])
	return f.groups[group], nil
}

func (f *fakeOffsets) Alter(_ context.Context, _ map[string]string, group string, offsets map[schemas.TopicPartition]*int64) error {
	if err := f.busy(); err != nil {
		return err
	}
	if f.groups[group] == nil {
		f.groups[group] = map[schemas.TopicPartition]int64{}
	}
	for tp, offset := range offsets {
		if tp.Partition > 9 {
			return fmt.Errorf("alter: %w", &kafka.UnknownPartitionError{Partition: tp})
		}
		if delete(f.groups[group], tp); offset != nil {
			f.groups[group][tp] = *offset
		}
	}
	return nil
}

func (f *fakeOffsets) Delete(_ context.Context, _ map[string]string, group string) error {
	if err := f.busy(); err != nil {
		return err
	}
	delete(f.groups, group)
	return nil
}

func (f *fakeOffsets) Evict(_ context.Context, _ map[string]string, _ string, instances []string) error {
	f.evicted = append(f.evicted, instances...)
	return nil
}

func (f *fakeOffsets) busy() error {
	if f.inUse--; f.inUse >= 0 {
		return fmt.Errorf("alter: %w", kafka.ErrGroupInUse)
	}
	return nil
}

func wanted(t *testing.T, text string) []runtime.PartitionOffset {
	t.Helper()
	var list []runtime.PartitionOffset
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestOffsets(t *testing.T) {
	w := newWorker(t, t.TempDir())
	f := &fakeOffsets{groups: map[string]map[schemas.TopicPartition]int64{}}
	w.opt.Offsets, w.opt.InstanceID = f, "i"
	alter := func(name, text string) (string, error) { return w.AlterOffsets(t.Context(), name, wanted(t, text)) }
	const one = `[{"Partition":{"kafka_topic":"t","kafka_partition":"1"},"Offset":{"kafka_offset":5}}]`

	if _, err := alter("a", `[]`); kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), "need to be provided") {
		t.Error(err)
	}
	if _, err := alter("a", one); kindOf(err) != runtime.NotFound {
		t.Error(err)
	}
	w.create("a", "consumer.override.group.id", "g", "tasks.max", "2")
	if _, err := alter("a", one); kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), "STOPPED state") {
		t.Error(err)
	}
	if err := w.Stop("a"); err != nil {
		t.Fatal(err)
	}
	w.eventually("the tasks to end", func() bool { return !w.lives("a") })
	text, err := alter("a", one)
	if err != nil || !strings.HasPrefix(text, "The Connect framework-managed offsets for this connector have been altered successfully.") {
		t.Error(text, err)
	}
	list, err := w.ConnectorOffsets(t.Context(), "a")
	if err != nil || fmt.Sprint(list) != "[{t-1 5}]" || f.clients[len(f.clients)-1] != "connector-worker-adminclient-a" || f.groups["g"] == nil {
		t.Error(list, err, f)
	}
	if _, err := alter("a", strings.Replace(one, `"1"`, "10", 1)); kindOf(err) != runtime.BadRequest || !strings.HasSuffix(err.Error(), "Kafka has no partition 10 of topic t") {
		t.Error(err)
	}
	if _, err := alter("a", strings.Replace(one, ":5", ":-5", 1)); kindOf(err) != runtime.BadRequest {
		t.Error(err)
	}
	f.inUse = 1 // a static member that its task left behind
	if _, err := alter("a", one); err != nil || strings.Join(f.evicted, " ") != "i-a-0 i-a-1" {
		t.Error(err, f.evicted)
	}
	f.inUse = 2
	if _, err := w.ResetOffsets(t.Context(), "a"); kindOf(err) != runtime.Internal || !strings.Contains(err.Error(), "tasks haven't stopped completely yet") {
		t.Error(err)
	}
	if text, err := w.ResetOffsets(t.Context(), "a"); err != nil || !strings.Contains(text, "reset successfully") || f.groups["g"] != nil {
		t.Error(text, err)
	}
}

func TestActiveTopics(t *testing.T) {
	w := newWorker(t, t.TempDir())
	var tell func(string)
	start := w.opt.StartTask
	w.opt.StartTask = func(s task.Spec) Task { tell = s.Topic; return start(s) }
	w.create("a")
	w.eventually("the task to run", func() bool {
		s, _ := w.TaskStatus(runtime.TaskID{Connector: "a", Task: 0})
		return s.State == runtime.Running
	})
	tell("t2")
	tell("t1")
	tell("t1")
	if topics, err := w.ActiveTopics("a"); err != nil || strings.Join(topics, " ") != "t1 t2" {
		t.Error(topics, err)
	}
	if topics, err := w.ActiveTopics("nobody"); err != nil || topics == nil || len(topics) > 0 {
		t.Error(topics, err)
	}
	if err := w.ResetActiveTopics("a"); err != nil {
		t.Error(err)
	}
	if topics, _ := w.ActiveTopics("a"); len(topics) > 0 {
		t.Error(topics)
	}
	w.opt.Worker["topic.tracking.allow.reset"] = "false"
	if err := w.ResetActiveTopics("a"); kindOf(err) != runtime.Forbidden || err.Error() != "Topic tracking reset is disabled." {
		t.Error(err)
	}
	w.opt.Worker["topic.tracking.enable"] = "false"
	if _, err := w.ActiveTopics("a"); kindOf(err) != runtime.Forbidden || err.Error() != "Topic tracking is disabled." {
		t.Error(err)
	}
}
