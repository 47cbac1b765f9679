//go:build unix

package parts

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/IBM/sarama"
)

//go:embed log4j2.properties
var kafkaLogging []byte

// KafkaPart is a single-node Apache Kafka in KRaft mode.
type KafkaPart struct {
	*Service
	// Addr is the bootstrap address, host:port. It stays the same over a restart.
	Addr string
	// SecuredAddr is the bootstrap address of the second listener of SecuredKafka.
	SecuredAddr string
	// DataDir holds the broker's logs and metadata, which survive Stop, Kill and Restart.
	DataDir string

	protocol string // of the second listener; "" for none
}

// Kafka starts a broker. Topics are not created by mention; a property line such as "auto.create.topics.enable=true"
// or "num.partitions=3" overrides the default of that name.
func Kafka(tb testing.TB, properties ...string) *KafkaPart {
	tb.Helper()
	return startKafka(tb, "", properties)
}

// SecuredKafka starts a broker like Kafka with a second listener that speaks the security protocol, at SecuredAddr;
// Addr remains open in clear text. Property lines that begin with listener.name.secured. configure the listener.
func SecuredKafka(tb testing.TB, protocol string, properties ...string) *KafkaPart {
	tb.Helper()
	return startKafka(tb, protocol, properties)
}

func startKafka(tb testing.TB, protocol string, properties []string) *KafkaPart {
	tb.Helper()
	kafka := &KafkaPart{protocol: protocol}
	kafka.Service = launch(tb, "kafka", func() (*Service, error) { return kafka.plan(tb.TempDir(), properties) })
	return kafka
}

func (k *KafkaPart) plan(dir string, properties []string) (*Service, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	controllerPort, err := freePort()
	if err != nil {
		return nil, err
	}
	k.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	k.DataDir = filepath.Join(dir, "data")
	controller := fmt.Sprintf("127.0.0.1:%d", controllerPort)
	listener, protocols, err := k.secondListener()
	if err != nil {
		return nil, err
	}
	lines := append([]string{
		"process.roles=broker,controller",
		"node.id=1",
		"controller.quorum.voters=1@" + controller,
		"listeners=PLAINTEXT://" + k.Addr + ",CONTROLLER://" + controller + listener,
		"advertised.listeners=PLAINTEXT://" + k.Addr + listener,
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT" + protocols,
		"inter.broker.listener.name=PLAINTEXT",
		"log.dirs=" + k.DataDir,
		"auto.create.topics.enable=false",
		"num.partitions=1",
		"num.network.threads=2",
		"num.io.threads=4",
		"background.threads=2",
		"offsets.topic.num.partitions=5",
		"offsets.topic.replication.factor=1",
		"transaction.state.log.num.partitions=1",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"share.coordinator.state.topic.num.partitions=1",
		"share.coordinator.state.topic.replication.factor=1",
		"share.coordinator.state.topic.min.isr=1",
		"group.initial.rebalance.delay.ms=0",
		// A killed broker is let in again only when its former session has run out.
		"broker.session.timeout.ms=3000",
		"broker.heartbeat.interval.ms=500",
		"log.retention.ms=-1",
	}, properties...)
	config := filepath.Join(dir, "server.properties")
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the broker's properties: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "log4j2.properties"), kafkaLogging, 0o600); err != nil {
		return nil, fmt.Errorf("write the broker's logging properties: %w", err)
	}
	format, err := kafkaTool(dir, "kafka.tools.StorageTool", "format", "-t", "c2x1aWNlLXBhcnRzLTAwMQ", "-c", config)
	if err != nil {
		return nil, err
	}
	if out, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format the broker's storage: %w\n%s", err, out)
	}
	command, err := jvm("kafka", "-Xms256m", "-Xmx512m", logging(dir))
	if err != nil {
		return nil, err
	}
	return &Service{command: append(command, "kafka.Kafka", config), ready: k.ready}, nil
}

// secondListener returns what to add to the lists of listeners and of their protocols.
func (k *KafkaPart) secondListener() (listener, protocols string, err error) {
	if k.protocol == "" {
		return "", "", nil
	}
	port, err := freePort()
	if err != nil {
		return "", "", err
	}
	k.SecuredAddr = fmt.Sprintf("127.0.0.1:%d", port)
	return ",SECURED://" + k.SecuredAddr, ",SECURED:" + k.protocol, nil
}

// ready is true once the broker lists itself: until then it answers, but takes no topics.
func (k *KafkaPart) ready(context.Context) error {
	config := sarama.NewConfig()
	config.Net.DialTimeout = probeLimit
	config.Net.ReadTimeout = probeLimit
	broker := sarama.NewBroker(k.Addr)
	if err := broker.Open(config); err != nil {
		return fmt.Errorf("open a connection to %s: %w", k.Addr, err)
	}
	defer func() { _ = broker.Close() }()
	metadata, err := broker.GetMetadata(sarama.NewMetadataRequest(config.Version, nil))
	if err != nil {
		return fmt.Errorf("ask %s for metadata: %w", k.Addr, err)
	}
	if len(metadata.Brokers) == 0 {
		return errors.New("the broker does not list itself yet")
	}
	return nil
}

// ConsumerGroups runs the stock kafka-consumer-groups tool against the broker, for example with
// "--describe", "--group", "connect-orders", and returns what it printed. An exit status other than 0 ends the test.
func (k *KafkaPart) ConsumerGroups(tb testing.TB, args ...string) string {
	tb.Helper()
	return k.tool(tb, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", args)
}

// Topics runs the stock kafka-topics tool against the broker, like ConsumerGroups.
func (k *KafkaPart) Topics(tb testing.TB, args ...string) string {
	tb.Helper()
	return k.tool(tb, "org.apache.kafka.tools.TopicCommand", args)
}

func (k *KafkaPart) tool(tb testing.TB, class string, args []string) string {
	tb.Helper()
	cmd, err := kafkaTool(filepath.Dir(k.DataDir), append([]string{class, "--bootstrap-server", k.Addr}, args...)...)
	if err != nil {
		tb.Fatalf("run %s: %v", class, err)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("run %s %s: %v\n%s", class, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// kafkaTool returns a short-lived Java command that logs errors only.
func kafkaTool(dir string, classAndArgs ...string) (*exec.Cmd, error) {
	command, err := jvm("kafka", "-Xmx192m", "-Dparts.log.level=ERROR", logging(dir))
	if err != nil {
		return nil, err
	}
	command = append(command, classAndArgs...)
	return exec.Command(command[0], command[1:]...), nil
}

func logging(dir string) string {
	return "-Dlog4j2.configurationFile=" + filepath.Join(dir, "log4j2.properties")
}
