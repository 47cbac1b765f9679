package json

import "sync"

// maxCachedText bounds the schema text a cache keeps, whatever its size in schemas: schemas come with untrusted records.
const maxCachedText = 8 << 20

// planCache keeps the schemas read last, by their text. It holds two generations: when the younger is full, the older
// is dropped, so that schemas in use survive at the cost of a map access.
type planCache struct {
	limit int // schemas a generation

	mu         sync.Mutex
	young, old map[string]*plan
	text       int // bytes of young's keys
}

func newPlanCache(size int) *planCache {
	return &planCache{limit: (size + 1) / 2, young: map[string]*plan{}}
}

// get returns the plan of the schema in text, which is validated JSON.
func (c *planCache) get(text []byte, replaceNulls bool) (*plan, error) {
	c.mu.Lock()
	p := c.young[string(text)]
	aged := p == nil
	if aged {
		p = c.old[string(text)]
	}
	c.mu.Unlock()
	if p == nil {
		var err error
		if p, err = readSchema(text, replaceNulls); err != nil {
			return nil, err
		}
	}
	if aged {
		c.put(text, p)
	}
	return p, nil
}

func (c *planCache) put(text []byte, p *plan) {
	if c.limit <= 0 || len(text) > maxCachedText/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= c.limit || c.text+len(text) > maxCachedText/2 {
		c.old, c.young, c.text = c.young, map[string]*plan{}, 0
	}
	if _, ok := c.young[string(text)]; !ok {
		c.text += len(text)
	}
	c.young[string(text)] = p
}
