package runtime

import (
	"cmp"

	"github.com/sluice-connect/sluice/runtime/store"
)

// put stores a connector. The error is for the user; what it does not say, of the disk of the worker, is logged.
func (h *Herder) put(c store.Connector) error { return h.stored(c.Name, h.opt.Store.Put(c)) }

// remove deletes a connector from the store.
func (h *Herder) remove(name string) error { return h.stored(name, h.opt.Store.Delete(name)) }

func (h *Herder) stored(name string, err error) error {
	if err == nil {
		return nil
	}
	h.opt.Logger.Error("change of a connector was not stored", "connector", name, "error", err)
	return Errorf(Internal, "The worker could not store the change of connector %s: %s", name,
		cmp.Or(store.Reason(err), "its log says why"))
}
