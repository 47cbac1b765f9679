// Package kafka turns Java client properties into sarama clients and connections; no other room configures sarama.
package kafka

import (
	"fmt"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/rcrowley/go-metrics"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Limits on what a broker may make us allocate; sarama bounds neither enough by default.
const (
	maxResponseBytes     = 100 << 20
	maxDecompressedBytes = 64 << 20
)

func init() {
	sarama.MaxResponseSize = maxResponseBytes
	sarama.MaxDecompressedBatchSize = maxDecompressedBytes
	// Sluice counts records itself; sarama's meters would cost a goroutine and time in every request.
	metrics.UseNilMetrics = true
}

// clientDef holds the settings that every kind of client here reads.
var clientDef = configdef.New(
	configdef.Key{Name: "bootstrap.servers", Type: configdef.List, Required: true, Valid: ValidServers},
	configdef.Key{Name: "client.id", Type: configdef.String},
	configdef.Key{Name: "client.rack", Type: configdef.String},
).Add(sharedKeys...).Add(securityKeys...)

// Config returns the sarama configuration for Java client properties without prefix, and the brokers to start from.
// Properties it does not know are left to the caller.
func Config(props map[string]string) (*sarama.Config, []string, error) {
	v, problems := clientDef.Parse(props)
	if len(problems) > 0 {
		return nil, nil, ProblemsError(problems)
	}
	c := sarama.NewConfig()
	// The oldest line whose requests carry group instance ids everywhere; newer brokers are asked what they speak.
	c.Version = sarama.V2_8_0_0
	c.ClientID = v.String("client.id")
	if c.ClientID == "" {
		c.ClientID = "sluice"
	}
	c.RackID = v.String("client.rack")
	c.Net.DialTimeout = millis(v, "socket.connection.setup.timeout.ms")
	c.Net.ReadTimeout = millis(v, "request.timeout.ms")
	c.Net.WriteTimeout = c.Net.ReadTimeout
	c.Net.MaxOpenRequests = 1
	// Topics are looked up by their consumer, at its own pace and with its own retries.
	c.Metadata.Full = false
	c.Metadata.RefreshFrequency = 0
	c.Metadata.Retry.Max = 1
	c.Metadata.Retry.Backoff = 100 * time.Millisecond
	c.Metadata.AllowAutoTopicCreation = true
	if err := secure(c, v); err != nil {
		return nil, nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, nil, fmt.Errorf("configure Kafka client: %w", err)
	}
	return c, v.List("bootstrap.servers"), nil
}

// ProblemsError joins configuration problems into one error.
func ProblemsError(problems []configdef.Problem) error {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Message
	}
	return fmt.Errorf("configure Kafka client: %s", strings.Join(texts, "; "))
}

// millis is never 0, which sarama would take for no limit.
func millis(v configdef.Values, key string) time.Duration {
	return max(v.Duration(key, time.Millisecond), time.Millisecond)
}
