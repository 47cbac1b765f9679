package dynamodb

import (
	"crypto/sha256"
	"sync"
	"time"
)

// tokenLifetime is how long a ClientRequestToken protects against a repeat, as in the service.
const tokenLifetime = 10 * time.Minute

// idempotency remembers the transactions done under a client token. It lives
// as long as the process.
type idempotency struct {
	mu   sync.Mutex
	done map[string]transactionRecord
}

type transactionRecord struct {
	digest [sha256.Size]byte
	at     time.Time
}

// seen says that this very transaction was done under the token; another one under it is an error.
func (p *idempotency) seen(token string, r *request) (bool, error) {
	if token == "" {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	record, ok := p.done[token]
	if !ok || time.Since(record.at) > tokenLifetime {
		return false, nil
	}
	if record.digest != digest(r) {
		return false, refused("IdempotentParameterMismatchException", "Provided idempotency token and request parameters do not match the previous request.")
	}
	return true, nil
}

func (p *idempotency) remember(token string, r *request) {
	if token == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = map[string]transactionRecord{}
	}
	for old, record := range p.done {
		if time.Since(record.at) > tokenLifetime {
			delete(p.done, old)
		}
	}
	p.done[token] = transactionRecord{digest: digest(r), at: time.Now()}
}

func digest(r *request) [sha256.Size]byte {
	return sha256.Sum256(rawValue(r.fields.Get("TransactItems")))
}
