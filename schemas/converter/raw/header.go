package raw

import (
	"context"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// headers is SimpleHeaderConverter.
type headers struct{}

// Convert guesses the type of a header's text.
func (headers) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Value{}, nil
	}
	return schemas.Of(requiredString, string(validUTF8(data))), nil
}

func (c headers) Clone() converter.Converter { return c }
func (headers) Close() error                 { return nil }

var requiredString = &schemas.Schema{Type: schemas.String}
