package dynamodb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/inflight"
	"github.com/sluice-connect/sluice/schemas"
)

// answering is a DynamoDB that gives every request the same answer.
func answering(t *testing.T, status int, answer string) connectors.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return parsed(t, map[string]string{keyRegion: "r", keyEndpoint: server.URL, keyAccessKey: "AKIA", keySecretKey: "geheim",
		keyHash: "key", keySort: ""})
}

func correctable(err error) bool {
	var c *connectors.CorrectableError
	return errors.As(err, &c)
}

func startError(cfg connectors.Config) error {
	_, err := Connector{}.NewTask(context.Background(), connectors.TaskContext{Connector: "fleet", Wake: func(schemas.TopicPartition) {}}, cfg)
	return err
}

func TestTableThatIsBeingCreatedIsWaitedFor(t *testing.T) {
	err := startError(answering(t, 200, `{"Table":{"TableStatus":"CREATING","KeySchema":[{"AttributeName":"key","KeyType":"HASH"}]}}`))
	if !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "still creating") {
		t.Error(err)
	}
}

func TestUselessCredentialsAreNamed(t *testing.T) {
	for _, code := range []string{"ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"} {
		err := startError(answering(t, 400, `{"__type":"com.amazon.coral.service#`+code+`","message":"no"}`))
		if err == nil || connectors.IsRetriable(err) {
			t.Fatal(code, err)
		}
		if !correctable(err) {
			t.Errorf("%s: %v is nothing that a person corrects", code, err)
		}
		for _, part := range []string{"credentials, renew", code} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: no %q in %v", code, part, err)
			}
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Error(err)
		}
	}
}

func TestTombstoneWithoutItsKeySaysWhatToSet(t *testing.T) {
	ref, err := parseReference("value.vin")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = ref.find(&schemas.Record{Key: schemas.Of(nil, "k")}, nil)
	if err == nil || !strings.Contains(err.Error(), keyNulls) {
		t.Error(err)
	}
}

func TestDynamoDBThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	gone := httptest.NewServer(nil)
	cfg := parsed(t, map[string]string{keyRegion: "r", keyEndpoint: gone.URL, keyAccessKey: "AKIA", keySecretKey: "geheim"})
	gone.Close()
	if err := startError(cfg); !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "reach table events") {
		t.Error(err)
	}
}

// idle is a table that nothing is written to.
type idle struct{}

func (idle) write(context.Context, []inflight.Item) ([]int, error) { return nil, nil }

func TestWriteEndsWhileAnotherLooksForTheTable(t *testing.T) {
	s, err := newSettings(parsed(t, map[string]string{keyTable: "things", keyHash: "value.vin", keySort: "", keyInstant: "true"}).Values)
	if err != nil {
		t.Fatal(err)
	}
	looking, found := make(chan struct{}), make(chan struct{})
	k := newTask(s, "r", func(context.Context, string) (table, layout, error) {
		close(looking)
		<-found
		return idle{}, layout{hash: attribute{"vin", typeString}}, nil
	}, func(schemas.TopicPartition) {})
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	first, _ := k.Open(context.Background(), things, 0)
	done := make(chan error)
	go func() {
		_, err := first.Write(context.Background(), cars("a"))
		done <- err
	}()
	<-looking
	second, _ := k.Open(context.Background(), things, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if n, err := second.Write(ctx, cars("b")); n != 0 || !connectors.IsRetriable(err) {
		t.Error(n, err)
	}
	close(found)
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = second.Close(context.Background(), connectors.Lost)
	_ = first.Close(context.Background(), connectors.Lost)
}
