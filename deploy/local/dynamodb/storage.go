package dynamodb

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// loadItem gives the item under a key; nil when there is none.
func loadItem(b *bolt.Bucket, key []byte) (item, error) {
	stored := b.Get(key)
	if stored == nil {
		return nil, nil
	}
	return parseStored(stored)
}

// parseStored reads an item the way storeItem wrote it.
func parseStored(stored []byte) (item, error) {
	parser := parsers.Get()
	defer parsers.Put(parser)
	v, err := parser.ParseBytes(stored)
	if err != nil {
		return nil, fmt.Errorf("parse a stored item: %w", err)
	}
	return decodeItem(v)
}

func storeItem(b *bolt.Bucket, key []byte, it item) error {
	return storeBytes(b, key, it.appendJSON(nil))
}

func storeBytes(b *bolt.Bucket, key, encoded []byte) error {
	if err := b.Put(key, encoded); err != nil {
		return fmt.Errorf("store the item: %w", err)
	}
	return nil
}

func removeItem(b *bolt.Bucket, key []byte) error {
	if err := b.Delete(key); err != nil {
		return fmt.Errorf("delete the item: %w", err)
	}
	return nil
}
