package json

import (
	"context"
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// fixed converts plain documents that all have the schema of the configuration (schema.content).
type fixed struct {
	plan         *plan
	replaceNulls bool
}

// readContent reads the schema of a configuration; none, and the document null, stand for no schema.
func readContent(content string, replaceNulls bool) (*plan, error) {
	text := trim([]byte(content))
	if len(text) == 0 {
		return nil, nil
	}
	if _, err := validate(text); err != nil {
		return nil, fmt.Errorf("Failed to parse schema in converter config due to serialization error: %w", err) //nolint:staticcheck // Kafka's text
	}
	if string(text) == "null" {
		return nil, nil
	}
	p, err := readSchema(text, replaceNulls)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ContentKey, err)
	}
	return p, nil
}

// Convert checks data in full and builds it as the schema says. No bytes are null; empty ones count as the document
// null, for which Java's converter makes up a value.
func (c *fixed) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Value{}, nil
	}
	text := trim(data)
	if len(text) == 0 {
		text = []byte("null")
	} else if _, err := validate(text); err != nil {
		return schemas.Value{}, invalidJSON(err)
	}
	value, err := decode(c.plan, text, c.replaceNulls)
	if err != nil {
		return schemas.Value{}, err
	}
	return schemas.Of(c.plan.schema, value), nil
}

// Clone shares the schema.
func (c *fixed) Clone() converter.Converter { return &fixed{c.plan, c.replaceNulls} }

func (c *fixed) Close() error { return nil }
