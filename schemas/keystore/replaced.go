package keystore

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// lookAgain is how often, at most, a server looks whether its stores have been replaced. It does so when somebody connects.
const lookAgain = time.Second

// Renewed returns what a server is to accept whose stores may be replaced while it runs. load reads the stores and is called
// at once: when they cannot be used, its error is returned. From then on a client that connects has it called again, at
// most once a second, when one of files has become another. Stores that cannot be used then change nothing, and are told
// to log; they are read again until they can be.
func Renewed(files []string, load func() (*tls.Config, error), log *slog.Logger) (*tls.Config, error) {
	r := &renewal{files: files, load: load, log: log, every: lookAgain}
	r.stamps = r.look()
	first, err := load()
	if err != nil || len(files) == 0 {
		return first, err
	}
	r.looked = time.Now()
	r.current.Store(first)
	conf := first.Clone()
	conf.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return r.config(), nil }
	return conf, nil
}

// renewal is a configuration for TLS whose stores may be replaced.
type renewal struct {
	files   []string
	load    func() (*tls.Config, error)
	log     *slog.Logger
	every   time.Duration
	current atomic.Pointer[tls.Config]

	mu     sync.Mutex // of what follows; who does not get it takes what is current
	looked time.Time
	stamps []os.FileInfo // of the files that current was read from
	said   string        // the last error that was told
}

func (r *renewal) config() *tls.Config {
	if r.mu.TryLock() {
		defer r.mu.Unlock()
		if time.Since(r.looked) >= r.every {
			r.renew()
		}
	}
	return r.current.Load()
}

// renew reads the stores if they are others. The caller holds mu.
func (r *renewal) renew() {
	r.looked = time.Now()
	stamps := r.look() // before the stores are read: what changes meanwhile is found the next time
	if same(r.stamps, stamps) {
		return
	}
	conf, err := r.load()
	if err != nil {
		if r.said != err.Error() {
			r.said = err.Error()
			r.log.Error("the store of an https listener was replaced by one that cannot be used; the listener goes on with the one before", "error", err)
		}
		return
	}
	r.stamps, r.said = stamps, ""
	r.current.Store(conf)
	r.log.Info("an https listener uses stores that were replaced", "files", r.files)
}

// look returns what is known about the files, nil for one that is away.
func (r *renewal) look() []os.FileInfo {
	infos := make([]os.FileInfo, len(r.files))
	for i, name := range r.files {
		if info, err := os.Stat(name); err == nil {
			infos[i] = info
		}
	}
	return infos
}

func same(a, b []os.FileInfo) bool {
	for i := range a {
		switch {
		case a[i] == nil && b[i] == nil:
		case a[i] == nil || b[i] == nil:
			return false
		case !os.SameFile(a[i], b[i]) || a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()):
			return false
		}
	}
	return true
}
