package consume

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// cluster is what the brokers say about themselves, about topics and about who leads their partitions. It keeps what
// it was told until somebody asks again; any goroutine may ask.
type cluster struct {
	cfg *Config

	asking sync.Mutex // held by who asks, for conn
	conn   *kafka.Conn

	mu      sync.Mutex
	brokers map[int32]string // addresses by id
	topics  map[string]topic
}

// topicID is what Kafka calls a topic beside its name: a topic that is deleted and created again gets another one. The
// zero value stands for a broker that does not say.
type topicID [16]byte

// topic is a topic as the brokers described it last.
type topic struct {
	id         topicID
	partitions map[int32]leader
}

// leader says who leads a partition.
type leader struct {
	broker int32 // -1 for nobody
	epoch  int32 // counts the leaders there were; -1 when the broker does not say
}

func newCluster(cfg *Config) *cluster {
	return &cluster{cfg: cfg, brokers: map[int32]string{}, topics: map[string]topic{}}
}

// close gives up the connection; nobody may be asking any more.
func (k *cluster) close() {
	if k.conn != nil {
		k.conn.Release()
		k.conn = nil
	}
}

// addrs returns the brokers that are known, those of bootstrap.servers among them, in an order by chance: one that
// hangs should not be in the way for ever.
func (k *cluster) addrs() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	addrs := slices.Concat(k.cfg.Bootstrap, slices.Collect(maps.Values(k.brokers)))
	slices.Sort(addrs)
	addrs = slices.Compact(addrs)
	rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	return addrs
}

// metadataTime bounds the wait for one broker: there are others.
const metadataTime = 10 * time.Second

// errSilent says that a broker took longer than metadataTime.
var errSilent = errors.New("the broker does not answer")

// lookUp asks a broker about topics, about all there are when topics is nil, and returns what it says of each. With
// create a broker that may create topics creates those that are missing.
func (k *cluster) lookUp(ctx context.Context, topics []string, create bool) ([]*sarama.TopicMetadata, error) {
	k.asking.Lock()
	defer k.asking.Unlock()
	req := &sarama.MetadataRequest{Version: 10, Topics: topics, AllowAutoTopicCreation: create}
	res, failed := k.ask(ctx, req)
	for _, addr := range k.addrs() {
		if res != nil || ctx.Err() != nil {
			break
		}
		if err := k.connect(ctx, addr); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		var err error
		if res, err = k.ask(ctx, req); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	if res == nil {
		return nil, fmt.Errorf("look up topics: %w", failed)
	}
	k.learn(res)
	return res.Topics, nil
}

func (k *cluster) connect(ctx context.Context, addr string) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, metadataTime, errSilent)
	defer cancel()
	if k.conn, err = kafka.Dial(ctx, addr, k.cfg.Client, 0); err != nil {
		k.conn = nil
	}
	return err
}

// ask asks over the connection that is there; one that fails is given up.
func (k *cluster) ask(ctx context.Context, req *sarama.MetadataRequest) (res *sarama.MetadataResponse, err error) {
	if k.conn == nil {
		return nil, nil
	}
	bounded, cancel := context.WithTimeoutCause(ctx, metadataTime, errSilent)
	defer cancel()
	asked := *req // sarama lowers the version
	if err = k.conn.During(bounded, func() (err error) { res, err = k.conn.GetMetadata(&asked); return err }); err != nil {
		err = fmt.Errorf("ask broker %s: %w", k.conn.Addr(), err)
		k.close()
		return nil, err
	}
	k.conn.Throttle(time.Duration(res.ThrottleTimeMs) * time.Millisecond)
	return res, nil
}

// learn takes over an answer. A broker that is behind the others may name a leader that is one no more: what was said
// under a later epoch stands.
func (k *cluster) learn(res *sarama.MetadataResponse) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.brokers = make(map[int32]string, len(res.Brokers))
	for _, b := range res.Brokers {
		k.brokers[b.ID()] = b.Addr()
	}
	for _, said := range res.Topics {
		if said.Err == sarama.ErrUnknownTopicOrPartition || said.Err == sarama.ErrInvalidTopic {
			delete(k.topics, said.Name)
			continue
		}
		if said.Err != sarama.ErrNoError && said.Err != sarama.ErrLeaderNotAvailable {
			continue
		}
		before, now := k.topics[said.Name], topic{id: topicID(said.Uuid), partitions: make(map[int32]leader, len(said.Partitions))}
		for _, p := range said.Partitions {
			led := leader{broker: p.Leader, epoch: p.LeaderEpoch}
			if res.Version < 7 {
				led.epoch = -1
			}
			if old, known := before.partitions[p.ID]; known && before.id == now.id && old.epoch > led.epoch {
				led = old
			}
			now.partitions[p.ID] = led
		}
		k.topics[said.Name] = now
	}
}

// ids returns the numbers of the partitions of a topic, in order; none when the topic is not known.
func (k *cluster) ids(name string) []int32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.topics[name].partitions))
}

// topicID returns the id of a topic, the zero value when nobody has said it.
func (k *cluster) topicID(name string) topicID {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.topics[name].id
}

// broker returns the address of a broker.
func (k *cluster) broker(id int32) (addr string, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	addr, known = k.brokers[id]
	return addr, known
}

// leading is the broker that leads a partition.
type leading struct {
	addr  string
	epoch int32
	topic topicID
}

// errNoLeader says that nobody leads a partition at the moment.
var errNoLeader = errors.New("no broker leads the partition")

// leader returns who leads a partition.
func (k *cluster) leader(tp schemas.TopicPartition) (leading, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.topics[tp.Topic]
	led, known := t.partitions[tp.Partition]
	addr, alive := k.brokers[led.broker]
	if !known || !alive {
		return leading{}, fmt.Errorf("find leader of %s: %w", tp, errNoLeader)
	}
	return leading{addr: addr, epoch: led.epoch, topic: t.id}, nil
}
