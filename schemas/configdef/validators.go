package configdef

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AtLeast accepts numbers from limit on.
func AtLeast(limit int64) func(any) error {
	return func(v any) error {
		if n, ok := asInt(v); ok && n < limit {
			return fmt.Errorf("Value must be at least %d", limit) //nolint:staticcheck // Kafka's text
		}
		return nil
	}
}

// Between accepts numbers from low to high, both included.
func Between(low, high int64) func(any) error {
	return func(v any) error {
		n, ok := asInt(v)
		switch {
		case ok && n < low:
			return fmt.Errorf("Value must be at least %d", low) //nolint:staticcheck // Kafka's text
		case ok && n > high:
			return fmt.Errorf("Value must be no more than %d", high) //nolint:staticcheck // Kafka's text
		}
		return nil
	}
}

// OneOf accepts the given strings.
func OneOf(allowed ...string) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); ok && !slices.Contains(allowed, s) {
			return errors.New("String must be one of: " + strings.Join(allowed, ", ")) //nolint:staticcheck // Kafka's text
		}
		return nil
	}
}

// OneOfFold accepts the given strings in any case.
func OneOfFold(allowed ...string) func(any) error {
	return func(v any) error {
		s, ok := v.(string)
		if ok && !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, s) }) {
			return errors.New("String must be one of (case insensitive): " + strings.Join(allowed, ", ")) //nolint:staticcheck // Kafka's text
		}
		return nil
	}
}

// NonEmpty refuses the empty string.
func NonEmpty(v any) error {
	if s, ok := v.(string); ok && s == "" {
		return errors.New("String must be non-empty") //nolint:staticcheck // Kafka's text
	}
	return nil
}

// NotYet ends every text about what this version does not do yet: "encrypted keys are " + NotYet.
const NotYet = "not supported yet by this version"

// errLater refuses what a later version will take.
var errLater = errors.New("it is " + NotYet)

// Later refuses the given strings, in any case, as what a later version will take, and accepts all others: it stands in
// All before the validator that knows what is supported.
func Later(values ...string) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); ok && slices.ContainsFunc(values, func(l string) bool { return strings.EqualFold(l, s) }) {
			return errLater
		}
		return nil
	}
}

// Unshown accepts what valid accepts and keeps the values that it refuses out of the message, as if the key were a
// password: for text that may hold a secret by mistake, such as a URL with a login. The errors of valid must not quote
// the value either.
func Unshown(valid func(any) error) func(any) error {
	return func(v any) error {
		if err := valid(v); err != nil {
			return hiddenError{err}
		}
		return nil
	}
}

// hiddenError is a refusal whose value must not be shown.
type hiddenError struct{ error }

func (e hiddenError) Unwrap() error { return e.error }

// All accepts what every given validator accepts; the first refusal counts.
func All(validators ...func(any) error) func(any) error {
	return func(v any) error {
		for _, valid := range validators {
			if err := valid(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case int16:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}
