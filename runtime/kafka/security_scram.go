package kafka

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// maxIterations bounds the work a broker can ask for; Kafka itself allows no more than 16384.
const maxIterations = 1 << 20

// scramClient is one SCRAM conversation. The library checks the broker's signature and refuses fewer iterations than
// Kafka's minimum of 4096.
type scramClient struct {
	hash         scram.HashGeneratorFcn
	conversation *scram.ClientConversation
}

// Begin implements sarama.SCRAMClient.
func (s *scramClient) Begin(user, password, authzID string) error {
	client, err := s.hash.NewClient(user, password, authzID)
	if err != nil {
		return errors.New("begin SCRAM: username or password in sasl.jaas.config holds a character that SCRAM does not allow")
	}
	s.conversation = client.NewConversation()
	return nil
}

// Step implements sarama.SCRAMClient.
func (s *scramClient) Step(challenge string) (string, error) {
	if iterations(challenge) > maxIterations {
		return "", errors.New("answer the broker's SCRAM challenge: it asks for too many iterations")
	}
	answer, err := s.conversation.Step(challenge)
	if err != nil {
		return "", fmt.Errorf("check the broker's side of SCRAM: %w", err)
	}
	return answer, nil
}

// Done implements sarama.SCRAMClient.
func (s *scramClient) Done() bool { return s.conversation.Done() }

// iterations returns the number of iterations a challenge asks for.
func iterations(challenge string) int64 {
	for field := range strings.SplitSeq(challenge, ",") {
		if text, ok := strings.CutPrefix(field, "i="); ok {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil && errors.Is(err, strconv.ErrRange) {
				return maxIterations + 1
			}
			return n
		}
	}
	return 0
}
