package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoPostgres says that this machine has no server programs of PostgreSQL.
var ErrNoPostgres = errors.New("there is no PostgreSQL here")

// socketName is the socket of a PostgreSQL server in the folder of its sockets.
const socketName = ".s.PGSQL.5432"

// Postgres is a PostgreSQL server that exists for the rig only. A commit is answered when
// it is in the write-ahead log (synchronous_commit), so it survives kill -9; it is not
// flushed to the disk, so it would not survive the machine, which the rig does not end.
type Postgres struct {
	tools    string
	home     string // holds the cluster and its sockets
	settings []string
	disk     int64               // bytes of the disk that it has for itself; 0: none
	as       *syscall.Credential // nil: as this user
	server   *process
	stream   *Link // of a standby: from its primary
}

// postgresTools returns the folder of the newest server programs.
func postgresTools() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrNoPostgres
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// NewPostgres makes a cluster and starts its server. settings are more lines of its
// configuration, such as "synchronous_commit=off". The caller ends it with Remove.
func NewPostgres(ctx context.Context, settings ...string) (*Postgres, error) {
	return newPostgres(ctx, 0, settings)
}

func newPostgres(ctx context.Context, disk int64, settings []string) (*Postgres, error) {
	p, err := emptyPostgres(settings)
	if err != nil {
		return nil, err
	}
	p.disk = disk
	err = p.tool(ctx, "initdb", "-D", p.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	return p, nil
}

// emptyPostgres makes the folder of a cluster. It is short, because the path of a socket has
// about 100 bytes.
func emptyPostgres(settings []string) (*Postgres, error) {
	tools, err := postgresTools()
	if err != nil {
		return nil, err
	}
	p := &Postgres{tools: tools, settings: settings}
	if p.home, err = os.MkdirTemp("/tmp", "bailiwick-rig."); err != nil {
		return nil, err
	}
	if os.Getuid() != 0 {
		return p, nil
	}
	// The server refuses to run as root.
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return p, os.Chown(p.home, int(uid), int(gid))
}

func (p *Postgres) data() string { return filepath.Join(p.home, "data") }

// Socket is the path of the server's socket.
func (p *Postgres) Socket() string { return filepath.Join(p.home, socketName) }

// URL is that of a database of the server, over its socket.
func (p *Postgres) URL(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(p.home)
}

// Over is the URL of a database of the server over a link, which sees it unencrypted.
func Over(l *Link, database string) string {
	return "postgres://postgres@" + l.Address() + "/" + database + "?sslmode=disable&connect_timeout=5"
}

// tool runs a program of PostgreSQL to its end.
func (p *Postgres) tool(ctx context.Context, name string, args ...string) error {
	command := exec.CommandContext(ctx, filepath.Join(p.tools, name), args...)
	command.Dir = p.home
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// Start starts the server and returns when it takes connections. What a server that was
// killed left behind needs a moment to end by itself; until then a start fails.
func (p *Postgres) Start() error {
	var err error
	for begun := time.Now(); time.Since(begun) < Patience; time.Sleep(50 * time.Millisecond) {
		if err = p.startOnce(); err == nil || !strings.Contains(err.Error(), "still in use") && !strings.Contains(err.Error(), "lock file") {
			return err
		}
	}
	return err
}

func (p *Postgres) startOnce() error {
	args := []string{"-D", p.data()}
	for _, setting := range append([]string{"listen_addresses=", "unix_socket_directories=" + p.home, "fsync=off", "max_connections=200",
		"shared_buffers=32MB", "wal_level=replica", "max_wal_senders=4", "log_min_messages=warning"}, p.settings...) {
		args = append(args, "-c", setting)
	}
	command := exec.Command(filepath.Join(p.tools, "postgres"), args...)
	command.Dir = p.home
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	if p.disk > 0 {
		made := p.data() + ".made"
		if err := os.Rename(p.data(), made); err != nil {
			return err
		}
		if err := errors.Join(os.Mkdir(p.data(), 0o700), onDisk(command, p.data(), p.disk, p.as, made)); err != nil {
			return err
		}
	}
	server, err := run(command)
	if err != nil {
		return err
	}
	p.server = server
	_, err = server.await("database system is ready to accept (read-only )?connections")
	return err
}

// Kill ends the server as kill -9 does.
func (p *Postgres) Kill() { p.server.kill() }

// Pause stops the server's main process and all of its children where they are; Resume lets
// them go on.
func (p *Postgres) Pause() error { return p.signalAll(syscall.SIGSTOP) }

// Resume ends a Pause.
func (p *Postgres) Resume() error { return p.signalAll(syscall.SIGCONT) }

func (p *Postgres) signalAll(s syscall.Signal) error {
	pid := p.server.command.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return err
	}
	err = syscall.Kill(pid, s)
	for _, child := range strings.Fields(string(children)) {
		n, _ := strconv.Atoi(child)
		_ = syscall.Kill(n, s) // it may have ended
	}
	return err
}

// Log is what the server has said since its last start.
func (p *Postgres) Log() string { return p.server.said() }

// Remove ends the server and removes what it kept.
func (p *Postgres) Remove() error {
	if p.server != nil {
		_ = p.server.stop(syscall.SIGQUIT) // at once; how it ends is of no interest any more
	}
	if p.stream != nil {
		_ = p.stream.Close()
	}
	return os.RemoveAll(p.home)
}

// SQL runs statements in a database, each a transaction of its own, and returns what they
// print, without headers.
func (p *Postgres) SQL(database string, statements ...string) (string, error) {
	args := []string{"-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", p.URL(database)}
	for _, statement := range statements {
		args = append(args, "-c", statement)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(p.tools, "psql"), args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// NewStandby makes a standby that streams from this server, and starts it. From its return on
// a commit is answered only when the standby has it, too.
func (p *Postgres) NewStandby(ctx context.Context) (*Postgres, error) {
	s, err := emptyPostgres(append(slices.Clone(p.settings), "listen_addresses=", "cluster_name=standby", "hot_standby=on"))
	if err != nil {
		return nil, err
	}
	if s.stream, err = NewLink("unix", p.Socket()); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	host, port, _ := net.SplitHostPort(s.stream.Address())
	err = s.tool(ctx, "pg_basebackup", "-D", s.data(), "-h", host, "-p", port, "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync")
	if err == nil {
		err = s.Start()
	}
	if err == nil {
		_, err = p.SQL("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")
	}
	for synchronous := ""; err == nil && synchronous != "sync"; {
		synchronous, err = p.SQL("postgres", "SELECT sync_state FROM pg_stat_replication")
	}
	if err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Put writes a file that only the server may read, and returns its path.
func (p *Postgres) Put(name string, content []byte) (string, error) {
	path := filepath.Join(p.home, name)
	if err := os.WriteFile(path, content, 0o600); err != nil || p.as == nil {
		return path, err
	}
	return path, os.Chown(path, int(p.as.Uid), int(p.as.Gid))
}

// Stream is the link over which a standby follows its primary.
func (p *Postgres) Stream() *Link { return p.stream }

// Promote makes a primary of a standby, which waits for no other standby, and returns when it
// takes writes.
func (p *Postgres) Promote() error {
	_, err := p.SQL("postgres", "SELECT pg_promote()", "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
	return err
}
