//go:build unix

package parts

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// cached returns the path of something fetch-parts brings, or an error that says how to get it.
func cached(elements ...string) (string, error) {
	root := os.Getenv("SLUICE_PARTS")
	if root == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the cache directory: %w", err)
		}
		root = filepath.Join(cache, "sluice-parts")
	}
	path := filepath.Join(append([]string{root}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("run deploy/e2e/fetch-parts first: %w", err)
	}
	return path, nil
}

// Java returns the path of a Java that can also compile: java FILE.java runs a source file.
func Java(tb testing.TB) string {
	tb.Helper()
	java, err := cached("bin", "java")
	if err != nil {
		tb.Fatal(err)
	}
	return java
}

// Keytool returns the path of the tool that writes Java's key and trust stores. Every Java runtime has it.
func Keytool(tb testing.TB) string {
	tb.Helper()
	java, err := cached("bin", "java")
	if err == nil {
		java, err = filepath.EvalSymlinks(java)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(filepath.Dir(java), "keytool")
}

// jvm returns the start of a command line that runs a main class of the cached jars in directory: quick to start and
// small, since many of them share the machine with the test.
func jvm(directory string, flags ...string) ([]string, error) {
	java, err := cached("bin", "java")
	if err != nil {
		return nil, err
	}
	jars, err := cached(directory)
	if err != nil {
		return nil, err
	}
	command := append([]string{java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"}, flags...)
	return append(command, "-cp", filepath.Join(jars, "*")), nil
}
