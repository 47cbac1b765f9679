package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/rclone/gofakes3"
)

// ListBucket returns one page of the keys after the marker, in UTF-8 order. Keys that go on after a delimiter count
// once, as their common prefix.
func (b *backend) ListBucket(_ context.Context, name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	if prefix == nil {
		prefix = &gofakes3.Prefix{}
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	bucket := b.buckets[name]
	if bucket == nil {
		return nil, gofakes3.BucketNotFound(name)
	}
	list := gofakes3.NewObjectList()
	last, count := "", int64(0)
	for i := start(bucket.keys, prefix, page.Marker); i < len(bucket.keys) && strings.HasPrefix(bucket.keys[i], prefix.Prefix); count++ {
		if page.MaxKeys > 0 && count == page.MaxKeys {
			list.IsTruncated, list.NextMarker = true, last
			break
		}
		key := bucket.keys[i]
		if common := commonPrefix(key, prefix); common != "" {
			list.AddPrefix(common)
			last, i = common, after(bucket.keys, common)
			continue
		}
		list.Add(content(bucket.objects[key]))
		last = key
		i++
	}
	return list, nil
}

func content(o *object) *gofakes3.Content {
	return &gofakes3.Content{
		Key: o.Key, LastModified: gofakes3.NewContentTime(o.Modified), ETag: o.etag(), Size: o.Size,
		StorageClass: gofakes3.StorageStandard,
	}
}

// start returns the index of the first key with the prefix behind marker. A marker that is a common prefix stands for
// all of its keys: that is how the last page ended.
func start(keys []string, prefix *gofakes3.Prefix, marker string) int {
	i, _ := slices.BinarySearch(keys, prefix.Prefix)
	if marker == "" {
		return i
	}
	if prefix.Delimiter != "" && strings.HasPrefix(marker, prefix.Prefix) && commonPrefix(marker, prefix) == marker {
		return max(i, after(keys, marker))
	}
	behind, found := slices.BinarySearch(keys, marker)
	if found {
		behind++
	}
	return max(i, behind)
}

// after returns the index of the first key that is greater than all keys with the prefix.
func after(keys []string, prefix string) int {
	i, _ := slices.BinarySearchFunc(keys, prefix, func(key, prefix string) int {
		if strings.HasPrefix(key, prefix) {
			return -1
		}
		return strings.Compare(key, prefix)
	})
	return i
}

// commonPrefix returns the part of key up to the first delimiter behind the prefix, or "".
func commonPrefix(key string, prefix *gofakes3.Prefix) string {
	if prefix.Delimiter == "" {
		return ""
	}
	if i := strings.Index(key[len(prefix.Prefix):], prefix.Delimiter); i >= 0 {
		return key[:len(prefix.Prefix)+i+len(prefix.Delimiter)]
	}
	return ""
}
