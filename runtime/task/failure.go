package task

import (
	"errors"
	"fmt"

	"github.com/sluice-connect/sluice/runtime/crash"
	"github.com/sluice-connect/sluice/schemas"
)

// Stage names where a record failed, as the dead-letter headers of Connect spell it.
type Stage string

// The stages of a sink record.
const (
	StageKey    Stage = "KEY_CONVERTER"
	StageValue  Stage = "VALUE_CONVERTER"
	StageHeader Stage = "HEADER_CONVERTER"
	StagePut    Stage = "TASK_PUT"
)

// stageClass is the Java class shown for StagePut.
const stageClass = "org.apache.kafka.connect.sink.SinkTask"

// recordError is a record that could not be processed, with everything a report about it says.
type recordError struct {
	stage  Stage
	class  string
	source schemas.TopicPartition
	offset int64
	err    error
}

func (e *recordError) Error() string {
	return fmt.Sprintf("process record at topic %s, partition %d, offset %d (stage %s, class %s): %v",
		e.source.Topic, e.source.Partition, e.offset, e.stage, e.class, e.err)
}

func (e *recordError) Unwrap() error { return e.err }

// The first lines of traces, which tools written for Connect parse.
const (
	plain     = connectException + ": "
	tolerated = plain + "Tolerance exceeded in error handler"
	exiting   = plain + "Exiting WorkerSinkTask due to unrecoverable exception."
)

// maxTrace bounds the text of a status answer: causes may quote what a sink or registry said.
const maxTrace = 16 << 10

// trace renders err for status answers in the shape of a Java stack trace: what happened, then the cause.
func trace(err error) string {
	var record *recordError
	var panicked *crash.Error
	var dead *deadTopicError
	var text string
	switch {
	case errors.As(err, &record):
		text = tolerated + "\nCaused by: " + record.exception().class + ": " + err.Error()
	case errors.As(err, &dead):
		text = plain + deadText + dead.topic + "\nCaused by: " + dead.exception()
	case errors.As(err, &panicked):
		text = exiting + "\nCaused by: java.lang.RuntimeException: " + err.Error() + "\n" + string(panicked.Stack)
	case errors.As(err, new(*sinkError)):
		text = exiting + "\nCaused by: " + plain + err.Error()
	default:
		text = plain + err.Error()
	}
	return cut(text)
}

// sinkError is a fatal error of a writer.
type sinkError struct {
	doing string
	at    schemas.TopicPartition
	err   error
}

func (e *sinkError) Error() string {
	return fmt.Sprintf("%s topic %s, partition %d: %v", e.doing, e.at.Topic, e.at.Partition, e.err)
}

func (e *sinkError) Unwrap() error { return e.err }
