package javatime

import (
	"fmt"
	"time"
	_ "time/tzdata" // a static binary may run where no zone files are installed
)

// LoadZone finds a zone by the id that Joda-Time would take: an IANA name or an offset such as +02:00.
func LoadZone(id string) (*time.Location, error) {
	if len(id) == 6 && (id[0] == '+' || id[0] == '-') && id[3] == ':' {
		t, err := time.Parse("-07:00", id)
		if err != nil {
			return nil, fmt.Errorf("%s is no offset", id)
		}
		_, offset := t.Zone()
		return time.FixedZone(id, offset), nil
	}
	if id == "" || id == "Local" { // both would mean something else in Go
		return nil, fmt.Errorf("%q is no time zone id", id)
	}
	loc, err := time.LoadLocation(id)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone id", id)
	}
	return loc, nil
}
