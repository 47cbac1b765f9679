// Package e2e tests the finished program from outside, against real services that run as child processes.
package e2e
