package s3

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sluice-connect/sluice/schemas"
)

// maxKey is S3's limit on the length of an object key in UTF-8 bytes.
const maxKey = 1024

// naming builds object keys: <topics.dir>/<topic>/<encoded partition>/<topic>+<partition>+<start offset><extension>.
type naming struct {
	topicsDir, dirDelim, fileDelim string
	pad                            int
	extension                      string
}

// dir appends the topic directory, which the encoded partition follows.
func (n naming) dir(dst []byte, topic string) []byte {
	return append(append(dst, topic...), n.dirDelim...)
}

// key returns the key of the object in dir that starts with r. Everything that came from the record is checked: it
// must not leave topics.dir, nor be something that tools behind S3 stumble over.
func (n naming) key(dir string, r *schemas.Record) (string, error) {
	if err := confined(dir); err != nil {
		return "", err
	}
	b := make([]byte, 0, 256)
	if n.topicsDir != "" {
		b = append(append(b, n.topicsDir...), n.dirDelim...)
	}
	b = append(append(b, dir...), n.dirDelim...)
	b = append(append(b, r.Topic...), n.fileDelim...)
	b = append(schemas.AppendPadded(b, int64(r.Source.Partition), 1), n.fileDelim...)
	b = append(schemas.AppendPadded(b, r.Offset, n.pad), n.extension...)
	if len(b) > maxKey {
		return "", fmt.Errorf("name the object: the key would have %d bytes and S3 allows %d", len(b), maxKey)
	}
	return string(b), nil
}

func confined(dir string) error {
	if !utf8.ValidString(dir) {
		return errors.New("name the object: its directory is not valid UTF-8")
	}
	for _, c := range dir {
		if unicode.IsControl(c) || c == 0xfffe || c == 0xffff { // the last two break the XML of listings
			return errors.New("name the object: its directory holds a control character")
		}
	}
	if strings.HasPrefix(dir, "/") {
		return errors.New("name the object: its directory starts with a slash")
	}
	for segment := range strings.FieldsFuncSeq(dir, func(c rune) bool { return c == '/' || c == '\\' }) {
		if segment == ".." || segment == "." {
			return fmt.Errorf("name the object: its directory holds the segment %q", segment)
		}
	}
	return nil
}
