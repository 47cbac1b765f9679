package avro

// fault says why a message is no value of its schema.
type fault uint8

const (
	faultNone fault = iota
	faultEnd
	faultVarint
	faultLength
	faultBranch
	faultSymbol
	faultItems
	faultZeroWidth
	faultDepth
	faultWeight
	faultTime
	faultDecimal
	faultUnionField
	faultTrailing
)

var faultTexts = [...]string{
	faultEnd:        "the data ends early",
	faultVarint:     "an integer is too long",
	faultLength:     "a length is negative or beyond the end",
	faultBranch:     "a union has no such branch",
	faultSymbol:     "an enum has no such symbol",
	faultItems:      "a block declares more items than there is data",
	faultZeroWidth:  "more than 10000 values take no bytes",
	faultDepth:      "values are nested more than 64 deep",
	faultWeight:     "the value is larger than 64 MiB as JSON",
	faultTime:       "Time values must use number of milliseconds greater than 0 and less than 86400000",
	faultDecimal:    "a decimal has no digits",
	faultUnionField: "Did not find matching union field for data",
	faultTrailing:   "data is left behind the value",
}
