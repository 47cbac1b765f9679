package parts

import "syscall"

// childAttributes puts a service into its own process group, so that an interrupt typed at the test does not reach it
// before the test's own cleanup, and has the kernel kill it when the test process dies without cleaning up.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
