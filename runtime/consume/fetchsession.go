package consume

import (
	"math"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetchSession builds the fetch requests to one broker. Broker and session remember what was asked for (KIP-227): a
// request names only what changed, and an answer only partitions with something new, so that waiting costs both sides
// little. A broker that has no room for sessions, or does not know them, is asked for everything each time.
type fetchSession struct {
	id, epoch int32 // 0 for no session yet
	version   int16
	round     uint64
	parts     map[partitionKey]*askedPart
	req       kmsg.FetchRequest
}

// partitionKey names a partition in requests and answers of one version: by its topic's id from version 13 on, else by
// its name.
type partitionKey struct {
	topic     string
	id        topicID
	partition int32
}

// askedPart is one partition that the broker knows we want.
type askedPart struct {
	from  fetchFrom
	asked askedFor
	round uint64 // of the last request that wanted it
}

// askedFor is what the broker remembers of a partition.
type askedFor struct {
	at                           int64
	most, leaderEpoch, lastEpoch int32
}

// The versions of fetch requests that matter here.
const (
	fetchOldest   = 4 // the first with transactions
	fetchSessions = 7
	fetchDiverges = 12 // the broker sees that the last record was of another log
	fetchByID     = 13
)

// fetchVersion is the newest version that can be spoken for the partitions.
func fetchVersion(newest int16, from []fetchFrom) int16 {
	for i := range from {
		if from[i].topic == (topicID{}) {
			return min(newest, fetchDiverges)
		}
	}
	return min(newest, fetchByID)
}

func (f *fetchFrom) key(version int16) partitionKey {
	if version >= fetchByID {
		return partitionKey{id: f.topic, partition: f.p.Partition}
	}
	return partitionKey{topic: f.p.Topic, partition: f.p.Partition}
}

// forget starts anew with the next request, for the broker has forgotten the session or we do not know what it knows.
func (s *fetchSession) forget() {
	s.id, s.epoch = 0, 0
	clear(s.parts)
}

// request returns the request for from; it is valid until the next call.
func (s *fetchSession) request(version int16, from []fetchFrom) *kmsg.FetchRequest {
	if s.parts == nil {
		s.parts = map[partitionKey]*askedPart{}
	}
	if version != s.version || s.id == 0 {
		s.forget()
	}
	s.version = version
	s.round++
	topics, forgotten := s.req.Topics[:0], s.req.ForgottenTopics[:0]
	s.req.Default()
	s.req.Version, s.req.SessionID, s.req.SessionEpoch = version, s.id, s.epoch
	for i := range from {
		if part, news := s.want(from[i]); news {
			topics = withPart(topics, &part.from, part.asked)
		}
	}
	for key, part := range s.parts {
		if part.round != s.round {
			delete(s.parts, key)
			forgotten = append(forgotten, kmsg.FetchRequestForgottenTopic{Topic: key.topic, TopicID: key.id, Partitions: []int32{key.partition}})
		}
	}
	s.req.Topics, s.req.ForgottenTopics = topics, forgotten
	return &s.req
}

// want notes that a partition is wanted in this round; news says that the broker has to be told.
func (s *fetchSession) want(from fetchFrom) (part *askedPart, news bool) {
	key := from.key(s.version)
	part, known := s.parts[key]
	if !known {
		part = &askedPart{}
		s.parts[key] = part
	}
	now := askedFor{at: from.at, most: from.most, leaderEpoch: from.leaderEpoch, lastEpoch: from.lastEpoch}
	news = !known || part.asked != now
	part.from, part.asked, part.round = from, now, s.round
	return part, news
}

// withPart appends a partition to those of a request, to the topic before when it is of the same.
func withPart(topics []kmsg.FetchRequestTopic, from *fetchFrom, asked askedFor) []kmsg.FetchRequestTopic {
	n := len(topics)
	if n == 0 || topics[n-1].Topic != from.p.Topic {
		if n == cap(topics) {
			topics = append(topics, kmsg.FetchRequestTopic{})
		} else {
			topics = topics[:n+1]
		}
		topics[n].Topic, topics[n].TopicID, topics[n].Partitions = from.p.Topic, from.topic, topics[n].Partitions[:0]
		n++
	}
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = from.p.Partition, asked.at, asked.most
	p.CurrentLeaderEpoch, p.LastFetchedEpoch = asked.leaderEpoch, asked.lastEpoch
	topics[n-1].Partitions = append(topics[n-1].Partitions, p)
	return topics
}

// answered notes that the broker took the last request, and under which session.
func (s *fetchSession) answered(id int32) {
	switch {
	case id == 0 || s.version < fetchSessions:
		s.id, s.epoch = 0, 0
	case s.epoch == math.MaxInt32:
		s.id, s.epoch = id, 1
	default:
		s.id, s.epoch = id, s.epoch+1
	}
}

// of returns what was asked for under a key, nil if nothing was.
func (s *fetchSession) of(key partitionKey) *fetchFrom {
	if part := s.parts[key]; part != nil {
		return &part.from
	}
	return nil
}
