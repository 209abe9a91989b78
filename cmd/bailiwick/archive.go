package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"bailiwick/store"
)

// The file of a backup is compressed text (gzip), one JSON value a line: a head, a list for
// each row (number of its table, then its values), and a foot with the number of rows and
// the SHA-256 of their lines. It does not depend on the engine. Secrets are in it as in the
// database, sealed under the master key, which is not in it.
type (
	archiveHead struct {
		Format string    `json:"format"`
		MadeAt time.Time `json:"made_at"`
		Engine string    `json:"engine"`
		store.Contents
	}
	archiveFoot struct {
		Rows   int64  `json:"rows"`
		SHA256 string `json:"sha256"`
	}
)

// archiveBytes is how bytes stand in a row, apart from text.
type archiveBytes struct {
	Base64 []byte `json:"base64"`
}

const archiveFormat = "bailiwick-backup-1"

// rowsDigest is what two databases are compared by: the hash of their rows' lines.
type rowsDigest struct {
	hash hash.Hash
	rows int64
}

func newRowsDigest() *rowsDigest { return &rowsDigest{hash: sha256.New()} }

// add takes a row in and returns its line.
func (d *rowsDigest) add(r store.Row) ([]byte, error) {
	values := append(make([]any, 0, 1+len(r.Values)), r.Table)
	for _, value := range r.Values {
		if raw, ok := value.([]byte); ok {
			value = archiveBytes{raw}
		}
		values = append(values, value)
	}
	line, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	line = append(line, '\n')
	d.hash.Write(line)
	d.rows++
	return line, nil
}

func (d *rowsDigest) foot() archiveFoot {
	return archiveFoot{d.rows, hex.EncodeToString(d.hash.Sum(nil))}
}

// digest returns what a database holds, and the foot that its backup would have.
func digest(ctx context.Context, s *store.Store, what string, stderr io.Writer) (contents store.Contents, foot archiveFoot, err error) {
	d, p := newRowsDigest(), (*progress)(nil)
	err = s.Dump(ctx, func(c store.Contents) error {
		contents, p = c, newProgress(stderr, what, c.Rows())
		return nil
	}, func(r store.Row) error {
		p.add(1)
		_, err := d.add(r)
		return err
	})
	if p != nil {
		p.end()
	}
	return contents, d.foot(), err
}

// writeArchive writes a backup of a database.
func writeArchive(ctx context.Context, s *store.Store, out io.Writer, stderr io.Writer) (head archiveHead, foot archiveFoot, err error) {
	packed, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return head, foot, err
	}
	lines := json.NewEncoder(packed)
	d, p := newRowsDigest(), (*progress)(nil)
	err = s.Dump(ctx, func(c store.Contents) error {
		head = archiveHead{archiveFormat, time.Now().UTC(), s.Engine(), c}
		p = newProgress(stderr, "backup", c.Rows())
		return lines.Encode(head)
	}, func(r store.Row) error {
		p.add(1)
		line, err := d.add(r)
		if err == nil {
			_, err = packed.Write(line)
		}
		return err
	})
	if p != nil {
		p.end()
	}
	foot = d.foot()
	return head, foot, errors.Join(err, lines.Encode(foot), packed.Close())
}

// archive is the file of a backup, open for reading.
type archive struct {
	head  archiveHead
	file  *os.File
	lines *bufio.Reader
	rows  *rowsDigest
}

var errNoBackup = errors.New("this is not a whole backup")

// openArchive opens a backup and reads its head. Nothing of it is believed before
// [archive.verify] has seen all of it.
func openArchive(path string) (*archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	a := &archive{file: file}
	if err := a.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("backup %s: %w", path, err), file.Close())
	}
	return a, nil
}

// begin goes to the first row.
func (a *archive) begin() error {
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	unpacked, err := gzip.NewReader(a.file)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoBackup, err)
	}
	a.lines, a.rows, a.head = bufio.NewReaderSize(unpacked, 1<<16), newRowsDigest(), archiveHead{}
	line, err := a.lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a.head)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNoBackup, err)
	}
	if a.head.Format != archiveFormat {
		return fmt.Errorf("its format is %q, this program reads %q", a.head.Format, archiveFormat)
	}
	return nil
}

// next returns the next row, or io.EOF after the last one, if the foot says the same of the
// rows as they do.
func (a *archive) next() (store.Row, error) {
	line, err := a.lines.ReadBytes('\n')
	if err != nil {
		return store.Row{}, fmt.Errorf("%w: it breaks off", errNoBackup)
	}
	if line[0] == '{' {
		var foot archiveFoot
		if err := json.Unmarshal(line, &foot); err != nil || foot != a.rows.foot() {
			return store.Row{}, fmt.Errorf("%w: its rows are not those that were written", errNoBackup)
		}
		if _, err := a.lines.ReadByte(); !errors.Is(err, io.EOF) {
			return store.Row{}, fmt.Errorf("%w: it does not end where it should", errNoBackup)
		}
		return store.Row{}, io.EOF
	}
	row, err := parseRow(line)
	if err != nil {
		return row, fmt.Errorf("%w: line %d: %w", errNoBackup, a.rows.rows+2, err)
	}
	_, err = a.rows.add(row)
	return row, err
}

func parseRow(line []byte) (store.Row, error) {
	var values []any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return store.Row{}, err
	}
	for i, value := range values {
		switch v := value.(type) {
		case nil, string, bool:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return store.Row{}, err
			}
			values[i] = n
		case map[string]any:
			text, ok := v["base64"].(string)
			raw, err := base64.StdEncoding.DecodeString(text)
			if !ok || err != nil || len(v) != 1 {
				return store.Row{}, errors.New("a value is neither plain nor bytes")
			}
			values[i] = raw
		default:
			return store.Row{}, fmt.Errorf("a value is a %T", v)
		}
	}
	table, ok := int64(0), len(values) > 0
	if ok {
		table, ok = values[0].(int64)
	}
	if !ok {
		return store.Row{}, errors.New("a row without its table")
	}
	return store.Row{Table: int(table), Values: values[1:]}, nil
}

// verify reads the whole backup and goes back to its first row. each, if given, sees every row.
func (a *archive) verify(stderr io.Writer, each func(store.Row)) (archiveFoot, error) {
	p := newProgress(stderr, "check", a.head.Rows())
	defer p.end()
	for {
		row, err := a.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return archiveFoot{}, err
		}
		p.add(1)
		if each != nil {
			each(row)
		}
	}
	foot := a.rows.foot()
	return foot, a.begin()
}

func (a *archive) close() error { return a.file.Close() }
