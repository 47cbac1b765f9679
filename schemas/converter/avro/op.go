package avro

import "github.com/sluice-connect/sluice/schemas"

// code says what an op reads and what it makes of it.
type code uint8

const (
	opBoolean code = iota
	opInt8
	opInt16
	opInt32
	opInt64
	opFloat32
	opFloat64
	opString
	opBytes
	opFixed
	opDecimal      // of bytes
	opDecimalFixed // of a fixed
	opDate
	opTime
	opTimestamp
	opEnum
	opArray
	opMap
	opPairs    // an array of key-value records, Connect's map with other keys than strings
	opRecord   // struct
	opOptional // a union of null and one type
	opSingle   // a union of one type
	opUnion    // a union of several types
	opAnything // Confluent's envelope for schemaless data
)

// op reads one position of a schema: the compiled form of an Avro type together with its Connect schema.
// An op is immutable once its program is compiled. Recursive schemas share bodies.
type op struct {
	code    code
	schema  *schemas.Schema
	size    int      // of a fixed
	scale   int32    // of a decimal
	symbols []symbol // of an enum
	elem    *op      // of arrays, maps, opOptional and opSingle
	key     *op      // of opPairs
	nullAt  int64    // branch of opOptional that is null
	swapped bool     // opPairs: the value is written before the key
	body    *body    // of opRecord and opAnything
	union   *union   // of opUnion
}

// symbol is an enum symbol, plain and as JSON.
type symbol struct {
	text string
	json []byte
}

// body is the inside of a record, shared by all positions of its type.
type body struct {
	fields  []*op
	before  [][]byte // what JSON has before each field: bracket or comma, name, colon
	connect []schemas.Field
	// takesBytes is set when no value of the record is written in zero bytes.
	takesBytes bool
	weight     int // bytes of JSON that a value takes besides those of its fields
}

// union is the inside of a multi-branch union, which Connect sees as a struct with one field for each branch.
type union struct {
	branches []branch
	before   [][]byte // by field: the JSON up to its value, with the nulls of the fields before it
	after    [][]byte // by field: the rest
	weight   int      // bytes of JSON that a value takes besides that of the set field
}

// branch is a member of a union. Field is the struct field its values go to.
type branch struct {
	op    *op // nil for null
	field int // noField when the converter's rules find none
	// sized are fixed fields before a bytes field: bytes of just that length go there, by Confluent's rules.
	sized []sizedField
}

type sizedField struct{ size, field int }

const noField = -1

// takesBytes reports whether every value of o takes at least one byte; false for records that are still open.
func (o *op) takesBytes() bool {
	switch o.code {
	case opFixed, opDecimalFixed:
		return o.size > 0
	case opRecord:
		return o.body.takesBytes
	}
	return true
}
