package identity

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/crypto/argon2"
)

// hashProcess has passwords hashed by a process of its own, one at a time. The process starts with
// the first hash and again when it is gone.
//
// The attack is a flood of guesses. A hash holds a core for tens of milliseconds and then leaves
// 19 MiB of garbage. In the server each keeps requests from running for a time slice of the kernel
// and brings the next collection, which waits for it; a thread of lower priority would make that
// worse, as all threads of a Go program stop for a collection and would wait for the one that is
// not let run. A process of the lowest priority takes only what nobody else wants, and stops
// nobody.
//
// The attack that it must not open: reading passwords on their way. They go through a pipe between
// parent and child, never in arguments or the environment, which other users may read; the child
// inherits no environment and no open file, knows neither database nor master key, and keeps nothing. Both sides
// overwrite what they sent or got. It ends with the server, because the pipe does.
type hashProcess struct {
	command  func() *exec.Cmd
	failed   func(error)   // is told why a password was hashed here after all
	patience time.Duration // for one hash

	running *exec.Cmd // nil: none
	in      io.WriteCloser
	out     io.Reader
	pause   time.Time // before it there is no new attempt to start one
}

const (
	// hashPatience bounds how long a login waits for a process that gets no processor because
	// others take all. Then its password is hashed here, at the server's own priority: who keeps
	// the server busy makes logins slower, but not impossible.
	hashPatience = 5 * time.Second
	// hashPause is how long passwords are hashed here before a process is tried again.
	hashPause = 10 * time.Second
)

// hashHeader begins what is sent for one hash; salt and password follow. The answer is the key.
type hashHeader struct {
	Memory, Passes   uint32 // in KiB; number
	Password         uint32 // bytes
	Lanes, Salt, Key uint8  // number; bytes; bytes
}

// maxHashText bounds the password of one hash, in bytes; all that may be sent to the API is shorter.
const maxHashText = 16 << 20

// key returns the key of a password, or nil if the process does not give it.
func (p *hashProcess) key(h argonHash, text []byte) []byte {
	if p.running == nil && time.Now().Before(p.pause) {
		return nil
	}
	old := p.running != nil
	key, err := p.ask(h, text)
	if err != nil && old && !errors.Is(err, errHashSlow) {
		key, err = p.ask(h, text) // it had ended while nobody needed it
	}
	if err != nil {
		p.pause = time.Now().Add(hashPause)
		p.failed(err)
		return nil
	}
	return key
}

var errHashSlow = errors.New("the process gets no processor time")

// ask sends one password and waits for its key. After an error there is no process.
func (p *hashProcess) ask(h argonHash, text []byte) (key []byte, err error) {
	if p.running == nil {
		if err := p.start(); err != nil {
			return nil, fmt.Errorf("start: %w", err)
		}
	}
	process := p.running.Process
	limit := time.AfterFunc(p.patience, func() { _ = process.Kill() })
	defer func() {
		if !limit.Stop() && err != nil {
			err = errHashSlow
		}
		if err != nil {
			p.stop()
		}
	}()
	question, err := binary.Append(nil, binary.LittleEndian, hashHeader{h.memory, h.passes, uint32(len(text)), h.lanes, uint8(len(h.salt)), uint8(len(h.key))})
	if err != nil {
		return nil, err
	}
	question = append(append(question, h.salt...), text...)
	defer clear(question)
	if _, err := p.in.Write(question); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	key = make([]byte, len(h.key))
	if _, err := io.ReadFull(p.out, key); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return key, nil
}

func (p *hashProcess) start() (err error) {
	c := p.command()
	if p.in, err = c.StdinPipe(); err != nil {
		return err
	}
	if p.out, err = c.StdoutPipe(); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	p.running = c
	return nil
}

// stop ends the process, if there is one.
func (p *hashProcess) stop() {
	if p.running == nil {
		return
	}
	_ = p.running.Process.Kill() // or it has ended already
	_ = p.running.Wait()         // that it was killed; closes the pipes
	p.running = nil
}

// ServeHashes is the other side of [Passwords.HashElsewhere]: it makes the hashes that are asked for
// on in and answers on out, until in ends.
func ServeHashes(in io.Reader, out io.Writer) error {
	for {
		var h hashHeader
		if err := binary.Read(in, binary.LittleEndian, &h); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		bounds := argonHash{memory: h.Memory, passes: h.Passes, lanes: h.Lanes, salt: make([]byte, h.Salt), key: make([]byte, h.Key)}
		if h.Password > maxHashText || !bounds.bounded() {
			return errors.New("identity: a hash beyond all bounds is asked for")
		}
		text := make([]byte, h.Password)
		if _, err := io.ReadFull(in, bounds.salt); err != nil {
			return err
		}
		if _, err := io.ReadFull(in, text); err != nil {
			return err
		}
		key := argon2.IDKey(text, bounds.salt, h.Passes, h.Memory, h.Lanes, uint32(h.Key))
		clear(text)
		if _, err := out.Write(key); err != nil {
			return err
		}
		runtime.GC() // so that there is never memory of two hashes
	}
}
