package dynamodb

import "errors"

// Fault makes an operation answer an error, or a BatchWriteItem leave work undone, so that a client's reaction to
// throttling can be tested.
type Fault struct {
	// Code is the exception name, for example ProvisionedThroughputExceededException.
	Code string
	// Message is the text of the error answer.
	Message string
	// Status is the HTTP status of the error answer; zero means 400.
	Status int
	// UnprocessedItems, when positive, lets a BatchWriteItem succeed for all but this many of its items and hand those
	// back. Code is then not used.
	UnprocessedItems int
}

// Error gives the code and the message.
func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// SetFault installs a hook that sees every operation before it runs, with the operation name and the request body. A
// nil answer lets the operation run; a *Fault is answered as it says; any other error becomes an InternalServerError. A
// nil hook removes the previous one. The hook is called concurrently.
func (s *Server) SetFault(f func(op string, req []byte) error) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

// injectFault asks the hook. held is how many items of a batch to leave unprocessed.
func (s *Server) injectFault(op string, body []byte) (held int) {
	hook := s.fault.Load()
	if hook == nil {
		return 0
	}
	err := (*hook)(op, body)
	var fault *Fault
	if errors.As(err, &fault) && fault.UnprocessedItems > 0 && op == "BatchWriteItem" {
		return fault.UnprocessedItems
	}
	if err != nil {
		panic(asFailure(err))
	}
	return 0
}
