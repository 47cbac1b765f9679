package task

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/crash"
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

// trace renders the failure of a connector's task for status answers in the shape of a Java stack trace: what happened,
// then the cause.
func trace(err error, connector string) string {
	var record *recordError
	var dead *deadTopicError
	var text string
	message, caught := err.Error()+restartHint(err, connector), crash.In(err)
	switch {
	case errors.As(err, &record):
		text = tolerated + "\nCaused by: " + record.exception().class + ": " + message
	case errors.As(err, &dead):
		text = plain + deadText + dead.topic + "\nCaused by: " + dead.exception()
	case caught != nil:
		text = exiting + "\nCaused by: java.lang.RuntimeException: " + message + "\n" + string(caught.Stack)
	case errors.As(err, new(*sinkError)), errors.As(err, new(*contractError)):
		text = exiting + "\nCaused by: " + plain + message
	default:
		text = plain + message
	}
	return cut(text)
}

// restartHint says what is to be done after a person has corrected what made a task fail; "" for other failures.
func restartHint(err error, connector string) string {
	if !errors.As(err, new(*connectors.CorrectableError)) {
		return ""
	}
	return ", then restart the task: POST /connectors/" + url.PathEscape(connector) + "/restart?includeTasks=true&onlyFailed=true"
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
