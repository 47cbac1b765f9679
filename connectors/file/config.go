package file

import "github.com/sluice-connect/sluice/schemas/configdef"

const keyFile = "file"

var definition = configdef.New(configdef.Key{
	Name:       keyFile,
	Type:       configdef.String,
	Null:       true,
	Importance: configdef.High,
	Valid:      configdef.NonEmpty,
	Doc:        "File to append to; it is created when missing. Without it records go to standard output.",
})
