package dynamodb

const (
	writeUnit = 1024
	readUnit  = 4096
)

// usage counts the capacity of one call per table, if the request asks to know it.
type usage struct {
	detail      string
	tables      map[string]float64
	order       []string
	transaction bool
}

func readUsage(r *request) (*usage, error) {
	detail, err := r.choice("ReturnConsumedCapacity",
		"ReturnConsumedCapacity must be INDEXES, TOTAL or NONE", "NONE", "TOTAL", "INDEXES")
	return &usage{detail: detail, tables: map[string]float64{}}, err
}

func (u *usage) wanted() bool { return u.detail != "NONE" }

func (u *usage) add(t *table, units float64) {
	if _, known := u.tables[t.Name]; !known {
		u.order = append(u.order, t.Name)
	}
	u.tables[t.Name] += units
}

// wrote counts replacing old by new; either may be nil.
func (u *usage) wrote(t *table, before, after item) {
	if u.wanted() {
		u.add(t, units(max(before.size(), after.size()), writeUnit))
	}
}

// wroteInTransaction counts double, and nothing for a condition check.
func (u *usage) wroteInTransaction(m *mutation, before, after item) {
	u.transaction = true
	if m.kind != checkMutation {
		u.wrote(m.table, before, after)
		u.wrote(m.table, before, after)
	}
}

// read counts reading the given number of bytes at once.
func (u *usage) read(t *table, size int, consistent bool) {
	if !u.wanted() {
		return
	}
	n := units(size, readUnit)
	if !consistent {
		n /= 2
	}
	u.add(t, n)
}

func units(size, unit int) float64 { return float64(max(1, (size+unit-1)/unit)) }

// report adds the figures to an answer, as one object or as a list of them.
func (u *usage) report(answer object, asList bool) object {
	if !u.wanted() {
		return answer
	}
	list := []object{}
	for _, name := range u.order {
		entry := object{"TableName": name, "CapacityUnits": u.tables[name]}
		if u.detail == "INDEXES" {
			entry["Table"] = object{"CapacityUnits": u.tables[name]}
		}
		if u.transaction {
			entry["WriteCapacityUnits"] = u.tables[name]
		}
		list = append(list, entry)
	}
	if asList {
		answer["ConsumedCapacity"] = list
	} else if len(list) > 0 {
		answer["ConsumedCapacity"] = list[0]
	}
	return answer
}
