//go:build unix && !linux

package parts

import "syscall"

// childAttributes puts a service into its own process group. A test process that is killed leaves it running: only
// Linux can tie the two together.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
