package consume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/IBM/sarama"
)

// subscription knows which topics a consumer wants and how many partitions they have.
type subscription struct {
	cfg     *Config
	cluster *cluster
	log     *slog.Logger
	topicView
	warned map[string]bool // missing topics that the log has named
}

// topicView is what a look at the topics found.
type topicView struct {
	topics     []string         // wanted, sorted
	partitions map[string]int32 // counts of the topics that exist
}

// look looks the topics up; it changes nothing, so that it can run beside the session. Only topics that somebody named
// may come into being by that: a pattern is asked of all topics there are.
func (s *subscription) look(ctx context.Context) (topicView, error) {
	named := slices.Compact(slices.Sorted(slices.Values(s.cfg.Topics)))
	if s.cfg.Pattern != nil {
		named = nil
	} else if len(named) == 0 {
		return topicView{}, nil
	}
	found, err := s.cluster.lookUp(ctx, named, s.cfg.CreateTopics && named != nil)
	if err != nil {
		return topicView{}, err
	}
	view := topicView{topics: named, partitions: map[string]int32{}}
	for _, t := range found {
		wanted, err := s.wants(t)
		switch {
		case err != nil:
			return view, err
		case !wanted:
			continue
		case t.Err != sarama.ErrNoError && !isMissing(t.Err):
			return view, fmt.Errorf("look up topic %s: %w", t.Name, t.Err)
		case s.cfg.Pattern != nil:
			view.topics = append(view.topics, t.Name)
		}
		if len(t.Partitions) > 0 {
			view.partitions[t.Name] = int32(len(t.Partitions))
		}
	}
	slices.Sort(view.topics)
	return view, nil
}

// wants reports whether a topic is named or matches the pattern, which Kafka's internal topics never do.
func (s *subscription) wants(t *sarama.TopicMetadata) (bool, error) {
	if s.cfg.Pattern == nil {
		return true, nil
	}
	if t.IsInternal || t.Err != sarama.ErrNoError {
		return false, nil
	}
	matches, err := s.cfg.Pattern.Matches(t.Name)
	if err != nil {
		return false, fatalError{fmt.Errorf("hold topic %s against topics.regex: %w", t.Name, err)}
	}
	return matches, nil
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
func (s *subscription) ids(ctx context.Context, topic string) []int32 {
	n, ok := s.partitions[topic]
	if !ok { // another member's topic
		_, _ = s.cluster.lookUp(ctx, []string{topic}, false) // without an answer it has none
		return s.cluster.ids(topic)
	}
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}
