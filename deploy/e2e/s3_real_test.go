//go:build real

package e2e

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// TestScheduledFilesSurviveKills: files that end by the clock do not end at the same records after a crash, yet no
// record is lost or doubled. The commit interval is far longer than the test, so that only the commits the sink asks
// for can come; the kills fall into the time around the cuts, when files are sent and committed.
func TestScheduledFilesSurviveKills(t *testing.T) {
	const kills, schedule = 5, time.Second
	world := &world{kafka: parts.Kafka(t), s3: parts.S3(t)}
	f := newFleet(t, world.kafka, "scheduled", 3, 60)
	w := startWorker(t, world.kafka.Addr, "offset.flush.interval.ms=600000", "consumer.session.timeout.ms=6000")
	w.create(world.s3Body(f.topic, 1_000_000, `"rotate.schedule.interval.ms": "1000", "timezone": "UTC",`))
	w.waitRunning("s3-sink", 2)
	bucket := filepath.Join(world.s3.Dir, world.s3.Bucket)

	sent := 0
	send := func(until time.Time) {
		for time.Now().Before(until) {
			f.produce(t, world.kafka.Addr, sent, sent+30)
			sent += 30
		}
	}
	for range kills {
		before := count(t, bucket)
		eventually(t, 30*time.Second, "objects after the start", func() bool {
			send(time.Now().Add(schedule))
			return count(t, bucket) >= before+6 // two cuts of three partitions
		})
		late := time.Duration(rand.Int64N(int64(200 * time.Millisecond)))
		send(time.Now().Truncate(schedule).Add(schedule + late))
		t.Logf("kill %s after a cut is due, with %d objects", late.Round(time.Millisecond), count(t, bucket))
		w.kill()
		send(time.Now().Add(schedule / 2))
		w.start()
		w.waitRunning("s3-sink", 2)
	}
	waitLagZero(t, world.kafka, "connect-s3-sink")
	objects := f.checkS3(t, bucket)
	t.Logf("%d records in %d objects across %d kills compared", f.total(), objects, kills)
}

func count(t *testing.T, dir string) (files int) {
	t.Helper()
	walk(t, dir, func(string) { files++ })
	return files
}
