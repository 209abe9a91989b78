package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a new password hash: argon2id with 19 MiB of memory, two passes, one lane
// (OWASP password storage, first choice).
const (
	argonMemory  = 19 * 1024 // KiB
	argonPasses  = 2
	argonLanes   = 1
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
	argonVersion = argon2.Version
)

// The bounds of a stored hash that Verify accepts. They leave room for hashes imported
// from elsewhere, and keep one row of the database from asking for all memory.
const (
	maxArgonMemory = 256 * 1024 // KiB
	maxArgonPasses = 16
	maxArgonLanes  = 16
	minArgonSalt   = 8
	minArgonKey    = 16
	maxArgonBytes  = 64
)

var errPasswordHash = errors.New("identity: stored password hash has an unknown form")

// Passwords hashes and checks passwords with argon2id. One hash takes tens of milliseconds
// of one core and 19 MiB, so that many at once are a way to stop the server: the value
// bounds how many run at a time, and the others wait. It is safe for concurrent use.
type Passwords struct {
	slots  chan *hashProcess // as many as may run at a time; nil: in this process
	cost   PasswordCost
	nobody argonHash
}

// PasswordCost is what a new hash costs. A stored hash says its own.
type PasswordCost struct {
	Memory uint32 // KiB
	Passes uint32
}

// DefaultPasswordCost is the cost of every installation. No setting lowers it: a cheap hash gives
// the passwords away to who steals the database, without a sign of it until then.
func DefaultPasswordCost() PasswordCost { return PasswordCost{argonMemory, argonPasses} }

// ParallelHashes is how many hashes run at a time if nobody says otherwise: half of GOMAXPROCS, and
// at least one.
//
// The attack is a flood of guesses. A hash keeps a core busy for tens of milliseconds; with one on
// each core every other request, decisions among them, would wait for the end of a time slice.
// The guesses wait for each other instead.
func ParallelHashes() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// NewPasswords bounds the hashes that run at a time. A bound below 1 means [ParallelHashes].
func NewPasswords(parallel int) *Passwords { return NewPasswordsAt(DefaultPasswordCost(), parallel) }

// NewPasswordsAt is NewPasswords at another cost, for tests whose subject is not the cost.
func NewPasswordsAt(cost PasswordCost, parallel int) *Passwords {
	if parallel < 1 {
		parallel = ParallelHashes()
	}
	p := &Passwords{slots: make(chan *hashProcess, parallel), cost: cost, nobody: newArgonHash(cost)}
	for range parallel {
		p.slots <- nil
	}
	return p
}

// HashElsewhere has hashes made in processes of their own, as many as run at a time: the command is
// of a program that runs [ServeHashes] on its standard input and output. Where that fails, passwords
// are hashed here, and failed is told why. It must be called before the first hash.
func (p *Passwords) HashElsewhere(command func() *exec.Cmd, failed func(error)) {
	for range cap(p.slots) {
		<-p.slots
		p.slots <- &hashProcess{command: command, failed: failed, patience: hashPatience}
	}
}

// Close waits for the hashes that are made and ends their processes. No more may be asked for.
func (p *Passwords) Close() {
	for range cap(p.slots) {
		if process := <-p.slots; process != nil {
			process.stop()
		}
	}
}

// Hash returns the hash of a password in PHC form, with a new salt. Every character of the
// password counts, at any length; it is normalised first, so that the same typed text gives
// the same hash on every keyboard. Whether it may be chosen says [CheckPassword]. The error is the context's, when it ends while waiting.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	h := newArgonHash(p.cost)
	key, err := p.key(ctx, h, password)
	if err != nil {
		return "", err
	}
	h.key = key
	return h.String(), nil
}

// Verify reports whether the password is the one of a stored hash. With ok, needsRehash
// says that the hash was made at another cost than today's and should be replaced. The
// error is the context's, or says that the stored text is not a hash; it never quotes it.
func (p *Passwords) Verify(ctx context.Context, phc, password string) (ok, needsRehash bool, err error) {
	h, err := parseArgonHash(phc)
	if err != nil {
		return false, false, err
	}
	key, err := p.key(ctx, h, password)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(key, h.key) == 1
	return ok, ok && !h.costs(p.cost), nil
}

// VerifyNobody does the work of Verify for a user who does not exist, or who has no
// password. Callers use it so that the time of a refused login does not tell which
// addresses have an account. The error is the context's.
func (p *Passwords) VerifyNobody(ctx context.Context, password string) error {
	key, err := p.key(ctx, p.nobody, password)
	if err == nil {
		subtle.ConstantTimeCompare(key, p.nobody.key)
	}
	return err
}

func (p *Passwords) key(ctx context.Context, h argonHash, password string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var process *hashProcess
	select {
	case process = <-p.slots:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { p.slots <- process }()
	text := []byte(normalizePassword(password))
	if process != nil {
		if key := process.key(h, text); key != nil {
			return key, nil
		}
	}
	return argon2.IDKey(text, h.salt, h.passes, h.memory, h.lanes, uint32(len(h.key))), nil
}

// argonHash is a parsed PHC string.
type argonHash struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// newArgonHash has a new salt, and a random key that no password has.
func newArgonHash(cost PasswordCost) argonHash {
	h := argonHash{cost.Memory, cost.Passes, argonLanes, make([]byte, argonSalt), make([]byte, argonKey)}
	rand.Read(h.salt) // never fails (crypto/rand)
	rand.Read(h.key)
	return h
}

func (h argonHash) costs(c PasswordCost) bool {
	return h.memory == c.Memory && h.passes == c.Passes && h.lanes == argonLanes &&
		len(h.salt) == argonSalt && len(h.key) == argonKey
}

// String returns the PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func (h argonHash) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argonVersion, h.memory, h.passes, h.lanes, encode(h.salt), encode(h.key))
}

func parseArgonHash(phc string) (argonHash, error) {
	var h argonHash
	fields := strings.Split(phc, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return h, errPasswordHash
	}
	var version int
	if _, err := fmt.Sscanf(fields[2]+"$"+fields[3], "v=%d$m=%d,t=%d,p=%d", &version, &h.memory, &h.passes, &h.lanes); err != nil {
		return h, errPasswordHash
	}
	var saltErr, keyErr error
	h.salt, saltErr = base64.RawStdEncoding.Strict().DecodeString(fields[4])
	h.key, keyErr = base64.RawStdEncoding.Strict().DecodeString(fields[5])
	// Printing it again must give the same text: this refuses signs, leading zeros and
	// anything after the numbers, which Sscanf lets through.
	if saltErr != nil || keyErr != nil || version != argonVersion || h.String() != phc || !h.bounded() {
		return h, errPasswordHash
	}
	return h, nil
}

// bounded keeps argon2 from panicking (passes or lanes of 0) and from exhausting memory.
func (h argonHash) bounded() bool {
	return h.passes >= 1 && h.passes <= maxArgonPasses &&
		h.lanes >= 1 && h.lanes <= maxArgonLanes &&
		h.memory >= 8*uint32(h.lanes) && h.memory <= maxArgonMemory &&
		len(h.salt) >= minArgonSalt && len(h.salt) <= maxArgonBytes &&
		len(h.key) >= minArgonKey && len(h.key) <= maxArgonBytes
}
