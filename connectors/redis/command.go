package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/template"
)

// Every record becomes exactly one command, so that every answer belongs to one record. Where it takes several
// commands that must not come apart, a script is that one command; unlike MULTI it also stops at the first that fails,
// and works in a cluster. It returns errors instead of raising them: raised ones lose their code in old servers.
const (
	// hashScript: KEYS[1]; ARGV: "1" to delete first, milliseconds to live, "0" to leave the time as it is or "-1" for
	// ever, then fields and values, in portions because Lua's stack is small.
	hashScript = `local function bad(r) return type(r)=='table' and r.err end
local r
if ARGV[1]=='1' then r=redis.pcall('DEL',KEYS[1]) if bad(r) then return r end end
for i=3,#ARGV,1000 do
r=redis.pcall('HSET',KEYS[1],unpack(ARGV,i,math.min(i+999,#ARGV))) if bad(r) then return r end
end
r=nil
if ARGV[2]=='-1' then r=redis.pcall('PERSIST',KEYS[1]) elseif ARGV[2]~='0' then r=redis.pcall('PEXPIRE',KEYS[1],ARGV[2]) end
if bad(r) then return r end
return 1`
	// jsonScript: KEYS[1]; ARGV: milliseconds to live or "-1" for ever, the document.
	jsonScript = `local r=redis.pcall('JSON.SET',KEYS[1],'$',ARGV[2])
if type(r)=='table' and r.err then return r end
if ARGV[1]=='-1' then r=redis.pcall('PERSIST',KEYS[1]) else r=redis.pcall('PEXPIRE',KEYS[1],ARGV[1]) end
if type(r)=='table' and r.err then return r end
return 1`
)

// builder renders records as commands. What it renders stays valid until reset.
type builder struct {
	settings *settings
	buf      []byte // keys and values; when it grows, earlier commands keep the old memory
	size     int    // bytes of keys and values since reset
}

func (b *builder) reset() {
	b.size = 0
	if cap(b.buf) > 2*pipelineBytes {
		b.buf = nil // one huge record must not be paid for for ever
		return
	}
	b.buf = b.buf[:0]
}

// command renders r. It returns nil when there is nothing to do, and an error when r is bad.
func (b *builder) command(ctx context.Context, r *schemas.Record) (goredis.Cmder, error) {
	start := len(b.buf)
	var err error
	if b.buf, err = b.settings.key.Append(b.buf, r); err != nil {
		return nil, fmt.Errorf("make the Redis key: %w", err)
	}
	key := b.since(start)
	if r.Value.IsNull() {
		return goredis.NewCmd(ctx, "DEL", key), nil
	}
	ttl, err := b.ttl(r)
	if err != nil {
		return nil, err
	}
	switch b.settings.kind {
	case typeHash:
		return b.hash(ctx, key, r, ttl)
	case typeJSON:
		return b.json(ctx, key, r, ttl), nil
	}
	return b.plain(ctx, key, r, ttl), nil
}

// since returns what was rendered from start on.
func (b *builder) since(start int) []byte {
	b.size += len(b.buf) - start
	return b.buf[start:len(b.buf):len(b.buf)]
}

func (b *builder) plain(ctx context.Context, key []byte, r *schemas.Record, ttl int64) goredis.Cmder {
	value := b.rendered(r.Value.Schema, r.Value.Data())
	if ttl > 0 {
		return goredis.NewCmd(ctx, "SET", key, value, "PX", ttl)
	}
	return goredis.NewCmd(ctx, "SET", key, value)
}

func (b *builder) json(ctx context.Context, key []byte, r *schemas.Record, ttl int64) goredis.Cmder {
	document := b.document(r.Value)
	if ttl != ttlNone {
		return goredis.NewCmd(ctx, "EVAL", jsonScript, 1, key, ttl, document)
	}
	return goredis.NewCmd(ctx, "JSON.SET", key, "$", document)
}

// document renders a value as JSON. Text and bytes are JSON already, as in Redis Inc's connector; the server checks.
func (b *builder) document(v schemas.Value) any {
	if v.Schema == nil || v.Schema.Type == schemas.String || v.Schema.Type == schemas.Bytes {
		switch d := v.Data().(type) {
		case string, []byte:
			return b.rendered(nil, d)
		}
	}
	start := len(b.buf)
	b.buf = v.AppendJSON(b.buf)
	return b.since(start)
}

func (b *builder) hash(ctx context.Context, key []byte, r *schemas.Record, ttl int64) (goredis.Cmder, error) {
	replace := b.settings.replace
	scripted := replace || ttl != ttlNone
	args := []any{"HSET", key}
	if scripted {
		args = []any{"EVAL", hashScript, 1, key, flag(replace), ttl}
	}
	head := len(args)
	args, err := b.fields(args, r.Value)
	switch {
	case err != nil:
		return nil, err
	case len(args) > head:
		return goredis.NewCmd(ctx, args...), nil
	case replace:
		return goredis.NewCmd(ctx, "DEL", key), nil // a hash without fields does not exist
	}
	return nil, nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

var (
	errNoFields = errors.New("redis.type=HASH needs a map or struct as the value")
	errField    = errors.New("a hash needs single values as the keys of a map")
)

// fields appends the names and values of v that are not null.
func (b *builder) fields(args []any, v schemas.Value) ([]any, error) {
	switch d := v.Data().(type) {
	case *schemas.Struct:
		for i, f := range d.Schema.Fields {
			if data := d.Values[i]; data != nil {
				args = append(args, f.Name, b.rendered(f.Schema, data))
			}
		}
		return args, nil
	case schemas.Map:
		var elem *schemas.Schema
		if v.Schema != nil {
			elem = v.Schema.Elem
		}
		for _, e := range d {
			if e.Key == nil || schemas.IsContainer(e.Key) {
				return nil, errField
			}
			if e.Value != nil {
				args = append(args, b.rendered(nil, e.Key), b.rendered(elem, e.Value))
			}
		}
		return args, nil
	}
	return nil, errNoFields
}

// rendered is data as a command's argument; strings need no copy.
func (b *builder) rendered(s *schemas.Schema, data any) any {
	switch d := data.(type) {
	case string:
		b.size += len(d)
		return d
	case []byte:
		b.size += len(d)
		return d
	}
	start := len(b.buf)
	b.buf = schemas.AppendText(b.buf, s, data, textOptions)
	return b.since(start)
}

// Times to live that are none: nothing was said, or a record said that its key must not expire.
const (
	ttlNone    = 0
	ttlForever = -1
)

// ttl returns how many milliseconds the key of r shall live, ttlNone or ttlForever.
func (b *builder) ttl(r *schemas.Record) (int64, error) {
	seconds := b.settings.ttl
	if v, ok := template.LastHeader(r, keyTTL); ok && !v.IsNull() {
		n, err := strconv.ParseInt(string(schemas.AppendText(nil, nil, v.Data(), textOptions)), 10, 64)
		if err != nil || n > maxTTL {
			return 0, fmt.Errorf("read header %s: it must be a whole number of seconds, at most %d", keyTTL, maxTTL)
		}
		if n <= 0 {
			return ttlForever, nil
		}
		seconds = n
	}
	if seconds <= 0 {
		return ttlNone, nil
	}
	return seconds * 1000, nil
}
