package runtime

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/sluice-connect/sluice/runtime/kafka"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// clientDocsJSON holds what the Java worker's validations say about the settings of Kafka's clients: user interfaces
// show the texts, and tools compare them.
//
//go:embed clientdocs.json
var clientDocsJSON []byte

// clientDoc is one entry of that file.
type clientDoc struct {
	Name    string `json:"name"`
	Clients string `json:"clients"` // which clients the text is for: C, P and A
	Doc     string `json:"doc"`
}

// overridden are the settings of the client that each prefix belongs to, with the texts of Kafka.
var overridden = sync.OnceValue(func() map[string]*cd.Def {
	var entries []clientDoc
	if err := json.Unmarshal(clientDocsJSON, &entries); err != nil {
		panic(fmt.Sprintf("runtime: clientdocs.json: %v", err))
	}
	docs := map[string]string{}
	for _, e := range entries {
		for _, client := range e.Clients {
			docs[string(client)+e.Name] = e.Doc
		}
	}
	defs := map[string]*cd.Def{}
	for prefix, own := range map[string]*cd.Def{consumerOverride: kafka.ConsumerKeys, producerOverride: kafka.ProducerKeys, adminOverride: kafka.AdminKeys} {
		defs[prefix] = cd.New()
		for _, k := range own.Keys() {
			if doc, ok := docs[strings.ToUpper(prefix[:1])+k.Name]; ok {
				k.Doc = doc
			}
			defs[prefix].Add(k)
		}
	}
	return defs
})
