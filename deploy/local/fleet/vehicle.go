package fleet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The streets that the fleet serves, as a box.
const (
	south, north = 52.445, 52.565
	west, east   = 13.285, 13.525
	kmPerDegree  = 111.2
)

// The states of a vehicle.
const (
	available = "available"
	reserved  = "reserved"
	driving   = "driving"
	charging  = "charging"
)

var models = []string{"e-Up", "ID.3", "Zoe", "Model 3", "i3"}

type vehicle struct {
	id, model, plate string
	turns            int
	seen             time.Time // when it last went on
	until            time.Time // when its state ends
	state            string
	lat, lon         float64
	speed, heading   float64
	battery          float64 // percent
	odometer         float64 // km
	tyres            [4]float64
	trips            int
	tripStart        float64 // odometer
	events           []event
}

// event is something that happened and is not yet told.
type event struct {
	kind, severity string
	value          float64
}

func newVehicle(r *rand.Rand, i int) *vehicle {
	v := &vehicle{
		id: VehicleID(i), model: models[r.IntN(len(models))], plate: fmt.Sprintf("B-SL %d", 1000+r.IntN(9000)),
		state: available, lat: south + r.Float64()*(north-south), lon: west + r.Float64()*(east-west),
		heading: r.Float64() * 360, battery: 15 + r.Float64()*85, odometer: 1000 + r.Float64()*60000,
	}
	for t := range v.tyres {
		v.tyres[t] = 2.2 + r.Float64()*0.5
	}
	return v
}

// onTrip returns the id of the trip, or "" when nobody drives.
func (v *vehicle) onTrip() string {
	if v.state != driving {
		return ""
	}
	return fmt.Sprintf("trip-%s-%05d", v.id[4:], v.trips)
}

// advance lets the vehicle go on until now.
func (v *vehicle) advance(r *rand.Rand, now time.Time) {
	if v.seen.IsZero() {
		v.seen, v.until = now, now.Add(time.Duration(r.IntN(60))*time.Second)
	}
	passed := now.Sub(v.seen)
	v.seen = now
	switch v.state {
	case driving:
		v.drive(r, passed)
	case charging:
		v.battery = min(100, v.battery+passed.Hours()*90)
	}
	if !now.Before(v.until) {
		v.change(r, now)
	}
}

func (v *vehicle) drive(r *rand.Rand, passed time.Duration) {
	before := v.speed
	v.speed = min(max(v.speed+r.NormFloat64()*9, 0), 95)
	v.heading = math.Mod(v.heading+r.NormFloat64()*14+360, 360)
	km := v.speed * passed.Hours()
	rad := v.heading * math.Pi / 180
	v.lat += km * math.Cos(rad) / kmPerDegree
	v.lon += km * math.Sin(rad) / (kmPerDegree * math.Cos(v.lat*math.Pi/180))
	if v.lat < south || v.lat > north || v.lon < west || v.lon > east {
		v.lat, v.lon = min(max(v.lat, south), north), min(max(v.lon, west), east)
		v.heading = math.Mod(v.heading+180, 360)
	}
	v.odometer += km
	v.battery = max(v.battery-km*0.18, 1)
	for t := range v.tyres {
		v.tyres[t] = max(v.tyres[t]-km*1e-5, 1.6)
	}
	if before-v.speed > 22 {
		v.events = append(v.events, event{"harsh_brake", "warning", (before - v.speed) / 3.6})
	}
}

// change moves the vehicle into the next state.
func (v *vehicle) change(r *rand.Rand, now time.Time) {
	minutes := 1.0
	switch v.state {
	case available, charging:
		v.state, minutes = reserved, 0.5+r.Float64()*3
	case reserved:
		v.state, minutes = driving, 3+r.Float64()*18
		v.trips++
		v.tripStart, v.speed = v.odometer, 20
		v.events = append(v.events, event{"trip_started", "info", v.battery})
	case driving:
		v.state, minutes = available, 1+r.Float64()*12
		v.events = append(v.events, event{"trip_ended", "info", v.odometer - v.tripStart})
		v.speed = 0
		if v.battery < 25 {
			v.state, minutes = charging, 20+r.Float64()*30
			v.events = append(v.events, event{"low_battery", "warning", v.battery})
		}
	}
	v.until = now.Add(time.Duration(minutes * float64(time.Minute)))
}
