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
	cfg        *Config
	client     sarama.Client
	log        *slog.Logger
	topics     []string         // wanted, sorted
	partitions map[string]int32 // counts of the topics that exist
	warned     map[string]bool  // missing topics that the log has named
}

// refresh looks the topics up again and reports whether a rebalance is called for: a pattern matches other topics, or
// a topic has another number of partitions than before.
func (s *subscription) refresh() (changed bool, err error) {
	topics := s.cfg.Topics
	if s.cfg.Pattern != nil {
		if topics, err = s.matching(); err != nil {
			return false, err
		}
	}
	topics = slices.Compact(slices.Sorted(slices.Values(topics)))
	partitions := map[string]int32{}
	for _, t := range topics {
		if err := s.client.RefreshMetadata(t); err != nil && !isMissing(err) {
			return false, fmt.Errorf("look up topic %s: %w", t, err)
		}
		ids, err := s.client.Partitions(t)
		switch {
		case err == nil && len(ids) > 0:
			partitions[t] = int32(len(ids))
		case err == nil || isMissing(err):
			s.missing(t)
		default:
			return false, fmt.Errorf("look up topic %s: %w", t, err)
		}
	}
	changed = !slices.Equal(topics, s.topics) || !maps.Equal(partitions, s.partitions)
	s.topics, s.partitions = topics, partitions
	return changed, nil
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
		if !t.IsInternal && t.Err == sarama.ErrNoError && s.cfg.Pattern.MatchString(t.Name) {
			topics = append(topics, t.Name)
		}
	}
	return topics, nil
}
