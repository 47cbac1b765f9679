package dynamodb

import "slices"

// projection is the part of an item a read answers with; nil means all of it.
type projection []path

// readProjection reads the ProjectionExpression of a request.
func readProjection(r *request, sc *scope) (projection, error) {
	const parameter = "ProjectionExpression"
	if !r.has(parameter) {
		return nil, nil
	}
	src, err := r.text(parameter)
	if err != nil {
		return nil, err
	}
	paths, err := parseProjection(src, sc)
	return paths, inParameter(parameter, err)
}

func parseProjection(src string, sc *scope) (projection, error) {
	p, err := newParser(src)
	if err != nil {
		return nil, err
	}
	var out projection
	for {
		at, err := p.parsePath()
		if err != nil {
			return nil, err
		}
		out = append(out, at)
		if !p.accept(",") {
			break
		}
	}
	if err := p.atEnd(); err != nil {
		return nil, err
	}
	for _, at := range out {
		if err := sc.resolve(at); err != nil {
			return nil, err
		}
	}
	if err := checkOverlaps(out); err != nil {
		return nil, err
	}
	// Elements of a list are answered in list order whatever order was asked.
	slices.SortFunc(out, path.compare)
	return out, nil
}

// apply keeps what the paths lead to; containers on the way keep only that.
func (p projection) apply(it item) item {
	if p == nil || it == nil {
		return it
	}
	out := item{}
	group(p, func(head step, rest []path) {
		if v, ok := keepPart(it[head.name], rest); ok && it[head.name].kind != "" {
			out[head.name] = v
		}
	})
	return out
}

// group calls f once for each distinct first step, with what follows it.
func group(paths []path, f func(head step, rest []path)) {
	for i := 0; i < len(paths); {
		head := paths[i][0]
		var rest []path
		for ; i < len(paths) && paths[i][0] == head; i++ {
			rest = append(rest, paths[i][1:])
		}
		f(head, rest)
	}
}

// keepPart gives the part of v the paths lead to; ok is false when there is none.
func keepPart(v value, paths []path) (part value, ok bool) {
	if len(paths[0]) == 0 {
		return v, true
	}
	part = value{kind: v.kind, attrs: item{}}
	group(paths, func(head step, rest []path) {
		child, exists := v.child(head)
		if !exists {
			return
		}
		kept, found := keepPart(child, rest)
		switch {
		case !found:
		case head.isIndex:
			part.list, ok = append(part.list, kept), true
		default:
			part.attrs[head.name], ok = kept, true
		}
	})
	return part, ok
}
