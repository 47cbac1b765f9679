package fleet

import (
	"strconv"
	"time"
)

// document appends JSON members; written by hand, since it has to keep up with the sinks.
type document struct{ b []byte }

// name appends the name of a member. It comes before a read of d.b, and so in a statement of its own.
func (d *document) name(n string) {
	if c := d.b[len(d.b)-1]; c != '{' {
		d.b = append(d.b, ',')
	}
	d.b = append(append(append(d.b, '"'), n...), '"', ':')
}

func (d *document) raw(n, json string) *document {
	d.name(n)
	d.b = append(d.b, json...)
	return d
}

// text appends a string; none of the simulator's needs an escape.
func (d *document) text(n, v string) *document {
	d.name(n)
	d.b = append(append(append(d.b, '"'), v...), '"')
	return d
}

func (d *document) whole(n string, v int64) *document {
	d.name(n)
	d.b = strconv.AppendInt(d.b, v, 10)
	return d
}

func (d *document) decimal(n string, v float64, digits int) *document {
	d.name(n)
	d.b = strconv.AppendFloat(d.b, v, 'f', digits, 64)
	return d
}

func (d *document) flag(n string, v bool) *document {
	d.name(n)
	d.b = strconv.AppendBool(d.b, v)
	return d
}

func (d *document) object(n string) *document { return d.raw(n, "{") }

func (d *document) end() *document {
	d.b = append(d.b, '}')
	return d
}

// head begins every message. message_id makes values unique, so that whoever counts knows a repeated line from a
// repeated record.
func (v *vehicle) head(b []byte, kind string, id int64, now time.Time) *document {
	d := &document{append(b, '{')}
	return d.whole("message_id", id).text("kind", kind).text("vehicle_id", v.id).whole("ts", now.UnixMilli())
}

// location has always the same fields and none is null, so that the newest message alone is the state.
func (v *vehicle) location(b []byte, id int64, now time.Time) []byte {
	d := v.head(b, "location", id, now)
	d.decimal("lat", v.lat, 6).decimal("lon", v.lon, 6).decimal("speed_kmh", v.speed, 1).whole("heading", int64(v.heading))
	d.text("trip_id", v.onTrip()).text("state", v.state).decimal("odometer_km", v.odometer, 2)
	d.object("gps").decimal("hdop", 0.7+float64(id%5)/10, 1).whole("satellites", 7+id%6).text("fix", "3d").end()
	return d.text("model", v.model).text("plate", v.plate).end().b
}

func (v *vehicle) status(b []byte, id int64, now time.Time) []byte {
	d := v.head(b, "status", id, now)
	d.text("state", v.state).decimal("battery_pct", v.battery, 1).decimal("range_km", v.battery*3.1, 0)
	d.decimal("odometer_km", v.odometer, 2).flag("doors_locked", v.state != driving).flag("charging", v.state == charging)
	d.object("tyres_bar")
	for i, n := range []string{"front_left", "front_right", "rear_left", "rear_right"} {
		d.decimal(n, v.tyres[i], 2)
	}
	d.end()
	if trip := v.onTrip(); trip != "" {
		d.text("trip_id", trip)
	} else {
		d.raw("trip_id", "null")
	}
	return d.text("model", v.model).text("firmware", "4.12.0").end().b
}

func (v *vehicle) event(b []byte, id int64, now time.Time, e event) []byte {
	d := v.head(b, "event", id, now)
	d.text("event", e.kind).text("severity", e.severity).decimal("value", e.value, 2)
	d.object("position").decimal("lat", v.lat, 6).decimal("lon", v.lon, 6).end()
	d.text("trip_id", v.onTrip()).decimal("speed_kmh", v.speed, 1).decimal("odometer_km", v.odometer, 2)
	return d.text("model", v.model).text("plate", v.plate).end().b
}
