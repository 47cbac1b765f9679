// Package stack starts the embedded services that the demo and end-to-end tests run against.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/sluice-connect/sluice/deploy/local/dynamodb"
	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/httpserver"
	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/deploy/local/redis"
	"github.com/sluice-connect/sluice/deploy/local/s3"
)

// What the stack has from the start, and what its AWS services are to be called with; they accept any credentials.
const (
	Bucket = "fleet-lake"
	Table  = "vehicle-state" // with the hash key HashKey, a string
	Region = "eu-central-1"

	HashKey = "vehicle_id"

	AccessKey = "demo"
	SecretKey = "demo"
)

// Config says where a stack runs.
type Config struct {
	// Dir is where Kafka, S3 and DynamoDB keep their data; Redis keeps its in memory. When empty, a new directory is
	// used that Close removes.
	Dir string
	// UsualPorts takes the ports that people expect, where they are free: 9092, 9000, 8000, 6379.
	UsualPorts bool
}

// Stack is a set of running services on the loopback interface.
type Stack struct {
	// Dir holds a directory for each service; others may be added.
	Dir string
	// Temporary tells that Close removes Dir.
	Temporary bool

	KafkaAddr, RedisAddr string // host:port
	S3URL, DynamoDBURL   string

	S3    *s3.Server
	Redis *redis.Server

	closers []func() error // in the order of their start
}

// Start starts everything. The caller closes the Stack.
func Start(ctx context.Context, c Config) (*Stack, error) {
	s := &Stack{Dir: c.Dir}
	for _, start := range []func(context.Context, Config) error{s.startDir, s.startKafka, s.startS3, s.startDynamoDB, s.startRedis} {
		if err := start(ctx, c); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close stops everything, the last started first, and removes a temporary directory.
func (s *Stack) Close() error {
	var all error
	for i := len(s.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, s.closers[i]())
	}
	s.closers = nil
	return all
}

func (s *Stack) startDir(context.Context, Config) error {
	if s.Dir != "" {
		return os.MkdirAll(s.Dir, 0o700)
	}
	dir, err := os.MkdirTemp("", "sluice-demo-")
	if err != nil {
		return fmt.Errorf("create a data directory: %w", err)
	}
	s.Dir, s.Temporary = dir, true
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	return nil
}

func (s *Stack) startKafka(_ context.Context, c Config) error {
	port := 0
	if c.UsualPorts && isFree("127.0.0.1:9092") {
		port = 9092
	}
	broker, err := kafka.Start(kafka.Config{Dir: filepath.Join(s.Dir, "kafka"), Port: port, Topics: fleet.Topics})
	if err != nil {
		return err
	}
	s.KafkaAddr = broker.Addr
	s.closers = append(s.closers, func() error { broker.Close(); return nil })
	return nil
}

func (s *Stack) startS3(ctx context.Context, c Config) error {
	server, err := s3.Start(filepath.Join(s.Dir, "s3"), Address(c, 9000))
	if err != nil {
		return err
	}
	s.S3, s.S3URL = server, server.URL
	s.closers = append(s.closers, server.Close)
	return server.CreateBucket(ctx, Bucket)
}

func (s *Stack) startDynamoDB(ctx context.Context, c Config) error {
	server, err := dynamodb.Open(filepath.Join(s.Dir, "dynamodb"))
	if err != nil {
		return fmt.Errorf("start embedded DynamoDB: %w", err)
	}
	s.closers = append(s.closers, server.Close)
	h, err := httpserver.Start(Address(c, 8000), server)
	if err != nil {
		return fmt.Errorf("start embedded DynamoDB: %w", err)
	}
	s.DynamoDBURL = h.URL
	s.closers = append(s.closers, h.Close)
	return s.createTable(ctx)
}

func (s *Stack) startRedis(_ context.Context, c Config) error {
	server, err := redis.Start(Address(c, 6379))
	if err != nil {
		return err
	}
	s.Redis, s.RedisAddr = server, server.Addr()
	s.closers = append(s.closers, func() error { server.Close(); return nil })
	return nil
}

// Address chooses where a service listens: on the usual port, if c wants that and it is free, or on any.
func Address(c Config, usual int) string {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(usual))
	if c.UsualPorts && isFree(addr) {
		return addr
	}
	return "127.0.0.1:0"
}

// isFree tells whether a service can listen on addr; one that takes it meanwhile shows in an error.
func isFree(addr string) bool {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}
