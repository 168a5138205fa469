package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// shell runs commands as a person would, each with its environment.
type shell struct {
	t   *testing.T
	env map[string]string
}

func newShell(t *testing.T, dbURL string) *shell {
	s := &shell{t: t, env: map[string]string{"OCPIZZA_SECRET": strings.Repeat("s", minSecret)}}
	return s.on(dbURL)
}

// on is the same person on another database.
func (s *shell) on(dbURL string) *shell {
	other := &shell{t: s.t, env: map[string]string{}}
	for k, v := range s.env {
		other.env[k] = v
	}
	delete(other.env, "CLEARDB_DATABASE_URL")
	delete(other.env, "OCPIZZA_SQLITE")
	if path, ok := strings.CutPrefix(dbURL, "sqlite://"); ok {
		other.env["OCPIZZA_SQLITE"] = path
	} else {
		other.env["CLEARDB_DATABASE_URL"] = dbURL
	}
	return other
}

func (s *shell) try(args ...string) (out string, err error) {
	s.t.Helper()
	var o, e bytes.Buffer
	err = run(s.t.Context(), args, func(name string) string { return s.env[name] }, &o, &e)
	for _, secret := range []string{"AGE-SECRET-KEY-1", "wrong-secret", "p@ss", "p%40ss"} {
		if strings.Contains(o.String()+e.String(), secret) || err != nil && strings.Contains(err.Error(), secret) {
			s.t.Errorf("%v prints a secret: %s %s %v", args, o.String(), e.String(), err)
		}
	}
	if err != nil && strings.Contains(strings.TrimSpace(err.Error()), "\n") {
		s.t.Errorf("%v: more than a line: %v", args, err)
	}
	return o.String(), err
}

func (s *shell) run(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return out
}

// refuses checks that a command fails and says something.
func (s *shell) refuses(says string, args ...string) {
	s.t.Helper()
	if _, err := s.try(args...); err == nil || !strings.Contains(err.Error(), says) {
		s.t.Errorf("%v: %v, want %q", args, err, says)
	}
}

func (s *shell) backups(from string) []stored {
	s.t.Helper()
	var all []stored
	if err := json.Unmarshal([]byte(s.run("backups", "--from", from, "--json")), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// fakeS3 is an S3-compatible server with one bucket, and a person who knows it.
func fakeS3(t *testing.T, s *shell) {
	t.Helper()
	memory := s3mem.New()
	if err := memory.CreateBucket("seau"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(memory).Server())
	t.Cleanup(server.Close)
	s.env["OCPIZZA_S3_ENDPOINT"], s.env["OCPIZZA_S3_REGION"] = server.URL, "eu-west-3"
	s.env["OCPIZZA_S3_KEY"], s.env["OCPIZZA_S3_SECRET"] = "key", "wrong-secret"
}

func seeded(t *testing.T, url string) *shell {
	t.Helper()
	s := newShell(t, url)
	s.run("migrate")
	s.run("seed", "--demo")
	return s
}

// TestBackupCommands goes through what an operator does, in folders and in S3, encrypted and not.
func TestBackupCommands(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		s := seeded(t, dbURL)
		fakeS3(t, s)
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		other, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		keys := t.TempDir()
		key, wrong := filepath.Join(keys, "key.txt"), filepath.Join(keys, "wrong.txt")
		for path, id := range map[string]*age.X25519Identity{key: identity, wrong: other} {
			if err := os.WriteFile(path, []byte("# comment\n"+id.String()+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, to := range []string{t.TempDir(), "s3://seau/ocpizza/production"} {
			for _, recipient := range []string{"", identity.Recipient().String()} {
				args := []string{"backup", "--to", to, "--keep", "2"}
				if recipient != "" {
					args = append(args, "--age-recipient", recipient)
				}
				s.run(args...)
				all := s.backups(to)
				last := all[len(all)-1].Name
				if strings.HasSuffix(last, ".age") != (recipient != "") {
					t.Errorf("%v: %s", args, last)
				}
				there := s.on("sqlite://" + dbtest.SQLite(t))
				restore := []string{"restore", last}
				if recipient != "" {
					there.refuses("chiffrée", restore...)
					there.refuses("n’ouvre pas", append(restore, "--age-identity", wrong)...)
					restore = append(restore, "--age-identity", key)
				}
				if out := there.run(append(restore, "--check")...); !strings.Contains(out, "intact") {
					t.Error(out)
				}
				there.run(restore...)
				there.run("till", "verify")
				there.refuses("--replace", restore...)
				there.run(append(restore, "--replace", "--without-demo")...)
				if users := there.run("user", "list"); strings.TrimSpace(users) != "" {
					t.Error("the demo's accounts are there:", users)
				}
			}
			// A second later the names differ; the third backup makes the first go.
			time.Sleep(1100 * time.Millisecond)
			first := s.backups(to)[0].Name
			s.run("backup", "--to", to, "--keep", "2")
			if all := s.backups(to); len(all) != 2 || slices.ContainsFunc(all, func(b stored) bool { return b.Name == first }) {
				t.Errorf("%s: kept %v, the first was %s", to, all, first)
			}
		}
		d, err := db.Open(t.Context(), db.Options{URL: dbURL})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if u, err := d.Usage(t.Context()); err != nil || time.Since(u.Backup) > time.Minute {
			t.Errorf("last backup %v, %v", u.Backup, err)
		}
	})
}

// TestBackupBadInput: one clear line, nothing half done, no secret.
func TestBackupBadInput(t *testing.T) {
	url := "sqlite://" + dbtest.SQLite(t)
	s := seeded(t, url)
	dir := t.TempDir()
	good := filepath.Join(dir, "good.sql.gz")
	s.run("backup", "--to", good)

	s.refuses("--keep", "backup", "--to", good, "--keep", "2")
	s.refuses("--keep", "backup", "--to", "-", "--keep", "2")
	s.refuses("n’existe pas", "backup", "--to", filepath.Join(dir, "nowhere")+"/")
	s.refuses("n’existe pas", "backup", "--to", filepath.Join(dir, "nowhere", "x.sql.gz"))
	s.refuses("ftp://", "backup", "--to", "ftp://somewhere/x")
	s.refuses("age1", "backup", "--to", dir, "--age-recipient", "AGE-SECRET-KEY-1WRONG")
	s.refuses("OCPIZZA_S3_KEY", "backup", "--to", "s3://seau/x")
	s.refuses("l’option --nonsense n’existe pas", "backup", "--nonsense")
	s.refuses("n’existe pas", "restore", filepath.Join(dir, "missing.sql.gz"), "--replace")
	s.refuses("aucun fichier .sql", "restore", t.TempDir(), "--replace")
	s.on("sqlite://"+filepath.Join(dir, "none.db")).refuses("n’existe pas", "backup", "--to", dir)
	dyno := s.on(url)
	dyno.env["DYNO"], dyno.env["OCPIZZA_ORIGIN"], dyno.env["CLEARDB_DATABASE_URL"] = "run.1", "https://x.fr", "mysql://u:p%40ss@127.0.0.1:1/x"
	dyno.refuses("effacé chaque jour", "backup")

	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"cut.sql.gz": whole[:len(whole)/2], "flipped.sql.gz": slices.Concat(whole[:500], []byte{whole[500] ^ 4}, whole[501:]), "empty.sql.gz": nil,
		"photo.jpg": append([]byte{0xff, 0xd8, 0xff, 0}, whole...), "letter.txt": []byte("Bonjour, voici la sauvegarde."),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s.refuses(name, "restore", path, "--replace")
		s.refuses(name, "restore", path, "--check")
	}
	if os.Geteuid() != 0 {
		locked := filepath.Join(t.TempDir(), "locked")
		if err := os.Mkdir(locked, 0o500); err != nil {
			t.Fatal(err)
		}
		s.refuses("droit d’écriture", "backup", "--to", locked)
	}
	fakeS3(t, s)
	s.refuses("seau « absent »", "backup", "--to", "s3://absent/x")
	s.refuses("n’existe pas", "restore", "s3://seau/nothing.sql.gz", "--replace")
	s.refuses("nom entier", "restore", "s3://seau/ocpizza", "--replace")
	s.refuses("sans clé", "backup", "--to", "s3://key:wrong-secret@seau/x")
	s.env["OCPIZZA_S3_ENDPOINT"] = "http://127.0.0.1:1"
	s.refuses("ne répond pas", "backups", "--from", "s3://seau")

	if left, err := filepath.Glob(filepath.Join(dir, ".ocpizza-*")); err != nil || len(left) > 0 {
		t.Error("left behind:", left, err)
	}
	// The database is as it was.
	s.run("till", "verify")
	s.run("restore", good, "--replace")
}

// TestBackupToFullDisk writes to a device that is always full.
func TestBackupToFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	s := seeded(t, "sqlite://"+dbtest.SQLite(t))
	err = run(t.Context(), []string{"backup", "--to", "-"}, func(name string) string { return s.env[name] }, full, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "le disque est plein") {
		t.Error(err)
	}
}

// TestInterruptedBackup leaves neither a file nor an object.
func TestInterruptedBackup(t *testing.T) {
	s := seeded(t, "sqlite://"+dbtest.SQLite(t))
	fakeS3(t, s)
	dir := t.TempDir()
	for _, to := range []string{dir, "s3://seau/x"} {
		p, err := openPlace(&console{ctx: t.Context(), env: func(name string) string { return s.env[name] }}, to, true)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.put(t.Context(), backupName(time.Now(), false), func(w io.Writer) error {
			if _, err := w.Write(make([]byte, 7<<20)); err != nil {
				return err
			}
			return context.Canceled
		})
		if err == nil {
			t.Error("an interrupted backup is a success")
		}
		if all := s.backups(to); len(all) > 0 {
			t.Errorf("%s: %v", to, all)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Error(left)
	}
}

// TestLargeBackupInParts goes through S3's multipart upload: what comes back is what was sent.
func TestLargeBackupInParts(t *testing.T) {
	s := newShell(t, "sqlite://"+dbtest.SQLite(t))
	fakeS3(t, s)
	c := &console{ctx: t.Context(), env: func(name string) string { return s.env[name] }}
	p, err := openS3(c, "s3://seau/deep/er")
	if err != nil {
		t.Fatal(err)
	}
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB: three parts and a little
	kept, err := p.put(t.Context(), backupName(time.Now(), false), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(sent))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	one, err := openS3(c, kept.Name)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := one.fetch(t.Context(), &got); err != nil || !bytes.Equal(got.Bytes(), sent) {
		t.Errorf("%d bytes came back of %d: %v", got.Len(), len(sent), err)
	}
}

// TestRestoreUnderOpenScreens restores beneath a running server: screens are told to come back and then show the past.
func TestRestoreUnderOpenScreens(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		s := newShell(t, dbURL)
		file := filepath.Join(t.TempDir(), "before.sql.gz")
		before := e.visitor().place(order("margherita:medium:1"), "before")
		s.run("backup", "--to", file)
		after := e.visitor().place(order("margherita:medium:1"), "after")
		cook := e.as("cuisine")
		kitchen := cook.watch("/live/cuisine")
		s.run("restore", file, "--replace")
		for {
			if _, err := kitchen.read(patience); err != nil {
				// gobwas/ws does not know 1012, « service restart »: a page comes back at once.
				if !strings.Contains(err.Error(), "not defined in spec") {
					t.Errorf("the kitchen was cut: %v", err)
				}
				break
			}
		}
		again := cook.watch("/live/cuisine") // still signed in
		if again.hello.E == kitchen.hello.E {
			t.Error("the epoch is the same")
		}
		page := e.visitor()
		page.get(before.Suivi).want(200)
		page.get(after.Suivi).want(404)
		// The same phone repeats its order of before: it is not placed twice.
		if o := page.place(order("margherita:medium:1"), "before"); o.Suivi != before.Suivi {
			t.Logf("another visitor's key: %+v", o)
		}
		page.place(order("margherita:medium:1"), "next")
	})
}
