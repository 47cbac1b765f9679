package recount

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

func TestMain(m *testing.M) {
	// sarama's metrics keep one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// world has services whose sinks are played by this test, and the truth.
type world struct {
	*stack.Clients
	t      *testing.T
	ledger *fleet.Ledger
	first  string // an object with several lines
	middle string // its line 2
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := stack.Start(t.Context(), stack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Clients: s.NewClients(), t: t, ledger: fleet.NewLedger(false)}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.play()
	return w
}

// play produces messages and does what the sinks would do: objects of 7 lines in directories by hour.
func (w *world) play() {
	w.t.Helper()
	f, now := fleet.New(1, 5), time.Date(2026, 3, 1, 6, 59, 0, 0, time.UTC)
	next := map[fleet.Partition]int64{}
	type file struct {
		name  string
		lines []byte
		count int
	}
	files := map[string]*file{}
	for i := range 500 {
		m := f.Next(now.Add(time.Duration(i) * time.Second))
		p := fleet.Partition{Topic: m.Topic, Number: int32(m.Key[len(m.Key)-1]) % fleet.Topics[m.Topic]}
		offset := next[p]
		next[p]++
		w.ledger.Add(p, offset, m.Key, m.Value)
		dir := fmt.Sprintf("topics/%s/hour=%02d/%d", m.Topic, m.Time.Hour(), p.Number)
		if files[dir] == nil {
			files[dir] = &file{name: fmt.Sprintf("topics/%s/hour=%02d/%s+%d+%010d.json", m.Topic, m.Time.Hour(), m.Topic, p.Number, offset)}
		}
		o := files[dir]
		o.lines = append(append(o.lines, m.Value...), '\n')
		if o.count++; o.count == 7 {
			if w.first == "" && m.Topic == fleet.Location {
				w.first, w.middle = o.name, strings.Split(string(o.lines), "\n")[1]+"\n"
			}
			w.object(o.name, o.lines)
			delete(files, dir)
		}
	}
	for _, o := range files {
		w.object(o.name, o.lines)
	}
	for id, value := range w.ledger.Newest(fleet.Status) {
		w.item(id, value)
	}
	for id, value := range w.ledger.Newest(fleet.Location) {
		fields, err := hash(value)
		w.must(err)
		w.must(w.Redis.HSet(w.t.Context(), Keyspace+id, fields).Err())
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) object(key string, text []byte) {
	w.t.Helper()
	_, err := w.S3.PutObject(w.t.Context(), &awss3.PutObjectInput{Bucket: aws.String(stack.Bucket), Key: &key, Body: bytes.NewReader(text)})
	w.must(err)
}

func (w *world) item(id string, value []byte) {
	w.t.Helper()
	item, err := attributes(value)
	w.must(err)
	item[stack.HashKey] = &types.AttributeValueMemberS{Value: id}
	_, err = w.DynamoDB.PutItem(w.t.Context(), &awsdynamodb.PutItemInput{TableName: aws.String(stack.Table), Item: item})
	w.must(err)
}

func (w *world) recount() Results {
	w.t.Helper()
	r, err := All(w.t.Context(), w.Clients, w.ledger)
	w.must(err)
	return r
}

func TestWhatIsRightHasNoDifferences(t *testing.T) {
	r := newWorld(t).recount()
	for name, got := range map[string]*Result{"s3": r.S3, "dynamodb": r.DynamoDB, "redis": r.Redis} {
		if got.Differences() != 0 || got.Expected == 0 || got.Found != got.Expected {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if r.S3.Found != 500 || r.DynamoDB.Found != 5 || r.Redis.Found != 5 {
		t.Errorf("found %d %d %d", r.S3.Found, r.DynamoDB.Found, r.Redis.Found)
	}
}

func TestEveryDamageIsFound(t *testing.T) {
	id := fleet.VehicleID(2)
	set := func(w *world, name string, v types.AttributeValue) {
		item, err := attributes(w.ledger.Newest(fleet.Status)[id])
		w.must(err)
		if v == nil {
			delete(item, name)
		} else {
			item[name] = v
		}
		_, err = w.DynamoDB.PutItem(w.t.Context(), &awsdynamodb.PutItemInput{TableName: aws.String(stack.Table), Item: item})
		w.must(err)
	}
	rewrite := func(old, to string) func(*world) {
		return func(w *world) {
			from, into := strings.ReplaceAll(old, "MIDDLE", w.middle), strings.ReplaceAll(to, "MIDDLE", w.middle)
			w.must(Rewrite(w.t.Context(), w.Clients, w.first, func(text []byte) []byte {
				changed := []byte(strings.Replace(string(text), from, into, 1))
				if bytes.Equal(changed, text) {
					w.t.Fatal("the damage does nothing")
				}
				return changed
			}))
		}
	}
	s3 := func(r Results) *Result { return r.S3 }
	ddb := func(r Results) *Result { return r.DynamoDB }
	red := func(r Results) *Result { return r.Redis }
	cases := map[string]struct {
		damage func(*world)
		sink   func(Results) *Result
		want   Result // only the counts of differences
	}{
		"a line is missing":     {rewrite("MIDDLE", ""), s3, Result{Missing: 1}},
		"a line is there twice": {rewrite("MIDDLE", "MIDDLEMIDDLE"), s3, Result{Twice: 1}},
		"a line has changed":    {rewrite(`"speed_kmh":`, `"speed_kmh": `), s3, Result{Missing: 1, Unknown: 1}},
		"lines have changed places": {func(w *world) {
			w.must(Rewrite(w.t.Context(), w.Clients, w.first, func(text []byte) []byte {
				lines := bytes.SplitAfter(text, []byte("\n"))
				lines[2], lines[3] = lines[3], lines[2]
				return bytes.Join(lines, nil)
			}))
		}, s3, Result{Wrong: 1}},
		"an object has another name": {func(w *world) {
			w.must(Rewrite(w.t.Context(), w.Clients, w.first, func(text []byte) []byte {
				w.object(strings.Replace(w.first, "+00000", "+10000", 1), text)
				return nil
			}))
		}, s3, Result{Wrong: 2}},
		"an object is there twice": {func(w *world) {
			w.must(Rewrite(w.t.Context(), w.Clients, w.first, func(text []byte) []byte {
				w.object(strings.Replace(w.first, "hour=", "day=", 1), text)
				return text
			}))
		}, s3, Result{Twice: 7}},
		"an object is none of ours": {func(w *world) { w.object("topics/readme.txt", []byte("x")) }, s3, Result{Unknown: 1}},

		"an item is missing": {func(w *world) {
			_, err := w.DynamoDB.DeleteItem(w.t.Context(), &awsdynamodb.DeleteItemInput{TableName: aws.String(stack.Table),
				Key: map[string]types.AttributeValue{stack.HashKey: &types.AttributeValueMemberS{Value: id}}})
			w.must(err)
		}, ddb, Result{Missing: 1}},
		"an item is too much":        {func(w *world) { w.item("veh-9999", []byte(`{"x":1}`)) }, ddb, Result{Unknown: 1}},
		"an item is an older one":    {func(w *world) { set(w, "message_id", &types.AttributeValueMemberN{Value: "1"}) }, ddb, Result{Wrong: 1}},
		"a number became a text":     {func(w *world) { set(w, "message_id", &types.AttributeValueMemberS{Value: "1"}) }, ddb, Result{Wrong: 1}},
		"an attribute is missing":    {func(w *world) { set(w, "model", nil) }, ddb, Result{Wrong: 1}},
		"an attribute is too much":   {func(w *world) { set(w, "extra", &types.AttributeValueMemberBOOL{}) }, ddb, Result{Wrong: 1}},
		"a nested value has changed": {func(w *world) { set(w, "tyres_bar", &types.AttributeValueMemberM{}) }, ddb, Result{Wrong: 1}},

		"a hash is missing":     {func(w *world) { w.must(w.Redis.Del(w.t.Context(), Keyspace+id).Err()) }, red, Result{Missing: 1}},
		"a hash is too much":    {func(w *world) { w.must(w.Redis.HSet(w.t.Context(), Keyspace+"x", "a", 1).Err()) }, red, Result{Unknown: 1}},
		"a key is none of ours": {func(w *world) { w.must(w.Redis.Set(w.t.Context(), "x", 1, 0).Err()) }, red, Result{Unknown: 1}},
		"a field has changed":   {func(w *world) { w.must(w.Redis.HSet(w.t.Context(), Keyspace+id, "lat", 1).Err()) }, red, Result{Wrong: 1}},
		"a field is missing":    {func(w *world) { w.must(w.Redis.HDel(w.t.Context(), Keyspace+id, "lat").Err()) }, red, Result{Wrong: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.damage(w)
			r := w.recount()
			got := c.sink(r)
			if got.Missing != c.want.Missing || got.Twice != c.want.Twice || got.Unknown != c.want.Unknown || got.Wrong != c.want.Wrong {
				t.Errorf("%+v", got)
			}
			if sum := r.S3.Differences() + r.DynamoDB.Differences() + r.Redis.Differences(); sum != got.Differences() || len(got.Examples) == 0 {
				t.Errorf("%d differences in all, %d in the damaged sink, examples %q", sum, got.Differences(), got.Examples)
			}
		})
	}
}

func TestDropBitesInEverySink(t *testing.T) {
	w := newWorld(t)
	w.must(Drop(context.Background(), w.Clients))
	r := w.recount()
	for name, got := range map[string]*Result{"s3": r.S3, "dynamodb": r.DynamoDB, "redis": r.Redis} {
		if got.Missing == 0 || got.Differences() != got.Missing {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
