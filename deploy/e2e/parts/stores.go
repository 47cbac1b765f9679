//go:build unix

package parts

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// DynamoDBPart is DynamoDB Local. Any credentials and any region see the same tables.
type DynamoDBPart struct {
	*Service
	// Endpoint is the service's base URL, to be used as the client's base endpoint.
	Endpoint string
}

// DynamoDB starts DynamoDB Local with its tables on disk, so that they survive a restart. Further arguments are
// appended to its command line.
func DynamoDB(tb testing.TB, args ...string) *DynamoDBPart {
	tb.Helper()
	dynamo := &DynamoDBPart{}
	dynamo.Service = launch(tb, "dynamodb", func() (*Service, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		dynamo.Endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
		libraries, err := cached("dynamodb")
		if err != nil {
			return nil, err
		}
		command, err := jvm("dynamodb", "-Xmx512m",
			"-Djava.library.path="+libraries, "-Dsqlite4java.library.path="+libraries)
		if err != nil {
			return nil, err
		}
		command = append(command, "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
			"-port", fmt.Sprint(port), "-sharedDb", "-dbPath", tb.TempDir(), "-disableTelemetry")
		return &Service{command: append(command, args...), ready: answers(dynamo.Endpoint)}, nil
	})
	return dynamo
}

// RedisPart is a redis-server without a password.
type RedisPart struct {
	*Service
	// Addr is host:port.
	Addr string
}

// Redis starts a redis-server that keeps every acknowledged write over a restart. Further arguments such as
// "--maxmemory", "4mb" are appended to its command line.
func Redis(tb testing.TB, args ...string) *RedisPart {
	tb.Helper()
	redis := &RedisPart{}
	redis.Service = launch(tb, "redis", func() (*Service, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		redis.Addr = fmt.Sprintf("127.0.0.1:%d", port)
		server, err := cached("bin", "redis-server")
		if err != nil {
			return nil, err
		}
		command := append([]string{server, "--bind", "127.0.0.1", "--port", fmt.Sprint(port),
			"--dir", tb.TempDir(), "--save", "", "--appendonly", "yes"}, args...)
		return &Service{command: command, ready: pongs(redis.Addr)}, nil
	})
	return redis
}

// S3Part is a versitygw over a plain directory: an object is a file. It is addressed by path, not by host name.
type S3Part struct {
	*Service
	// Endpoint is the service's base URL, to be used as the client's base endpoint.
	Endpoint string
	// Region, AccessKey and SecretKey are what the service accepts.
	Region, AccessKey, SecretKey string
	// Bucket exists and is empty.
	Bucket string
	// Dir holds one directory for each bucket.
	Dir string
}

// S3 starts an S3 server whose objects survive a restart.
func S3(tb testing.TB) *S3Part {
	tb.Helper()
	s3 := &S3Part{Region: "us-east-1", AccessKey: "parts-access", SecretKey: "parts-secret", Bucket: "parts"}
	s3.Service = launch(tb, "s3", func() (*Service, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		s3.Endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
		s3.Dir = tb.TempDir()
		if err := os.Mkdir(filepath.Join(s3.Dir, s3.Bucket), 0o700); err != nil {
			return nil, fmt.Errorf("make the bucket: %w", err)
		}
		gateway, err := cached("bin", "versitygw")
		if err != nil {
			return nil, err
		}
		return &Service{
			// The sidecar keeps object metadata beside the files: not every file system has extended attributes.
			command: []string{gateway, "--port", fmt.Sprintf("127.0.0.1:%d", port), "--region", s3.Region, "--quiet",
				"posix", "--sidecar", tb.TempDir(), s3.Dir},
			env:   []string{"ROOT_ACCESS_KEY=" + s3.AccessKey, "ROOT_SECRET_KEY=" + s3.SecretKey},
			ready: answers(s3.Endpoint),
		}, nil
	})
	return s3
}

// RegistryPart is an Apicurio registry.
type RegistryPart struct {
	*Service
	// URL is the base of its Confluent-compatible API: what schema.registry.url is set to.
	URL string
}

// Registry starts a schema registry. Its schemas are in memory: a restart empties it.
func Registry(tb testing.TB) *RegistryPart {
	tb.Helper()
	registry := &RegistryPart{}
	registry.Service = launch(tb, "registry", func() (*Service, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		managementPort, err := freePort()
		if err != nil {
			return nil, err
		}
		registry.URL = fmt.Sprintf("http://127.0.0.1:%d/apis/ccompat/v7", port)
		java, err := cached("bin", "java21")
		if err != nil {
			return nil, err
		}
		app, err := cached("registry", "quarkus-run.jar")
		if err != nil {
			return nil, err
		}
		return &Service{
			command: []string{java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m",
				"-Dquarkus.http.host=127.0.0.1", fmt.Sprintf("-Dquarkus.http.port=%d", port),
				"-Dquarkus.management.host=127.0.0.1", fmt.Sprintf("-Dquarkus.management.port=%d", managementPort),
				"-Dapicurio.storage.kind=sql", "-Dapicurio.storage.sql.kind=h2", "-jar", app},
			ready: succeeds(registry.URL + "/subjects"),
		}, nil
	})
	return registry
}
