package s3

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// pages lists everything in pages of size max and tells how many pages that took.
func (b *bench) pages(prefix, delimiter, startAfter string, size int32) (found []string, pages int) {
	b.t.Helper()
	in := &awss3.ListObjectsV2Input{Bucket: aws.String(lake), MaxKeys: &size}
	if prefix != "" {
		in.Prefix = &prefix
	}
	if delimiter != "" {
		in.Delimiter = &delimiter
	}
	if startAfter != "" {
		in.StartAfter = &startAfter
	}
	for p := awss3.NewListObjectsV2Paginator(b.Client, in); p.HasMorePages(); pages++ {
		page, err := p.NextPage(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		if n := len(page.Contents) + len(page.CommonPrefixes); n > int(size) || int(aws.ToInt32(page.KeyCount)) != n {
			b.t.Errorf("a page of %d, key count %d, limit %d", n, aws.ToInt32(page.KeyCount), size)
		}
		for _, o := range page.Contents {
			found = append(found, *o.Key)
		}
		for _, p := range page.CommonPrefixes {
			found = append(found, *p.Prefix)
		}
	}
	slices.Sort(found) // a page has keys and prefixes apart
	return found, pages
}

// expected is the definition of a listing.
func expected(keys []string, prefix, delimiter, startAfter string) []string {
	var want []string
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || key <= startAfter {
			continue
		}
		if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
			key = prefix + rest[:i+len(delimiter)]
		}
		if !slices.Contains(want, key) {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	return want
}

func TestListingsFollowTheirDefinition(t *testing.T) {
	b := begin(t)
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for len(seen) < 60 {
		key := ""
		for range 1 + random.IntN(6) {
			key += []string{"a", "b", "/", "//", "ü", "=", "+"}[random.IntN(7)]
		}
		if !seen[key] && key != "" {
			seen[key] = true
			if _, err := b.server.backend.PutObject(t.Context(), lake, key, nil, strings.NewReader(key), -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	keys := b.server.Keys(lake)
	for _, prefix := range []string{"", "a", "a/", "b", "/", "none", "ü"} {
		for _, delimiter := range []string{"", "/", "="} {
			for _, after := range []string{"", "a", "aa", keys[20], "zzz", "\u00ff"} {
				want := expected(keys, prefix, delimiter, after)
				if delimiter != "" && strings.HasSuffix(after, delimiter) {
					continue // S3 does not say whether it is a key or a common prefix
				}
				for _, size := range []int32{1, 3, 1000} {
					got, pages := b.pages(prefix, delimiter, after, size)
					if !slices.Equal(got, want) {
						t.Errorf("prefix %q delimiter %q after %q in pages of %d: %q, want %q", prefix, delimiter, after, size, got, want)
					}
					if most := max(1, (len(want)+int(size)-1)/int(size)); pages != most {
						t.Errorf("prefix %q delimiter %q after %q: %d pages of %d for %d", prefix, delimiter, after, pages, size, len(want))
					}
				}
			}
		}
	}
}

func TestOldListingsPageByMarker(t *testing.T) {
	b := begin(t)
	for i := range 5 {
		b.put(fmt.Sprintf("d%d/x", i), "1")
		b.put(fmt.Sprintf("d%d/y", i), "1")
	}
	var found []string
	marker := (*string)(nil)
	for range 10 {
		page, err := b.ListObjects(t.Context(), &awss3.ListObjectsInput{Bucket: aws.String(lake), Delimiter: aws.String("/"), Marker: marker, MaxKeys: aws.Int32(2)})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.CommonPrefixes {
			found = append(found, *p.Prefix)
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		marker = page.NextMarker
	}
	if got := strings.Join(found, " "); got != "d0/ d1/ d2/ d3/ d4/" {
		t.Errorf("found %s", got)
	}
}
