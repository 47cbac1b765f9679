package avro

import (
	"encoding/binary"
	"errors"
)

// headerSize is the magic byte and the schema id of Confluent's wire format.
const headerSize = 5

var (
	errShort = errors.New("decode Avro data: shorter than the 5 bytes of a Confluent header")
	errMagic = errors.New("decode Avro data: Unknown magic byte!") //nolint:staticcheck // the text of Confluent's deserializer
	errGlue  = errors.New("decode Avro data: Unknown magic byte! The data starts as AWS Glue Schema Registry writes it, which this converter does not read")
	errGUID  = errors.New("decode Avro data: Unknown magic byte! The data carries a schema GUID, which this converter does not read")
	errJSON  = errors.New("decode Avro data: Unknown magic byte! The data looks like JSON: configure a JSON converter for this topic")
)

// header splits a message into schema id and body.
func header(b []byte) (id int32, body []byte, err error) {
	switch {
	case len(b) > 0 && b[0] != 0:
		return 0, nil, strange(b)
	case len(b) < headerSize:
		return 0, nil, errShort
	}
	return int32(binary.BigEndian.Uint32(b[1:])), b[headerSize:], nil
}

// strange guesses what a message without the magic byte is: the usual cause is the wrong converter for a topic.
func strange(b []byte) error {
	switch b[0] {
	case 1:
		return errGUID
	case 3:
		return errGlue
	case '{', '[', '"':
		return errJSON
	}
	return errMagic
}
