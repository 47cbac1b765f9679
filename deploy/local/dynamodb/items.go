package dynamodb

import (
	bolt "go.etcd.io/bbolt"
)

const (
	badReturnValues = "Return values set to invalid value"
	itemTooLarge    = "Item size has exceeded the maximum allowed size"
	updateTooLarge  = "Item size to update has exceeded the maximum allowed size"
)

func (s *Server) getItem(r *request) object {
	name := r.tableName()
	shown := readProjection(r)
	r.flag("ConsistentRead", false) // every read is
	key := r.key()
	t := s.find(name)
	encoded := t.requestKey(key)
	var found item
	s.view(func(tx *bolt.Tx) { found = loadItem(t.bucket(tx), encoded) })
	if found == nil {
		return object{}
	}
	return object{"Item": shown.apply(found)}
}

func (s *Server) putItem(r *request) object {
	returned := r.choice("ReturnValues", badReturnValues, "NONE", "ALL_OLD")
	name := r.tableName()
	if !r.has("Item") {
		panic(invalid("Value null at 'item' failed to satisfy constraint: Member must not be null"))
	}
	it := r.item("Item")
	checkSize(it, itemTooLarge)
	g := readGuard(r, readScope(r, "ConditionExpression"))
	t := s.find(name)
	before, after := s.write(t, t.itemKey(it), g, func(item) item { return it })
	return attributes(returned, before, after, nil)
}

func (s *Server) deleteItem(r *request) object {
	returned := r.choice("ReturnValues", badReturnValues, "NONE", "ALL_OLD")
	name, key := r.tableName(), r.key()
	g := readGuard(r, readScope(r, "ConditionExpression"))
	t := s.find(name)
	before, after := s.write(t, t.requestKey(key), g, func(item) item { return nil })
	return attributes(returned, before, after, nil)
}

func (s *Server) updateItem(r *request) object {
	returned := r.choice("ReturnValues", badReturnValues, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
	name, key := r.tableName(), r.key()
	sc := readScope(r, "UpdateExpression", "ConditionExpression")
	actions := sc.readUpdate(r)
	g := readGuard(r, sc)
	t := s.find(name)
	before, after := s.write(t, t.requestKey(key), g, func(before item) item {
		for _, k := range t.Keys {
			if actions.touch(k.Name) {
				panic(invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", k.Name))
			}
		}
		if before == nil {
			before = key
		}
		after := actions.apply(before)
		checkSize(after, updateTooLarge)
		return after
	})
	return attributes(returned, before, after, actions)
}

// attributes picks what ReturnValues asks for.
func attributes(returned string, before, after item, actions update) object {
	picked := map[string]item{
		"ALL_OLD": before, "ALL_NEW": after, "UPDATED_OLD": before.pick(actions.names()...), "UPDATED_NEW": after.pick(actions.names()...),
	}[returned]
	if len(picked) == 0 {
		return object{}
	}
	return object{"Attributes": picked}
}

func checkSize(it item, complaint string) {
	if it.size() > maxItemSize {
		panic(invalid("%s", complaint))
	}
}

// guard is what must hold for an item before it is written.
type guard struct {
	condition    *node // nil holds always
	oldOnFailure bool  // asks for the item that made the condition fail
}

// readGuard is the last to read expressions of sc.
func readGuard(r *request, sc *scope) guard {
	g := guard{condition: sc.readCondition(r, "ConditionExpression")}
	const failed = "ReturnValuesOnConditionCheckFailure"
	g.oldOnFailure = r.choice(failed, failed+" must be ALL_OLD or NONE", "NONE", "ALL_OLD") == "ALL_OLD"
	sc.checkUsed()
	return g
}

func (g guard) check(before item) {
	if g.condition == nil || g.condition.holds(before) {
		return
	}
	f := &failure{code: "ConditionalCheckFailedException", message: "The conditional request failed"}
	if g.oldOnFailure {
		f.item = before
	}
	panic(f)
}

// write replaces the item under a key by what change makes of it, in one step; nil is no item.
func (s *Server) write(t *table, key []byte, g guard, change func(before item) item) (before, after item) {
	s.update(func(tx *bolt.Tx) {
		bucket := t.bucket(tx)
		before = loadItem(bucket, key)
		g.check(before)
		if after = change(before); after == nil {
			check("delete an item", bucket.Delete(key))
		} else {
			check("store an item", bucket.Put(key, after.appendJSON(nil)))
		}
	})
	return before, after
}

// loadItem gives the item under a key; nil when there is none.
func loadItem(b *bolt.Bucket, key []byte) item {
	stored := b.Get(key)
	if stored == nil {
		return nil
	}
	return parseStored(stored)
}

// parseStored reads an item the way write wrote it.
func parseStored(stored []byte) item {
	parser := parsers.Get()
	defer parsers.Put(parser)
	v, err := parser.ParseBytes(stored)
	check("parse a stored item", err)
	return decodeItem(v)
}
