package javatext

import (
	"slices"
	"unicode/utf16"
)

// Order sorts things with names as a Java hash map lists them when it has no others: it decides in which order the
// Java worker reports errors about client settings and converters.
func Order[T any](list []T, name func(T) string) {
	buckets := 16
	for 4*len(list) > 3*buckets {
		buckets *= 2
	}
	place := func(t T) int {
		var hash uint32
		for _, c := range utf16.Encode([]rune(name(t))) {
			hash = 31*hash + uint32(c)
		}
		return int(hash^hash>>16) & (buckets - 1)
	}
	slices.SortStableFunc(list, func(a, b T) int { return place(a) - place(b) })
}
