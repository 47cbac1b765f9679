package kafka

import (
	"strings"
	"testing"

	"github.com/IBM/sarama"
)

// TestRefusedTokensAreExplainedByWhereTheyComeFrom: who signs in with IAM has no token in sasl.jaas.config to check.
func TestRefusedTokensAreExplainedByWhereTheyComeFrom(t *testing.T) {
	for name, c := range map[string]struct {
		provider sarama.AccessTokenProvider
		want     string
		not      string
	}{
		"of the line": {staticToken{}, "the token of sasl.jaas.config", "AWS"},
		"signed":      {&mskTokens{}, "kafka-cluster:Connect", "the token of"},
	} {
		conf := sarama.NewConfig()
		conf.Net.SASL.Enable, conf.Net.SASL.Mechanism, conf.Net.SASL.TokenProvider = true, sarama.SASLTypeOAuth, c.provider
		if got := explain(sarama.ErrSASLAuthenticationFailed, conf).Error(); !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
