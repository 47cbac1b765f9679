// Package registry is a client of a schema registry that speaks Confluent's REST interface.
package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

const (
	// MaxSchemaText is the largest schema text, with all it references, that is taken from a registry.
	MaxSchemaText = 1 << 20
	// maxReferences bounds how many further schemas one schema may pull in.
	maxReferences = 256
	// unknownTTL is how long an id stays unknown before the registry is asked again: producers register a schema just
	// before its first record, and a follower of the registry may lag behind.
	unknownTTL = 5 * time.Second
)

// Schema is a registered schema with everything it refers to.
type Schema struct {
	ID   int32
	Type string // AVRO, JSON or PROTOBUF
	Text string
	// References are the direct references, as registered.
	References []Reference
	// Imports are the texts of all references, direct and indirect, each before those that need it.
	Imports []Import
}

// Reference names a version of a subject under the name by which a schema refers to it.
type Reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Import is the text behind a reference.
type Import struct {
	Name string
	Text string
}

// Client asks a registry and remembers its answers. It may be used by many goroutines.
type Client struct {
	http     *retrier
	byID     *Cache[idKey, *Schema]
	versions *Cache[versionKey, int]
}

type idKey struct {
	id      int32
	subject string
}

type versionKey struct {
	subject string
	id      int32
}

// New builds a client from values of Keys. Nothing is sent before the first question.
func New(v configdef.Values, log *slog.Logger) (*Client, error) {
	cfg, err := readConfig(v)
	if err != nil {
		return nil, fmt.Errorf("configure schema registry client: %w", err)
	}
	c := &Client{http: newRetrier(cfg, log)}
	c.byID = NewCache(cfg.cacheSize, unknownTTL, c.fetchByID)
	c.versions = NewCache[versionKey, int](cfg.cacheSize, unknownTTL, nil)
	return c, nil
}

// LogTo has the client log there; it must be called before the client is asked anything.
func (c *Client) LogTo(log *slog.Logger) { c.http.logTo(log) }

// Close ends running questions and drops connections. Later calls of the client fail.
func (c *Client) Close() error {
	c.byID.Close()
	c.versions.Close()
	c.http.close()
	return nil
}

// ByID returns the schema with the given id. The subject, "" when it is not known, lets registries with contexts find
// the right one. See Error for what may go wrong.
func (c *Client) ByID(ctx context.Context, id int32, subject string) (*Schema, error) {
	return c.byID.Get(ctx, idKey{id: id, subject: subject})
}

// Version returns the version under which s is registered in subject, deleted versions included.
func (c *Client) Version(ctx context.Context, subject string, s *Schema) (int, error) {
	return c.versions.GetWith(ctx, versionKey{subject: subject, id: s.ID}, func(ctx context.Context) (int, error) {
		return c.fetchVersion(ctx, subject, s)
	})
}

// registered is what the registry says of a schema.
type registered struct {
	Version    int         `json:"version,omitempty"`
	Type       string      `json:"schemaType,omitempty"`
	Text       string      `json:"schema"`
	References []Reference `json:"references,omitempty"`
}

func (c *Client) fetchByID(ctx context.Context, k idKey) (*Schema, error) {
	path := "/schemas/ids/" + strconv.Itoa(int(k.id)) + "?fetchMaxId=false"
	if k.subject != "" {
		path += "&subject=" + url.QueryEscape(k.subject)
	}
	var r registered
	if err := c.http.call(ctx, http.MethodGet, path, nil, &r); err != nil {
		return nil, fmt.Errorf("look up schema id %d: %w", k.id, err)
	}
	s := &Schema{ID: k.id, Type: r.Type, Text: r.Text, References: r.References}
	if s.Type == "" {
		s.Type = "AVRO"
	}
	im := importer{client: c, seen: map[Reference]bool{}, size: len(r.Text)}
	if err := im.checkSize(); err != nil {
		return nil, fmt.Errorf("look up schema id %d: %w", k.id, err)
	}
	if err := im.add(ctx, r.References); err != nil {
		return nil, fmt.Errorf("look up references of schema id %d: %w", k.id, err)
	}
	s.Imports = im.imports
	return s, nil
}

func (c *Client) fetchVersion(ctx context.Context, subject string, s *Schema) (int, error) {
	question := registered{Text: s.Text, References: s.References}
	if s.Type != "AVRO" {
		question.Type = s.Type
	}
	body, err := json.Marshal(question)
	if err != nil {
		return 0, fmt.Errorf("encode schema id %d: %w", s.ID, err)
	}
	var r registered
	path := "/subjects/" + url.PathEscape(subject) + "?normalize=false&deleted=true"
	if err := c.http.call(ctx, http.MethodPost, path, body, &r); err != nil {
		return 0, fmt.Errorf("look up version of schema id %d in subject %s: %w", s.ID, short(subject), err)
	}
	return r.Version, nil
}

// importer collects referenced schemas depth first, so that each stands before those that need it.
type importer struct {
	client  *Client
	seen    map[Reference]bool
	imports []Import
	size    int
}

func (im *importer) add(ctx context.Context, refs []Reference) error {
	for _, ref := range refs {
		if im.seen[ref] {
			continue
		}
		im.seen[ref] = true
		if len(im.seen) > maxReferences {
			return fmt.Errorf("more than %d references", maxReferences)
		}
		var r registered
		path := "/subjects/" + url.PathEscape(ref.Subject) + "/versions/" + strconv.Itoa(ref.Version) + "?deleted=true"
		if err := im.client.http.call(ctx, http.MethodGet, path, nil, &r); err != nil {
			return err
		}
		im.size += len(r.Text)
		if err := im.checkSize(); err != nil {
			return err
		}
		if err := im.add(ctx, r.References); err != nil {
			return err
		}
		im.imports = append(im.imports, Import{Name: ref.Name, Text: r.Text})
	}
	return nil
}

func (im *importer) checkSize() error {
	if im.size > MaxSchemaText {
		return errors.New("the schema text is larger than 1 MiB")
	}
	return nil
}

// short keeps foreign names from filling an error text.
func short(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}
