//go:build real

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

const storePassword = "store-password"

// authority is a certificate authority with the stores that a broker of its own needs.
type authority struct {
	*certtest.Pair
	broker []string // property lines of the second listener
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	ca := certtest.CA(t, "Sluice test authority")
	server := ca.Issue(t, "broker", "127.0.0.1", "localhost")
	return authority{ca, []string{
		"listener.name.secured.ssl.keystore.type=PKCS12",
		"listener.name.secured.ssl.keystore.location=" + server.KeyPKCS12(t, storePassword),
		"listener.name.secured.ssl.keystore.password=" + storePassword,
		"listener.name.secured.ssl.truststore.type=JKS",
		"listener.name.secured.ssl.truststore.location=" + ca.TrustJKS(t, storePassword),
		"listener.name.secured.ssl.truststore.password=" + storePassword,
	}}
}

// keytool runs Java's own tool, so that the stores are those users have.
func keytool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(parts.Keytool(t), args...).CombinedOutput(); err != nil {
		t.Fatalf("keytool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// trustStore has keytool write a trust store of the type.
func (a authority) trustStore(t *testing.T, kind string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trust")
	keytool(t, "-importcert", "-noprompt", "-alias", "ca", "-file", certtest.File(t, "ca.pem", []byte(a.CertPEM())),
		"-keystore", path, "-storetype", kind, "-storepass", storePassword)
	return path
}

// keyStore has keytool write a key store of the type for a new client.
func (a authority) keyStore(t *testing.T, kind, keyPassword string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	keytool(t, "-importkeystore", "-noprompt", "-srckeystore", a.Issue(t, "client").KeyPKCS12(t, storePassword), "-srcstoretype", "PKCS12",
		"-srcstorepass", storePassword, "-srcalias", "1", "-destkeystore", path, "-deststoretype", kind, "-deststorepass", storePassword,
		"-destkeypass", keyPassword, "-destalias", "client")
	return path
}

// scramUser creates a user over the listener that is open.
func scramUser(t *testing.T, k *parts.KafkaPart, name, password string) {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	admin, err := sarama.NewClusterAdmin([]string{k.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	results, err := admin.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{{Name: name, Mechanism: sarama.SCRAM_MECHANISM_SHA_512,
		Iterations: 4096, Salt: []byte("salt of the test"), Password: []byte(password)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.ErrorCode != sarama.ErrNoError {
			t.Fatal(r.ErrorCode)
		}
	}
}

// startSecured starts a worker whose own clients and consumers get the same properties, as in Java.
func startSecured(t *testing.T, addr string, properties ...string) *worker {
	t.Helper()
	lines := append([]string{}, properties...)
	for _, p := range properties {
		lines = append(lines, "consumer."+p)
	}
	return startWorker(t, addr, lines...)
}

// drain runs a file sink over the fleet's topic in the group and compares its file with the topic.
func (f *fleet) drain(t *testing.T, w *worker, k *parts.KafkaPart, group string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out")
	w.create(fileSink(f.topic, path))
	waitLagZero(t, k, group)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(text)) {
		seen[strings.TrimSuffix(line, "\n")]++
	}
	for _, part := range f.values {
		for _, value := range part {
			if seen[value] != 1 {
				t.Fatalf("%q is in the file %d times", value, seen[value])
			}
		}
	}
	t.Logf("%d records, each once in the file", f.total())
}

func fileSink(topic, path string) string {
	return fmt.Sprintf(`{"name": "file-sink", "config": {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
		"tasks.max": "1", "topics": %q, "file": %q, "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}`, topic, path)
}

// says waits for a line of the worker's log that holds all texts, and returns how many lines hold the first.
func (w *worker) says(texts ...string) int {
	w.t.Helper()
	lines := 0
	eventually(w.t, 30*time.Second, "log line with "+strings.Join(texts, " and "), func() bool {
		log, err := os.ReadFile(filepath.Join(w.dir, "log"))
		if err != nil {
			w.t.Fatal(err)
		}
		found := false
		lines = 0
		for line := range strings.Lines(string(log)) {
			if !strings.Contains(line, texts[0]) {
				continue
			}
			lines++
			if lacks := func(text string) bool { return !strings.Contains(line, text) }; !found && !slices.ContainsFunc(texts, lacks) {
				w.t.Log(strings.TrimSpace(line))
				found = true
			}
		}
		return found
	})
	return lines
}

// refused expects the task to fail with the reason, to say it once in the log, and to keep the secret for itself.
func (w *worker) refused(topic, secret, reason string) {
	w.t.Helper()
	w.create(fileSink(topic, filepath.Join(w.t.TempDir(), "out")))
	if trace := w.waitFailed("file-sink"); !strings.Contains(trace, reason) || strings.Contains(trace, secret) {
		w.t.Errorf("the trace does not say %q, or tells the secret:\n%s", reason, trace)
	}
	if n := w.says("task failed", reason, "connector=file-sink"); n != 1 {
		w.t.Errorf("the task said %d times that it cannot work", n)
	}
	log, err := os.ReadFile(filepath.Join(w.dir, "log"))
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Contains(string(log), secret) {
		w.t.Errorf("%q is in the log", secret)
	}
}

// TestScramOverTLS: a worker with the client properties of a Java worker for SASL_SSL and SCRAM-SHA-512 runs a sink; a
// wrong password and an authority it does not trust each give one message that names the property.
func TestScramOverTLS(t *testing.T) {
	ca := newAuthority(t)
	kafka := parts.SecuredKafka(t, "SASL_SSL", append(ca.broker,
		"sasl.enabled.mechanisms=SCRAM-SHA-512",
		"listener.name.secured.sasl.enabled.mechanisms=SCRAM-SHA-512",
		"listener.name.secured.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;")...)
	scramUser(t, kafka, "sluice", `pa"ss; word`)
	f := newFleet(t, kafka, "secured", 3, 50)
	f.produce(t, kafka.Addr, 0, 3000)
	client := func(password, trust string) []string {
		return []string{
			"security.protocol=SASL_SSL",
			"sasl.mechanism=SCRAM-SHA-512",
			`sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \` + "\n" + `  username="sluice" password="` + password + `";`,
			"ssl.truststore.location=" + trust,
			"ssl.truststore.password=" + storePassword,
		}
	}
	trust := ca.trustStore(t, "JKS")
	t.Run("right", func(t *testing.T) {
		f.drain(t, startSecured(t, kafka.SecuredAddr, client(`pa\\"ss; word`, trust)...), kafka, "connect-file-sink")
	})
	t.Run("wrong password", func(t *testing.T) {
		w := startSecured(t, kafka.SecuredAddr, client("canary", trust)...)
		w.refused(f.topic, "canary", "authentication failed: check username and password in sasl.jaas.config")
	})
	t.Run("untrusted authority", func(t *testing.T) {
		w := startSecured(t, kafka.SecuredAddr, client(`pa\\"ss; word`, newAuthority(t).trustStore(t, "PKCS12"))...)
		w.refused(f.topic, "ss; word", "certificate signed by unknown authority: check ssl.truststore.*")
	})
}

// refusedStart runs a worker that must not start and returns what it says.
func refusedStart(t *testing.T, addr string, properties ...string) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	props := filepath.Join(t.TempDir(), "worker.properties")
	lines := append([]string{"bootstrap.servers=" + addr, "listeners=http://127.0.0.1:0", "key.converter=org.apache.kafka.connect.storage.StringConverter",
		"value.converter=org.apache.kafka.connect.storage.StringConverter", "offset.storage.file.filename=" + filepath.Join(t.TempDir(), "offsets")}, properties...)
	if err := os.WriteFile(props, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, "standalone", props).CombinedOutput()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("the worker ended with %v, want exit code 2", err)
	}
	return string(output)
}

// TestMutualTLS: the stores that keytool writes let a worker in, and a worker without a certificate is told so.
func TestMutualTLS(t *testing.T) {
	ca := newAuthority(t)
	kafka := parts.SecuredKafka(t, "SSL", append(ca.broker, "listener.name.secured.ssl.client.auth=required")...)
	f := newFleet(t, kafka, "mutual", 2, 50)
	f.produce(t, kafka.Addr, 0, 2000)
	for kind, keyPassword := range map[string]string{"JKS": "key-password", "PKCS12": storePassword} {
		t.Run(kind, func(t *testing.T) {
			w := startSecured(t, kafka.SecuredAddr,
				"security.protocol=SSL",
				"ssl.truststore.type="+kind, "ssl.truststore.location="+ca.trustStore(t, kind), "ssl.truststore.password="+storePassword,
				"ssl.keystore.type="+kind, "ssl.keystore.location="+ca.keyStore(t, kind, keyPassword), "ssl.keystore.password="+storePassword,
				"ssl.key.password="+keyPassword, "group.id=connect-file-sink-"+kind)
			f.drain(t, w, kafka, "connect-file-sink-"+kind)
		})
	}
	t.Run("no certificate", func(t *testing.T) {
		w := startSecured(t, kafka.SecuredAddr, "security.protocol=SSL",
			"ssl.truststore.location="+ca.trustStore(t, "JKS"), "ssl.truststore.password="+storePassword)
		w.refused(f.topic, storePassword, "check ssl.keystore.*")
	})
	wrong := []string{"security.protocol=SSL", "ssl.keystore.location=" + ca.keyStore(t, "JKS", "key-password"), "ssl.keystore.password=canary"}
	const reason = "ssl.keystore.password does not open it"
	t.Run("wrong store password of the worker", func(t *testing.T) {
		if output := refusedStart(t, kafka.SecuredAddr, wrong...); !strings.Contains(output, reason) || strings.Contains(output, "canary") {
			t.Errorf("the worker says %s", output)
		}
	})
	t.Run("wrong store password of a consumer", func(t *testing.T) {
		w := startWorker(t, kafka.Addr, "consumer."+wrong[0], "consumer."+wrong[1], "consumer."+wrong[2])
		w.create(fileSink(f.topic, filepath.Join(t.TempDir(), "out")))
		trace := w.waitFailed("file-sink")
		t.Log(trace)
		if !strings.Contains(trace, reason) || strings.Contains(trace, "canary") {
			t.Errorf("the trace is %s", trace)
		}
	})
}
