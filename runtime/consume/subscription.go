package consume

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/IBM/sarama"
)

// subscription knows which topics a consumer wants and how many partitions they have.
type subscription struct {
	cfg    *Config
	client sarama.Client
	log    *slog.Logger
	topicView
	warned map[string]bool // missing topics that the log has named
}

// topicView is what a look at the topics found.
type topicView struct {
	topics     []string         // wanted, sorted
	partitions map[string]int32 // counts of the topics that exist
}

// look looks the topics up; it changes nothing, so that it can run beside the session.
func (s *subscription) look() (topicView, error) {
	topics, err := s.cfg.Topics, error(nil)
	if s.cfg.Pattern != nil {
		if topics, err = s.matching(); err != nil {
			return topicView{}, err
		}
	}
	view := topicView{topics: slices.Compact(slices.Sorted(slices.Values(topics))), partitions: map[string]int32{}}
	if len(view.topics) == 0 {
		return view, nil
	}
	// One request for all; what is wrong with a single topic shows below.
	if err := s.client.RefreshMetadata(view.topics...); err != nil && !isMissing(err) {
		return view, fmt.Errorf("look up topics: %w", err)
	}
	for _, t := range view.topics {
		ids, err := s.client.Partitions(t)
		if err != nil && !isMissing(err) {
			return view, fmt.Errorf("look up topic %s: %w", t, err)
		}
		if len(ids) > 0 {
			view.partitions[t] = int32(len(ids))
		}
	}
	return view, nil
}

// adopt takes over what a look found. It reports whether the member subscribes to other topics now, and whether one of
// the same topics has another number of partitions.
func (s *subscription) adopt(v topicView) (otherTopics, otherPartitions bool) {
	for _, t := range v.topics {
		if v.partitions[t] == 0 {
			s.missing(t)
		}
	}
	otherTopics = !slices.Equal(v.topics, s.topics)
	otherPartitions = !maps.Equal(v.partitions, s.partitions)
	s.topicView = v
	return otherTopics, otherPartitions
}

// isMissing reports whether err says that a topic is not there (yet).
func isMissing(err error) bool {
	var k sarama.KError
	return errors.As(err, &k) && (k == sarama.ErrUnknownTopicOrPartition || k == sarama.ErrLeaderNotAvailable || k == sarama.ErrInvalidTopic)
}

func (s *subscription) missing(topic string) {
	if s.warned == nil {
		s.warned = map[string]bool{}
	}
	if !s.warned[topic] {
		s.warned[topic] = true
		s.log.Warn("topic does not exist; waiting for it to be created", "topic", topic)
	}
}

// complete reports whether every wanted topic exists.
func (s *subscription) complete() bool {
	return len(s.partitions) == len(s.topics) && (len(s.topics) > 0 || s.cfg.Pattern == nil)
}

// ids returns the partition numbers of a topic, for planning.
func (s *subscription) ids(topic string) []int32 {
	n, ok := s.partitions[topic]
	if !ok { // another member's topic
		ids, err := s.client.Partitions(topic)
		if err != nil {
			return nil
		}
		return ids
	}
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}

// matching lists all topics that match the pattern, Kafka's internal ones left out.
func (s *subscription) matching() ([]string, error) {
	broker := s.client.LeastLoadedBroker()
	if broker == nil {
		return nil, sarama.ErrOutOfBrokers
	}
	_ = broker.Open(s.client.Config()) // it may be open already; the request tells
	res, err := broker.GetMetadata(sarama.NewMetadataRequest(s.client.Config().Version, nil))
	if err != nil {
		_ = broker.Close() // so that the next attempt connects again
		return nil, fmt.Errorf("list topics: %w", err)
	}
	var topics []string
	for _, t := range res.Topics {
		if t.IsInternal || t.Err != sarama.ErrNoError {
			continue
		}
		matches, err := s.cfg.Pattern.Matches(t.Name)
		if err != nil {
			return nil, fatalError{fmt.Errorf("hold topic %s against topics.regex: %w", t.Name, err)}
		}
		if matches {
			topics = append(topics, t.Name)
		}
	}
	return topics, nil
}
