package dynamodb

import (
	"errors"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
)

const maxTransaction = 100

var transactKinds = []struct {
	name string
	kind mutationKind
}{{"ConditionCheck", checkMutation}, {"Put", putMutation}, {"Update", updateMutation}, {"Delete", deleteMutation}}

func (s *Server) transactWriteItems(r *request) (object, error) {
	used, err := readUsage(r)
	if err != nil {
		return nil, err
	}
	token, err := r.text("ClientRequestToken")
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	mutations, err := s.readTransaction(r)
	if err != nil {
		return nil, err
	}
	repeat, err := s.past.seen(token, r)
	if err != nil {
		return nil, err
	}
	if !repeat {
		if err := s.runTransaction(mutations, used); err != nil {
			return nil, err
		}
		s.past.remember(token, r)
	}
	return used.report(object{}, true), nil
}

func (s *Server) readTransaction(r *request) ([]*mutation, error) {
	members, err := r.array("TransactItems")
	if err != nil {
		return nil, err
	}
	switch {
	case len(members) == 0:
		return nil, invalid("Value [] at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case len(members) > maxTransaction:
		return nil, invalid("Member must have length less than or equal to %d", maxTransaction)
	}
	mutations := make([]*mutation, len(members))
	seen := make(map[string]bool, len(members))
	for i, member := range members {
		m, err := s.readTransactionMember(member)
		var f *failure
		if errors.As(err, &f) && f.perItem {
			mutations[i] = &mutation{defect: err}
			continue
		}
		if err != nil {
			return nil, err
		}
		if refuseRepeat(seen, m.table.Name, m.key) != nil {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		mutations[i] = m
	}
	return mutations, nil
}

func (s *Server) readTransactionMember(member *request) (*mutation, error) {
	var (
		params *request
		kind   mutationKind
	)
	for _, k := range transactKinds {
		if !member.has(k.name) {
			continue
		}
		if params != nil {
			return nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		params, kind = member.nested(k.name), k.kind
	}
	if params == nil {
		return nil, invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	}
	return s.readMutation(params, kind)
}

// runTransaction applies all mutations or none. Every condition is evaluated,
// so that the answer gives a reason for each of them.
func (s *Server) runTransaction(mutations []*mutation, used *usage) error {
	reasons := make([]*failure, len(mutations))
	err := s.update(func(tx *bolt.Tx) error {
		failed := false
		for i, m := range mutations {
			before, after, err := m.apply(tx)
			if err == nil {
				used.wroteInTransaction(m, before, after)
				continue
			}
			if reasons[i] = cancellation(err); reasons[i] == nil {
				return err
			}
			failed = true
		}
		if failed {
			return errCancelled
		}
		return nil
	})
	if errors.Is(err, errCancelled) {
		return cancelled(reasons)
	}
	return err
}

var errCancelled = errors.New("transaction cancelled")

// cancellation turns an error of one member into its cancellation reason; nil
// for an error that fails the whole call.
func cancellation(err error) *failure {
	f := asFailure(err)
	switch f.code {
	case "ConditionalCheckFailedException":
		return &failure{code: "ConditionalCheckFailed", message: f.message, details: f.details}
	case "ValidationException":
		return &failure{code: "ValidationError", message: f.message}
	}
	return nil
}

func cancelled(reasons []*failure) error {
	codes := make([]string, len(reasons))
	list := make([]object, len(reasons))
	for i, reason := range reasons {
		if reason == nil {
			codes[i], list[i] = "None", object{"Code": "None"}
			continue
		}
		codes[i] = reason.code
		list[i] = object{"Code": reason.code, "Message": reason.message}
		for name, v := range reason.details {
			list[i][name] = v
		}
	}
	return &failure{
		code:    "TransactionCanceledException",
		message: fmt.Sprintf("Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", ")),
		details: object{"CancellationReasons": list},
	}
}
