package s3

import "sync"

// buffers recycles the memory of files and parts. Buffers start at one size and double until they hold a whole part,
// so that many small files cost little. It is safe for use by several goroutines.
type buffers struct {
	first, last int
	classes     [32]sync.Pool // of *[]byte
}

func newBuffers(first, last int) *buffers { return &buffers{first: min(first, last), last: last} }

// class returns the number of doublings after which a buffer holds size bytes, and that buffer's size.
func (b *buffers) class(size int) (class, capacity int) {
	capacity = b.first
	for capacity < size && capacity < b.last {
		capacity = min(capacity*2, b.last)
		class++
	}
	return class, capacity
}

// get returns an empty buffer for size bytes, or for a whole part when size is more.
func (b *buffers) get(size int) []byte {
	class, capacity := b.class(size)
	if p, ok := b.classes[class].Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, capacity)
}

// grow returns a larger buffer with the content of old and takes old back.
func (b *buffers) grow(old []byte) []byte {
	bigger := append(b.get(cap(old)+1), old...)
	b.put(old)
	return bigger
}

// put takes a buffer back that nobody uses any more; one of another size is left to the garbage collector.
func (b *buffers) put(buf []byte) {
	if class, capacity := b.class(cap(buf)); capacity == cap(buf) {
		b.classes[class].Put(&buf)
	}
}
