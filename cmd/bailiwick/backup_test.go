package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bailiwick/store"
)

// command runs a command in this process and returns its status and output.
func command(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	status := run(t.Context(), args, nil, &out, &out)
	return status, out.String()
}

// succeeds is command for one that must succeed.
func succeeds(t *testing.T, args ...string) string {
	t.Helper()
	status, out := command(t, args...)
	if status != exitOK {
		t.Fatalf("%v: status %d: %s", args, status, out)
	}
	return out
}

// refuses is command for one that must fail with a message.
func refuses(t *testing.T, message string, args ...string) {
	t.Helper()
	if status, out := command(t, args...); status == exitOK || !strings.Contains(out, message) {
		t.Fatalf("%v: status %d: %s; want %q", args, status, out, message)
	}
}

// api is a client of a running server.
type api struct {
	*testing.T
	p      *process
	secret string
}

func (a api) call(method, path, body string) (int, string) {
	a.Helper()
	request, err := http.NewRequest(method, a.p.url+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	request.Header.Set("X-Auth-Token", a.secret)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.Fatal(err)
	}
	return response.StatusCode, string(text)
}

var firstID = regexp.MustCompile(`"id":"([^"]+)"`)

// application makes an application and returns its id.
func (a api) application(name string) string {
	a.Helper()
	status, body := a.call("POST", "/iam/v1alpha1/applications", fmt.Sprintf(`{"name":%q}`, name))
	if status != 200 {
		a.Fatalf("%d %s", status, body)
	}
	return firstID.FindStringSubmatch(body)[1]
}

func (a api) end() {
	a.Helper()
	a.p.command.Process.Signal(os.Interrupt)
	if err := a.p.wait(); err != nil {
		a.Fatal(err)
	}
}

// contents returns the digest of a database.
func contents(t *testing.T, database string) archiveFoot {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: database, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, foot, err := digest(t.Context(), s, "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return foot
}

// A backup of a running server, put in place of what came after it, gives the state of its
// moment, says what that undoes, and keeps what it replaced.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "x.backup")
	a := api{t, start(t, dir), ""}
	a.secret = credentials(t, data)["SCW_SECRET_KEY"]
	kept := a.application("kept")
	succeeds(t, "backup", "--data", data, "--out", file)
	refuses(t, "exists already", "backup", "--data", data, "--out", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", info.Mode(), err)
	}
	later := a.application("later")
	if status, body := a.call("DELETE", "/iam/v1alpha1/applications/"+kept, ""); status != 204 {
		t.Fatal(status, body)
	}
	refuses(t, "in use by another bailiwick", "restore", file, "--data", data, "--replace")
	a.end()
	before := contents(t, filepath.Join(data, databaseName))

	refuses(t, "give --replace", "restore", file, "--data", data)
	refuses(t, "is not that of the backup", "restore", file, "--data", data, "--replace", "--master-key", otherKey(t))
	if contents(t, filepath.Join(data, databaseName)) != before {
		t.Error("a refused restore changed the database")
	}
	out := succeeds(t, "restore", file, "--data", data, "--replace")
	if want := "2 changes since the backup are lost; 1 of them may have taken something away"; !strings.Contains(out, want) ||
		!strings.Contains(out, "DeleteApplication") || !strings.Contains(out, kept) || strings.Contains(out, later) {
		t.Errorf("it says %s", out)
	}
	replaced, err := filepath.Glob(filepath.Join(data, databaseName+".before-*"))
	if err != nil || len(replaced) != 1 || contents(t, replaced[0]) != before {
		t.Errorf("what was replaced: %v, %v", replaced, err)
	}
	if info, err := os.Stat(filepath.Join(data, databaseName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database has mode %v, %v", info.Mode(), err)
	}
	a.p = start(t, dir)
	for id, want := range map[string]int{kept: 200, later: 404} {
		if status, body := a.call("GET", "/iam/v1alpha1/applications/"+id, ""); status != want {
			t.Errorf("%s: %d %s, want %d", id, status, body, want)
		}
	}
	_, events := a.call("GET", "/audit-trail/v1alpha1/regions/fr-par/events?method_name=RestoreBackup", "")
	if strings.Count(events, `"method_name":"RestoreBackup"`) != 1 {
		t.Errorf("the audit trail says %s", events)
	}
}

func otherKey(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Sessions that were ended after a backup do not live again if the restore ends them all.
func TestRestoreEndsSessions(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "x.backup")
	p := start(t, dir)
	keys := credentials(t, data)
	a := api{t, p, keys["SCW_SECRET_KEY"]}
	status, body := a.call("POST", "/bailiwick/v1/login/password", fmt.Sprintf(`{"email":%q,"password":%q}`, keys["BAILIWICK_OWNER_EMAIL"], keys["BAILIWICK_OWNER_PASSWORD"]))
	renew := regexp.MustCompile(`"renew_token":"([^"]+)"`).FindStringSubmatch(body)
	if status != 200 || renew == nil {
		t.Fatal(status, body)
	}
	succeeds(t, "backup", "--data", data, "--out", file)
	a.end()
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{"--replace"}, 200}, {[]string{"--replace", "--end-sessions"}, 401}} {
		succeeds(t, append([]string{"restore", file, "--data", data}, c.args...)...)
		a.p = start(t, dir)
		if status, body := a.call("POST", "/bailiwick/v1/login/renew", fmt.Sprintf(`{"renew_token":%q}`, renew[1])); status != c.want {
			t.Errorf("%v: renewed with %d %s", c.args, status, body)
		}
		a.end()
	}
}

// A backup that was changed or cut anywhere is refused, and nothing is written.
func TestDamagedBackups(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "x.backup")
	a := api{t, start(t, dir), ""}
	a.secret = credentials(t, data)["SCW_SECRET_KEY"]
	a.application("canary")
	a.end()
	succeeds(t, "backup", "--data", data, "--out", file)
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(plain, []byte("\n"))
	without := func(i int) []byte { return bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil) }
	damaged := map[string][]byte{
		"edited":          bytes.Replace(plain, []byte("canary"), []byte("canarx"), 1),
		"a row less":      without(3),
		"a row twice":     bytes.Join(append(append(append([][]byte{}, lines[:4]...), lines[3]), lines[4:]...), nil),
		"swapped":         bytes.Join(append(append(append([][]byte{}, lines[:3]...), lines[4], lines[3]), lines[5:]...), nil),
		"without a foot":  without(len(lines) - 2),
		"without a head":  without(0),
		"of tomorrow":     bytes.Replace(plain, []byte("bailiwick-backup-1"), []byte("bailiwick-backup-2"), 1),
		"empty":           nil,
		"not JSON":        append([]byte("{"), plain...),
		"a table too far": bytes.Replace(plain, []byte("\n[0,"), []byte("\n[99,"), 1),
	}
	target := filepath.Join(dir, "target")
	try := func(name string, raw []byte) {
		t.Helper()
		bad := filepath.Join(dir, "bad.backup")
		if err := os.WriteFile(bad, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, "backup", "restore", bad, "--data", target, "--master-key", filepath.Join(data, masterKeyName))
		if left, err := filepath.Glob(filepath.Join(target, "*.db*")); err != nil || len(left) > 0 {
			t.Errorf("%s: it left %v", name, left)
		}
	}
	for name, text := range damaged {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		w.Write(text)
		w.Close()
		try(name, out.Bytes())
	}
	for _, length := range []int{0, 1, 10, len(packed) / 2, len(packed) - 9, len(packed) - 1} {
		try(fmt.Sprint("cut at ", length), packed[:length])
	}
	refuses(t, "no such file", "restore", filepath.Join(dir, "none"), "--data", target)
	succeeds(t, "restore", file, "--data", target, "--master-key", filepath.Join(data, masterKeyName))
}

// An installation moves to PostgreSQL and back, and is the same on both sides, also when a
// move was cut off in between.
func TestMove(t *testing.T) {
	database, dir := newDatabase(t), t.TempDir()
	data, back := filepath.Join(dir, "data"), filepath.Join(dir, "back")
	a := api{t, start(t, dir), ""}
	keys := credentials(t, data)
	a.secret = keys["SCW_SECRET_KEY"]
	moved := a.application("moved")
	refuses(t, "in use by another bailiwick", "move", "--from", data, "--to", database)
	a.end()
	want := contents(t, filepath.Join(data, databaseName))

	cutOff(t, filepath.Join(data, databaseName), database)
	refuses(t, "half filled", "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "none"), "--database", database, "--master-key", filepath.Join(data, masterKeyName))
	succeeds(t, "move", "--from", data, "--to", database)
	if got := contents(t, database); got != want {
		t.Errorf("moved %+v, want %+v", got, want)
	}
	refuses(t, "not empty", "move", "--from", data, "--to", database)

	a.p = start(t, dir, "--data", "second", "--database", database, "--master-key", filepath.Join(data, masterKeyName))
	if status, body := a.call("GET", "/iam/v1alpha1/applications/"+moved, ""); status != 200 {
		t.Errorf("after the move: %d %s", status, body)
	}
	a.application("made on PostgreSQL")
	a.end()
	succeeds(t, "move", "--from", database, "--to", back)
	if got, want := contents(t, filepath.Join(back, databaseName)), contents(t, database); got != want {
		t.Errorf("moved back %+v, want %+v", got, want)
	}
}

// cutOff begins a move and ends it in the middle.
func cutOff(t *testing.T, from, to string) {
	t.Helper()
	source, err := store.Open(t.Context(), store.Config{Database: from, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := store.Open(t.Context(), store.Config{Database: to, Filling: true})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	var contents store.Contents
	var rows []store.Row
	if err := source.Dump(t.Context(), func(c store.Contents) error { contents = c; return nil },
		func(r store.Row) error { rows = append(rows, r); return nil }); err != nil {
		t.Fatal(err)
	}
	given, cut := 0, errors.New("cut off")
	if err := target.Load(t.Context(), moveSource(contents), contents, func() (store.Row, error) {
		if given++; given > len(rows)/2 {
			return store.Row{}, cut
		}
		return rows[given-1], nil
	}); !errors.Is(err, cut) {
		t.Fatal(err)
	}
}

// After a rotation only the new master key opens the database, and all secrets still work.
func TestRotateMasterKey(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	a := api{t, start(t, dir), ""}
	a.secret = credentials(t, data)["SCW_SECRET_KEY"]
	refuses(t, "in use by another bailiwick", "rotate-master-key", "--data", data, "--new", filepath.Join(dir, "next"))
	a.end()
	refuses(t, "is the old one", "rotate-master-key", "--data", data, "--new", filepath.Join(data, masterKeyName))
	for _, next := range []string{"second", "third"} { // the second time, the wrapped key is wrapped anew
		path := filepath.Join(dir, next)
		refuses(t, "does not belong", "rotate-master-key", "--data", data, "--new", path, "--master-key", otherKey(t))
		succeeds(t, "rotate-master-key", "--data", data, "--new", path)
		refuses(t, "does not belong", "serve", "--listen", "127.0.0.1:0", "--data", data)
		if err := os.Rename(path, filepath.Join(data, masterKeyName)); err != nil {
			t.Fatal(err)
		}
		a.p = start(t, dir)
		if status, body := a.call("GET", "/account/v3/projects", ""); status != 200 {
			t.Fatalf("with the new key: %d %s", status, body)
		}
		a.end()
	}
}
