package schemas

// slabSize is how many elements share one allocation: enough to make it disappear from a record's cost, few enough
// that a forgotten element does not keep much alive.
const slabSize = 256

// Slab hands out pointers to zeroed elements cut from larger allocations: what converters take their lazy values
// from. An element lives as long as anything points into its block; the zero Slab is ready to use by one goroutine.
type Slab[T any] struct{ free []T }

// Next returns an element nobody else has.
func (s *Slab[T]) Next() *T {
	if len(s.free) == 0 {
		s.free = make([]T, slabSize)
	}
	e := &s.free[0]
	s.free = s.free[1:]
	return e
}
