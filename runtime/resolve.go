package runtime

// resolve replaces the references to config providers in config. Its errors name the reference, never a value.
func (h *Herder) resolve(config map[string]string) (map[string]string, error) {
	if h.opt.Resolve == nil {
		return config, nil
	}
	resolved, err := h.opt.Resolve(config)
	if err != nil {
		return nil, Errorf(BadRequest, "The configuration refers to something that cannot be read: %v", err)
	}
	return resolved, nil
}
