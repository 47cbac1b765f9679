// Package parts starts the real services that ring-1 tests talk to, as child processes on free loopback ports.
//
// Each starter returns when its service answers, and stops it when the test ends; what the service logged last is
// printed when the test failed. The programs come from the cache that deploy/e2e/fetch-parts fills: the directory named
// by SLUICE_PARTS, by default sluice-parts in the user's cache directory.
package parts
