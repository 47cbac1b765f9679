package avro

import (
	"fmt"
	"math"

	"github.com/linkedin/goavro/v2"
	"github.com/sluice-connect/sluice/schemas/crash"
)

// Bounds for whatever goavro decodes in this process; its own defaults let five bytes ask for 32 GiB.
const (
	maxBlockCount = 1 << 16
	maxBlockSize  = 64 << 20
)

func init() {
	goavro.MaxBlockCount = maxBlockCount
	goavro.MaxBlockSize = min(maxBlockSize, math.MaxInt32)
}

// vet has goavro read a schema that our parser has found to be within the limits. Goavro knows Avro's rules for
// names, defaults and unions by heart, but it also refuses, or even panics on, some schemas that Java registers and
// uses; so its refusal does not stop a record, it is the reason given to whoever looks for one.
func vet(text string) error {
	err := crash.Guard(func() error {
		_, err := goavro.NewCodec(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("check the schema with goavro: %w", err)
	}
	return nil
}
