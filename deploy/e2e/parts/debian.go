//go:build unix

package parts

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Server says how a server that a Debian package brings is started. In Prepare and Command {port} stands for a free port
// and {dir} for an empty directory. Programs are found on the PATH, in /usr/sbin, and below /usr/lib/*/*/bin.
type Server struct {
	// Package is the name of the package, which "deploy/e2e/fetch-parts deb:PACKAGE" installs.
	Package string
	// Prepare are commands that run to their end before the first start, such as those that make an empty database.
	Prepare [][]string
	// Command runs the server in the foreground, listening on 127.0.0.1.
	Command []string
	// User is who the commands run as when the test runs as root, for servers that refuse root; empty: nobody else.
	User string
	// Ready is asked again and again until it returns nil; nil: the server accepts connections at addr.
	Ready func(ctx context.Context, addr string) error
}

// DebianPart is a server from a Debian package.
type DebianPart struct {
	*Service
	// Addr is host:port.
	Addr string
	// Dir is what {dir} stands for. It survives a restart.
	Dir string
}

// Debian starts a server that a Debian package brings.
func Debian(tb testing.TB, s Server) *DebianPart {
	tb.Helper()
	d := &DebianPart{Dir: tb.TempDir()}
	prepared := false
	d.Service = launch(tb, s.Package, func() (*Service, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		d.Addr = fmt.Sprintf("127.0.0.1:%d", port)
		fill := strings.NewReplacer("{port}", strconv.Itoa(port), "{dir}", d.Dir)
		if !prepared {
			if err := s.prepare(d.Dir, fill); err != nil {
				return nil, err
			}
			prepared = true
		}
		command, err := s.command(s.Command, fill)
		if err != nil {
			return nil, err
		}
		return &Service{command: command, ready: s.ready(d.Addr)}, nil
	})
	return d
}

// prepare gives the directory to the user and runs the commands that come before the first start.
func (s *Server) prepare(dir string, fill *strings.Replacer) error {
	if as, err := s.owner(); err != nil {
		return err
	} else if as != nil {
		uid, _ := strconv.Atoi(as.Uid)
		gid, _ := strconv.Atoi(as.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return fmt.Errorf("give %s to %s: %w", dir, s.User, err)
		}
		if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { // so that the user gets to dir
			return fmt.Errorf("open the way to %s: %w", dir, err)
		}
	}
	for _, words := range s.Prepare {
		command, err := s.command(words, fill)
		if err != nil {
			return err
		}
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("run %s: %w: %s", strings.Join(command, " "), err, out)
		}
	}
	return nil
}

// command finds the program and has it run as the user.
func (s *Server) command(words []string, fill *strings.Replacer) ([]string, error) {
	program, err := s.find(words[0])
	if err != nil {
		return nil, err
	}
	var command []string
	if as, err := s.owner(); err != nil {
		return nil, err
	} else if as != nil {
		command = []string{"setpriv", "--reuid=" + as.Uid, "--regid=" + as.Gid, "--clear-groups", "--"}
	}
	command = append(command, program)
	for _, word := range words[1:] {
		command = append(command, fill.Replace(word))
	}
	return command, nil
}

// owner is who the commands run as; nil: whoever runs the test.
func (s *Server) owner() (*user.User, error) {
	if s.User == "" || os.Getuid() != 0 {
		return nil, nil
	}
	as, err := user.Lookup(s.User)
	if err != nil {
		return nil, fmt.Errorf("find the user of %s: %w", s.Package, err)
	}
	return as, nil
}

func (s *Server) find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/sbin/", "/usr/lib/*/bin/", "/usr/lib/*/*/bin/", "/usr/share/*/bin/"} {
		if found, _ := filepath.Glob(pattern + program); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("find %s: run deploy/e2e/fetch-parts deb:%s", program, s.Package)
}

func (s *Server) ready(addr string) func(context.Context) error {
	if s.Ready != nil {
		return func(ctx context.Context) error { return s.Ready(ctx, addr) }
	}
	return func(ctx context.Context) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("dial %s: %w", addr, err)
		}
		return conn.Close()
	}
}
