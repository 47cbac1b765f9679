package rest

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

// offsetsAnswer shows committed offsets.
type offsetsAnswer struct {
	Offsets []offsetAnswer `json:"offsets"`
}

type offsetAnswer struct {
	Partition struct {
		Number int32  `json:"kafka_partition"`
		Topic  string `json:"kafka_topic"`
	} `json:"partition"`
	Offset struct {
		Value int64 `json:"kafka_offset"`
	} `json:"offset"`
}

// message is the answer of verbs that have nothing else to tell.
type message struct {
	Message string `json:"message"`
}

func (a *api) getOffsets(c *gin.Context) error {
	found, err := a.herder.ConnectorOffsets(c.Request.Context(), connectorName(c))
	if err != nil {
		return err
	}
	answer := offsetsAnswer{Offsets: make([]offsetAnswer, len(found))}
	for i, o := range found {
		entry := &answer.Offsets[i]
		entry.Partition.Number, entry.Partition.Topic = o.Partition.Partition, o.Partition.Topic
		entry.Offset.Value = o.Offset
	}
	return ok(c, answer, nil)
}

func (a *api) patchOffsets(c *gin.Context) error {
	var body struct {
		Offsets []offsetEntry `json:"offsets"`
	}
	if err := decode(c, &body, "offsets"); err != nil {
		return err
	}
	wanted := make([]runtime.PartitionOffset, len(body.Offsets))
	for i, entry := range body.Offsets {
		wanted[i] = runtime.PartitionOffset(entry)
	}
	text, err := a.herder.AlterOffsets(c.Request.Context(), connectorName(c), wanted)
	return ok(c, message{text}, err)
}

func (a *api) deleteOffsets(c *gin.Context) error {
	text, err := a.herder.ResetOffsets(c.Request.Context(), connectorName(c))
	return ok(c, message{text}, err)
}

// offsetEntry is one element of a request to alter offsets.
type offsetEntry runtime.PartitionOffset

// UnmarshalJSON refuses everything but an object with a partition and an offset, which may be missing or null.
func (e *offsetEntry) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return runtime.Errorf(runtime.BadRequest, "an element of offsets must not be null")
	}
	if err := onlyFields(data, "partition", "offset"); err != nil {
		return err
	}
	var fields struct {
		Partition map[string]json.RawMessage `json:"partition"`
		Offset    map[string]json.RawMessage `json:"offset"`
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	e.Partition, e.Offset = fields.Partition, fields.Offset
	return nil
}

func (a *api) getTopics(c *gin.Context) error {
	name := connectorName(c)
	topics, err := a.herder.ActiveTopics(name)
	return ok(c, map[string]topicsAnswer{name: {topics}}, err)
}

type topicsAnswer struct {
	Topics []string `json:"topics"`
}

func (a *api) resetTopics(c *gin.Context) error {
	return done(c, http.StatusAccepted, a.herder.ResetActiveTopics(connectorName(c)))
}
