package dynamodb

// The time-to-live setting is kept and reported. Nothing expires: the service
// promises no deadline for that either, and a demo wants to see its items.

func (s *Server) updateTimeToLive(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	spec := r.nested("TimeToLiveSpecification")
	if spec == nil {
		return nil, invalid("Value null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null")
	}
	attribute, err := spec.text("AttributeName")
	if err != nil {
		return nil, err
	}
	enabled, err := spec.flag("Enabled", false)
	if err != nil {
		return nil, err
	}
	if attribute == "" {
		return nil, invalid("TimeToLiveSpecification needs an AttributeName")
	}
	return s.changeTable(name, func(t *table) (object, error) {
		if err := t.setTimeToLive(attribute, enabled); err != nil {
			return nil, err
		}
		return object{"TimeToLiveSpecification": object{"AttributeName": attribute, "Enabled": enabled}}, nil
	}, false)
}

func (t *table) setTimeToLive(attribute string, enabled bool) error {
	switch {
	case t.TTL != "" && t.TTL != attribute:
		return invalid("TimeToLive is active on a different AttributeName")
	case enabled && t.TTL != "":
		return invalid("TimeToLive is already enabled")
	case !enabled && t.TTL == "":
		return invalid("TimeToLive is already disabled")
	case enabled:
		t.TTL = attribute
	default:
		t.TTL = ""
	}
	return nil
}

func (s *Server) describeTimeToLive(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.findForControl(name)
	if err != nil {
		return nil, err
	}
	description := object{"TimeToLiveStatus": "DISABLED"}
	if t.TTL != "" {
		description = object{"TimeToLiveStatus": "ENABLED", "AttributeName": t.TTL}
	}
	return object{"TimeToLiveDescription": description}, nil
}
