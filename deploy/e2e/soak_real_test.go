//go:build real && soak

package e2e

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

var (
	soakRounds = flag.Int("soak.rounds", 4, "rounds of TestSoak; each has one to three faults")
	soakSeed   = flag.Uint64("soak.seed", 0, "seed of TestSoak; 0: another one each time")
)

const (
	soakSession  = 6 * time.Second // the shortest that a broker allows by default
	soakVehicles = 50              // of a partition
	soakMost     = 20              // partitions
	soakRecords  = 26_000          // of a round
	soakCompared = 10              // rounds from one comparison of the targets to the next
)

// soak is two workers of the same consumer groups, the services they use, and the ledger of what is in the topic.
type soak struct {
	*world
	*fleet
	t       *testing.T
	random  *rand.Rand // chooses the faults
	data    *rand.Rand // chooses the records; how many there are depends on time
	workers []*worker
	sent    []int // records of a partition
	away    bool  // the broker takes no records
	counts  map[string]int
}

// fault breaks something and returns what mends it, nil when it is mended already; target names what must not be broken twice at once.
type fault struct {
	name, target string
	begin        func() (mend func())
}

// TestSoak has workers killed and frozen beyond their session, services killed, stopped and frozen, connectors paused, stopped,
// restarted and posted again, and partitions added, while records come; then no record is missing or doubled in S3, and Redis and
// DynamoDB hold the newest of each key.
func TestSoak(t *testing.T) {
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-soak.seed %d", seed)
	s := newSoak(t, seed)
	for round := range *soakRounds {
		s.round(round)
		if t.Failed() {
			break
		}
		if round%soakCompared == soakCompared-1 || round == *soakRounds-1 {
			s.compare(round + 1)
		}
	}
	if t.Failed() {
		s.keepLogs()
	}
}

func newSoak(t *testing.T, seed uint64) *soak {
	t.Helper()
	s := &soak{world: newWorld(t), t: t, random: rand.New(rand.NewPCG(seed, 0)), data: rand.New(rand.NewPCG(seed, 1)), counts: map[string]int{}, sent: make([]int, soakMost)}
	s.fleet = newFleet(t, s.kafka, "soak", 4, soakVehicles*soakMost)
	createTable(t, s.dynamo, s.topic)
	for range 2 {
		w := startWorker(t, s.kafka.Addr, fmt.Sprintf("consumer.session.timeout.ms=%d", soakSession.Milliseconds()),
			"consumer.heartbeat.interval.ms=500", "consumer.metadata.max.age.ms=2000")
		for _, body := range s.bodies() {
			w.create(body)
		}
		s.workers = append(s.workers, w)
	}
	return s
}

// bodies are the requests that make the connectors, by their names.
func (s *soak) bodies() map[string]string {
	return map[string]string{
		"s3-sink":       s.s3Body(s.topic, 700, `"rotate.schedule.interval.ms": "1000", "timezone": "UTC",`),
		"dynamodb-sink": fmt.Sprintf(dynamoConfig, s.topic, s.dynamo.Endpoint),
		"redis-sink":    fmt.Sprintf(redisConfig, s.topic, s.redis.Addr),
	}
}

// round begins one to three faults while records come, and mends them.
func (s *soak) round(n int) {
	s.produce(soakRecords / 2)
	var mends []func()
	var names []string
	broken := map[string]bool{}
	for range 1 + s.random.IntN(3) {
		f := s.pick(broken)
		broken[f.target] = true
		names = append(names, f.name)
		s.counts[f.name]++
		s.t.Logf("round %d: %s", n+1, f.name)
		if mend := f.begin(); mend != nil {
			mends = append(mends, mend)
		}
		s.produce(soakRecords / 8)
		s.pass(time.Duration(s.random.Int64N(int64(1500 * time.Millisecond))))
	}
	for _, mend := range mends {
		mend()
	}
	s.produce(soakRecords / 4)
	s.t.Logf("round %d: %s; %d records so far", n+1, strings.Join(names, ", "), s.total())
}

// pick returns a fault of something that is not broken yet. Nothing is asked of a broker or a worker that is away.
func (s *soak) pick(broken map[string]bool) fault {
	all := slices.DeleteFunc(s.faults(), func(f fault) bool {
		return broken[f.target] || broken["kafka"] && strings.HasPrefix(f.target, "partitions") ||
			strings.HasPrefix(f.target, "rest") && broken["worker"+f.target[len("rest"):]]
	})
	return all[s.random.IntN(len(all))]
}

func (s *soak) faults() []fault {
	all := slices.Concat(
		s.faultsOf("kafka", s.kafka.Service), s.faultsOf("s3", s.s3.Service), s.faultsOf("redis", s.redis.Service),
		s.faultsOf("dynamodb", s.dynamo.Service))
	for i, w := range s.workers {
		all = append(all, s.faultsOfWorker(fmt.Sprint(i), w)...)
	}
	if s.partitions < soakMost {
		all = append(all, fault{"partitions added", "partitions", s.grow})
	}
	return all
}

func (s *soak) faultsOf(name string, service *parts.Service) []fault {
	begin := func(end, mend func()) func() func() {
		return func() func() {
			end()
			s.away = s.away || name == "kafka"
			return func() { mend(); s.away = s.away && name != "kafka" }
		}
	}
	return []fault{
		{name + " killed", name, begin(service.Kill, service.Restart)},
		{name + " stopped", name, begin(service.Stop, service.Restart)},
		{name + " frozen", name, begin(service.Pause, func() { s.pass(4 * time.Second); service.Resume() })},
	}
}

func (s *soak) faultsOfWorker(i string, w *worker) []fault {
	target := "worker" + i
	all := []fault{
		{"worker killed", target, func() func() { w.kill(); return w.start }},
		{"worker killed twice", target, func() func() {
			w.kill()
			if !s.away {
				w.start()
				s.pass(time.Duration(s.random.Int64N(int64(2 * time.Second))))
				w.kill()
			}
			return w.start
		}},
		{"worker stopped", target, func() func() { w.stop(); return w.start }},
		{"worker frozen", target, func() func() { return s.freeze(w, soakSession/2) }},
		{"worker frozen beyond its session", target, func() func() { return s.freeze(w, soakSession+2*time.Second) }},
	}
	for _, name := range slices.Sorted(maps.Keys(s.bodies())) {
		path := "/connectors/" + name
		for verb, begin := range map[string]func() func(){
			"paused": func() func() {
				s.ask(w, http.MethodPut, path+"/pause", "")
				return func() { s.ask(w, http.MethodPut, path+"/resume", "") }
			},
			"stopped": func() func() {
				s.ask(w, http.MethodPut, path+"/stop", "")
				return func() { s.ask(w, http.MethodPut, path+"/resume", "") }
			},
			"restarted": func() func() {
				s.ask(w, http.MethodPost, path+"/restart?includeTasks=true", "")
				return nil
			},
			"posted again": func() func() {
				s.ask(w, http.MethodDelete, path, "")
				return func() { s.ask(w, http.MethodPost, "/connectors", s.bodies()[name]) }
			},
		} {
			all = append(all, fault{"connector " + verb, "rest" + i, begin})
		}
	}
	slices.SortStableFunc(all, func(a, b fault) int { return strings.Compare(a.name, b.name) }) // a seed means the same faults
	return all
}

// freeze stops the process for at least that long.
func (s *soak) freeze(w *worker, least time.Duration) (thaw func()) {
	s.signal(w, syscall.SIGSTOP)
	end := time.Now().Add(least)
	return func() {
		s.pass(time.Until(end))
		s.signal(w, syscall.SIGCONT)
	}
}

func (s *soak) signal(w *worker, signal syscall.Signal) {
	s.t.Helper()
	if err := w.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// ask sends a request that must succeed.
func (s *soak) ask(w *worker, method, path, body string) {
	s.t.Helper()
	if code, answer := w.call(method, path, body); code >= 300 {
		s.t.Errorf("%s %s answered %d: %s", method, path, code, answer)
	}
}

func (s *soak) grow() func() {
	s.partitions = min(s.partitions+1+s.random.Int32N(2), soakMost)
	s.kafka.Topics(s.t, "--alter", "--topic", s.topic, "--partitions", fmt.Sprint(s.partitions))
	for len(s.values) < int(s.partitions) {
		s.values = append(s.values, nil)
	}
	return nil
}

// pass lets time pass, in which records come when the broker takes them.
func (s *soak) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if s.away {
			<-time.After(time.Until(end))
		} else {
			s.produce(200)
			<-time.After(min(100*time.Millisecond, time.Until(end)))
		}
	}
}

// produce appends n records to random partitions; each vehicle has its partition.
func (s *soak) produce(n int) {
	s.t.Helper()
	if s.away {
		return
	}
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Return.Successes = true
	conf.Producer.Partitioner = sarama.NewManualPartitioner
	conf.Producer.Compression = sarama.CompressionLZ4
	// A batch that is sent again after a timeout must not stand in the topic twice: the ledger would not know.
	conf.Producer.Idempotent, conf.Net.MaxOpenRequests = true, 1
	conf.Producer.RequiredAcks = sarama.WaitForAll
	conf.Producer.Retry.Max = 50
	p, err := sarama.NewSyncProducer([]string{s.kafka.Addr}, conf)
	if err != nil {
		s.t.Fatal(err)
	}
	defer p.Close()
	var batch []*sarama.ProducerMessage
	for i := range n {
		part := s.data.Int32N(s.partitions)
		v := int(part)*soakVehicles + s.data.IntN(soakVehicles)
		value := s.value(s.sent[part]*s.vehicles + v)
		s.sent[part]++
		s.values[part] = append(s.values[part], value)
		batch = append(batch, &sarama.ProducerMessage{Topic: s.topic, Partition: part, Key: sarama.StringEncoder(vehicle(v)), Value: sarama.StringEncoder(value)})
		if len(batch) == 5000 || i == n-1 {
			if err := p.SendMessages(batch); err != nil {
				s.t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// compare waits until everything is committed and compares the targets with the topic.
func (s *soak) compare(rounds int) {
	s.t.Helper()
	began := time.Now()
	for _, name := range slices.Sorted(maps.Keys(s.bodies())) {
		s.waitCommitted("connect-" + name)
		for _, w := range s.workers {
			for _, task := range w.status(name).Tasks {
				if task.State != "RUNNING" {
					s.t.Errorf("task %d of %s is %s: %s", task.ID, name, task.State, task.Trace)
				}
			}
		}
	}
	caughtUp := time.Since(began)
	objects := s.checkS3(s.t, filepath.Join(s.s3.Dir, s.s3.Bucket))
	s.checkRedis(s.t, s.redis.Addr, "fleet:")
	s.checkDynamoDB(s.t, s.dynamo.Endpoint, s.topic)
	s.t.Logf("%d rounds, %d records of %d partitions, caught up in %s: %d objects and %d keys compared in each target; faults so far: %v",
		rounds, s.total(), s.partitions, caughtUp.Round(time.Millisecond), objects, len(s.last()), s.counts)
}

// waitCommitted waits until the group has committed the end of every partition that has records.
func (s *soak) waitCommitted(group string) {
	s.t.Helper()
	client, err := sarama.NewClusterAdmin([]string{s.kafka.Addr}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	behind := map[int32]int64{}
	defer func() {
		if len(behind) > 0 {
			s.t.Logf("%s is behind in partitions: %v", group, behind)
		}
	}()
	eventually(s.t, 4*time.Minute, "lag 0 of "+group, func() bool {
		answer, err := client.ListConsumerGroupOffsets(group, nil)
		if err != nil {
			return false
		}
		clear(behind)
		for part, values := range s.values {
			block := answer.GetBlock(s.topic, int32(part))
			if len(values) > 0 && (block == nil || block.Offset != int64(len(values))) {
				behind[int32(part)] = int64(len(values))
				if block != nil {
					behind[int32(part)] -= block.Offset
				}
			}
		}
		return len(behind) == 0
	})
}

// keepLogs saves what the workers said.
func (s *soak) keepLogs() {
	for i, w := range s.workers {
		text, err := os.ReadFile(filepath.Join(w.dir, "log"))
		if err == nil {
			err = os.WriteFile(filepath.Join(s.t.ArtifactDir(), fmt.Sprintf("worker%d.log", i)), text, 0o600)
		}
		if err != nil {
			s.t.Log(err)
		}
	}
}
