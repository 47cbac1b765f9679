// Package fleet simulates the vehicles of a car-sharing company, and remembers what they said.
package fleet

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// The topics that messages are routed into by their kind, as rules of AWS IoT Core would.
const (
	Location = "vehicle.location"
	Status   = "vehicle.status"
	Event    = "vehicle.event"
)

// Topics are all topics with the number of their partitions.
var Topics = map[string]int32{Location: 3, Status: 2, Event: 1}

// Message is one report of a vehicle. Its key is the vehicle's id; no two messages of a fleet have the same value.
type Message struct {
	Topic, Key string
	Value      []byte // JSON without a schema, in one line
	Time       time.Time
}

// Fleet makes messages. It is not safe for concurrent use.
type Fleet struct {
	random   *rand.Rand
	vehicles []*vehicle
	turn     int
	messages int64
}

// New makes a fleet of vehicles that stand somewhere in the city. The same seed, and the same times given to Next,
// give the same messages.
func New(seed uint64, vehicles int) *Fleet {
	f := &Fleet{random: rand.New(rand.NewPCG(seed, 0x5106ce))}
	for i := range vehicles {
		f.vehicles = append(f.vehicles, newVehicle(f.random, i))
	}
	return f
}

// Next lets the next vehicle go on until now and returns what it reports. Times must not go back.
func (f *Fleet) Next(now time.Time) Message {
	v := f.vehicles[f.turn]
	f.turn = (f.turn + 1) % len(f.vehicles)
	f.messages++
	v.advance(f.random, now)
	v.turns++
	b := make([]byte, 0, 448)
	switch {
	case len(v.events) > 0:
		e := v.events[0]
		v.events = v.events[1:]
		return Message{Topic: Event, Key: v.id, Value: v.event(b, f.messages, now, e), Time: now}
	case v.turns%8 == 1:
		return Message{Topic: Status, Key: v.id, Value: v.status(b, f.messages, now), Time: now}
	}
	return Message{Topic: Location, Key: v.id, Value: v.location(b, f.messages, now), Time: now}
}

// VehicleID returns the id of the i-th vehicle.
func VehicleID(i int) string { return fmt.Sprintf("veh-%04d", i+1) }
