package consume

import "time"

// route says which broker a partition is fetched from, and what that one has to be asked first. It belongs to the
// fetcher, under its lock.
type route struct {
	addr    string    // "" when it has to be looked up
	replica bool      // addr is a preferred replica, not the leader
	until   time.Time // when the replica is given up
	stale   bool      // what is known about the leader is wrong
	tries   int       // lookups since the last good answer
	due     time.Time // of the next lookup
	alone   bool      // fetched by requests of its own, to find out what is wrong with it
	damaged int       // answers in a row that could not be read
	grown   int32     // bytes to ask for when a batch is larger than usual, else 0
	// leaderOnly is until when the leader is not told our rack: it would name a replica that nobody knows.
	leaderOnly time.Time

	topic topicID // that the position is of; the zero value when no broker has said it
	epoch int32   // of the leader, -1 when it is not known
	check check
}

// check is what the leader has to be asked before it is fetched from.
type check int

const (
	// checkNothing: fetch.
	checkNothing check = iota
	// checkLog: whether its log is the one that was read.
	checkLog
	// checkTopic: where to begin, since the topic is another one of the same name.
	checkTopic
)

// to sets the route to a leader.
func (r *route) to(led leading) {
	r.addr, r.replica, r.stale = led.addr, false, false
	switch {
	case r.topic != topicID{} && led.topic != topicID{} && r.topic != led.topic:
		r.check = checkTopic
	case r.check == checkNothing && led.epoch != r.epoch:
		r.check = checkLog
	}
	if led.topic != (topicID{}) {
		r.topic = led.topic
	}
	r.epoch = led.epoch
}

// lookLater puts the next lookup off, the more the more there were: a topic may be gone for good, and a broker may say
// for a while that it does not lead what the others say it leads.
func (r *route) lookLater() {
	r.addr, r.replica, r.stale = "", false, true
	if r.tries > 0 {
		r.due = time.Now().Add(lookups.Wait(r.tries - 1))
	}
	r.tries++
}
