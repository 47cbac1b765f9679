// Package arrows holds the tests that keep the rooms of the module apart: who may import whom, and why.
package arrows
