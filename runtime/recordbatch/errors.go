package recordbatch

import "fmt"

// Corrupt says that bytes of a broker are no record batch. Offsets that are not known are -1.
type Corrupt struct {
	From, To int64 // offsets, both included
	Reason   string
	Err      error // of the decompressor, or nil
}

func (c *Corrupt) Error() string {
	if c.Err != nil {
		return fmt.Sprintf("read the records at offsets %s: %s: %v", span(c.From, c.To), c.Reason, c.Err)
	}
	return fmt.Sprintf("read the records at offsets %s: %s", span(c.From, c.To), c.Reason)
}

func (c *Corrupt) Unwrap() error { return c.Err }

// TooLarge says that records do not fit into the limits. The reader that returned it goes on behind To, so that a caller
// may skip them; records before From were delivered.
type TooLarge struct {
	From, To int64 // offsets, both included
	What     string
	Size     int64 // -1 if unknown
	Limit    int64
}

func (t *TooLarge) Error() string {
	if t.Size < 0 {
		return fmt.Sprintf("the records at offsets %s have more than %d %s", span(t.From, t.To), t.Limit, t.What)
	}
	return fmt.Sprintf("the records at offsets %s have %d %s, more than %d", span(t.From, t.To), t.Size, t.What, t.Limit)
}

func span(from, to int64) string {
	switch {
	case from < 0:
		return "unknown"
	case to < 0:
		return fmt.Sprintf("from %d", from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}
