package runtime

import (
	"context"
	"time"
)

// resolveTime bounds how long a task that starts may wait for its secrets.
const resolveTime = time.Minute

// resolve replaces the references to config providers in config. Its errors name the reference, never a value.
func (h *Herder) resolve(ctx context.Context, config map[string]string) (map[string]string, error) {
	if h.opt.Resolve == nil {
		return config, nil
	}
	resolved, err := h.opt.Resolve(ctx, config)
	if err != nil {
		return nil, Errorf(BadRequest, "The configuration refers to something that cannot be read: %v", err)
	}
	return resolved, nil
}
