package consume

import (
	"fmt"
	"slices"

	"github.com/IBM/sarama"
)

// strategies are the assignors that can be offered, by every name users give them. Cooperative assignors are not
// among them: a consumer gives up all its partitions in each rebalance, as Java's does with its default, range.
var strategies = map[string]func() sarama.BalanceStrategy{
	"range":      sarama.NewBalanceStrategyRange,
	"roundrobin": sarama.NewBalanceStrategyRoundRobin,
	"sticky":     sarama.NewBalanceStrategySticky,
	"org.apache.kafka.clients.consumer.RangeAssignor":      sarama.NewBalanceStrategyRange,
	"org.apache.kafka.clients.consumer.RoundRobinAssignor": sarama.NewBalanceStrategyRoundRobin,
	"org.apache.kafka.clients.consumer.StickyAssignor":     sarama.NewBalanceStrategySticky,
}

// strategy picks the first assignor of names that can be offered; range when names is empty.
func strategy(names []string) (sarama.BalanceStrategy, error) {
	if len(names) == 0 {
		return sarama.NewBalanceStrategyRange(), nil
	}
	for _, n := range names {
		if s := strategies[n]; s != nil {
			return s(), nil
		}
	}
	return nil, fmt.Errorf("choose partition.assignment.strategy: none of %v is supported; use range, roundrobin or sticky", names)
}

// plan is the leader's work: it spreads the partitions of all subscribed topics over the members.
func plan(s sarama.BalanceStrategy, joined *sarama.JoinGroupResponse, partitions func(topic string) []int32) ([]sarama.SyncGroupRequestAssignment, error) {
	members, err := joined.GetMembers()
	if err != nil {
		return nil, fmt.Errorf("read the group's subscriptions: %w", err)
	}
	topics := map[string][]int32{}
	for _, m := range members {
		for _, t := range m.Topics {
			if _, seen := topics[t]; !seen {
				topics[t] = partitions(t)
			}
		}
	}
	spread, err := s.Plan(members, topics)
	if err != nil {
		return nil, fmt.Errorf("plan assignment: %w", err)
	}
	req := &sarama.SyncGroupRequest{}
	for id := range members {
		a := &sarama.ConsumerGroupMemberAssignment{Topics: spread[id]}
		if a.UserData, err = s.AssignmentData(id, spread[id], joined.GenerationId); err != nil {
			return nil, fmt.Errorf("plan assignment: %w", err)
		}
		if err := req.AddGroupAssignmentMember(id, a); err != nil {
			return nil, fmt.Errorf("encode assignment: %w", err)
		}
	}
	slices.SortFunc(req.GroupAssignments, func(a, b sarama.SyncGroupRequestAssignment) int {
		if a.MemberId < b.MemberId {
			return -1
		}
		return 1
	})
	return req.GroupAssignments, nil
}
