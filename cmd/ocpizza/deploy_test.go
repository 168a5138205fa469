package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/db/dbtest/child"
)

// slug is a release as Heroku makes it: what is committed, its program in bin/, and its Procfile.
type slug struct {
	t   *testing.T
	dir string
}

// release clones a commit and builds it as the Go buildpack does: go install, its tag, the packages that go.mod names, into bin/.
func release(t *testing.T, commit string) slug {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a release")
	}
	s := slug{t: t, dir: t.TempDir()}
	s.clone(commit)
	mod, err := os.ReadFile(filepath.Join(s.dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^// \+heroku goVersion go1\.\d+$`).Find(mod)
	install := regexp.MustCompile(`(?m)^// \+heroku install (.+)$`).FindSubmatch(mod)
	if version == nil || install == nil {
		t.Fatal("go.mod does not tell the buildpack which Go, and what to install")
	}
	build := exec.CommandContext(t.Context(), "go", append([]string{"install", "-tags", "heroku"}, strings.Fields(string(install[1]))...)...)
	build.Dir = s.dir
	build.Env = append(os.Environ(), "GOBIN="+filepath.Join(s.dir, "bin"), "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	return s
}

// clone makes a clean copy of a commit: whatever lies about uncommitted is no part of a release.
func (s slug) clone(commit string) {
	s.t.Helper()
	for _, args := range [][]string{{"clone", "--quiet", "--no-checkout", filepath.Join("..", ".."), s.dir}, {"-C", s.dir, "checkout", "--quiet", "--detach", commit}} {
		if out, err := exec.CommandContext(s.t.Context(), "git", args...).CombinedOutput(); err != nil {
			s.t.Skipf("no history to release from: git %v: %v: %s", args, err, out)
		}
	}
}

// command is a process type of the Procfile, with nothing in its environment but what Heroku puts there; or, with args, a command of
// heroku run, which is of no process type.
func (s slug) command(process string, env map[string]string, args ...string) *exec.Cmd {
	s.t.Helper()
	procfile, err := os.ReadFile(filepath.Join(s.dir, "Procfile"))
	if err != nil {
		s.t.Fatal(err)
	}
	words := append([]string{"bin/ocpizza"}, args...)
	if len(args) == 0 {
		line := regexp.MustCompile(`(?m)^` + process + `: (.+)$`).FindSubmatch(procfile)
		if line == nil {
			s.t.Fatalf("the Procfile has no %s", process)
		}
		words = strings.Fields(string(line[1]))
	}
	c := exec.CommandContext(s.t.Context(), filepath.Join(s.dir, words[0]), words[1:]...)
	c.Dir = s.dir
	c.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + s.dir, "DYNO=" + process + ".1", "LANG=en_US.UTF-8"}
	for name, value := range env {
		c.Env = append(c.Env, name+"="+value)
	}
	return c
}

// run waits for a command that should succeed.
func (s slug) run(process string, env map[string]string, args ...string) string {
	s.t.Helper()
	c := s.command(process, env, args...)
	out, err := c.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v: %v\n%s", c.Args[1:], err, out)
	}
	return string(out)
}

// webProcess is a release's web process.
type webProcess struct {
	t    *testing.T
	url  string
	proc *child.Process
	log  *bytes.Buffer
}

// web starts the web process and waits until it is ready.
func (s slug) web(env map[string]string) *webProcess {
	s.t.Helper()
	d := &webProcess{t: s.t, url: "http://127.0.0.1:" + env["PORT"], log: &bytes.Buffer{}}
	c := s.command("web", env)
	c.Stdout, c.Stderr = d.log, d.log
	var err error
	if d.proc, err = child.Run(c); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { d.proc.End(syscall.SIGKILL, patience) })
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if status, _ := d.get("/readyz"); status == http.StatusOK {
			return d
		}
		select {
		case <-d.proc.Ended:
			s.t.Fatalf("the web process ended: %s", d.log)
		default:
		}
		if time.Now().After(deadline) {
			d.proc.End(syscall.SIGKILL, patience)
			s.t.Fatalf("not ready: %s", d.log)
		}
	}
}

func (d *webProcess) get(path string) (status int, body string) {
	return d.ask(http.MethodGet, path, "text/html", http.NoBody)
}

// ask sends a request; a POST is a form under a key of its own. Status 0 is no answer.
func (d *webProcess) ask(method, path, accept string, form io.Reader) (status int, body string) {
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, form)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

// stop is Heroku's: SIGTERM, then 30 s.
func (d *webProcess) stop() {
	d.t.Helper()
	begun := time.Now()
	if !d.proc.End(syscall.SIGTERM, 25*time.Second) || d.proc.Command.ProcessState.ExitCode() != 0 {
		d.t.Errorf("a stop took %v and ended with %v: %s", time.Since(begun), d.proc.Command.ProcessState, d.log)
	}
}

// heroku is the environment of an app: its add-on's URL, exactly as ClearDB gives it, and its settings.
func heroku(t *testing.T, databaseURL string) map[string]string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return map[string]string{
		"PORT": strconv.Itoa(l.Addr().(*net.TCPAddr).Port), "CLEARDB_DATABASE_URL": databaseURL,
		"OCPIZZA_ORIGIN": "https://pizza.example", "OCPIZZA_SECRET": "un-secret-de-production-tire-au-hasard",
	}
}

// TestDeploy is a first deployment: build, release phase, first data, web process, stop; then everything that must not start.
func TestDeploy(t *testing.T) {
	server := dbtest.MariaDB(t)
	s := release(t, "HEAD")
	env := heroku(t, server.Schema(t))
	if out := s.run("release", env); !strings.Contains(out, "à jour") {
		t.Error(out)
	}
	if out := s.run("release", env); !strings.Contains(out, "(0 migration") {
		t.Error("the release phase, again:", out)
	}
	if out := s.run("run", env, "migrate", "--status"); strings.Contains(out, "à appliquer") {
		t.Error(out)
	}
	s.run("run", env, "seed")
	d := s.web(env)
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/": "OC Pizza"} {
		if status, body := d.get(path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	d.stop()

	t.Run("refused", func(t *testing.T) { s.refusals(t, env, server) })
	t.Run("update", s.update)
}

// refusals start the web process with one thing wrong at a time: one clear line, a status that says no, and no secret in it.
func (s slug) refusals(t *testing.T, good map[string]string, server *dbtest.Server) {
	demo := server.Schema(t)
	fill(t, demo)
	u, err := url.Parse(good["CLEARDB_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*url.URL)) string {
		c := *u
		change(&c)
		return c.String()
	}
	for name, c := range map[string]struct{ variable, value, says string }{
		"no database":     {"CLEARDB_DATABASE_URL", "", "ClearDB"},
		"no secret":       {"OCPIZZA_SECRET", "", "OCPIZZA_SECRET manque"},
		"short secret":    {"OCPIZZA_SECRET", "trop-court-zzz", "OCPIZZA_SECRET est trop court"},
		"no origin":       {"OCPIZZA_ORIGIN", "", "OCPIZZA_ORIGIN manque"},
		"a bad origin":    {"OCPIZZA_ORIGIN", "www.oc-pizza.fr", "OCPIZZA_ORIGIN"},
		"a bad port":      {"PORT", "http", "PORT"},
		"demo database":   {"CLEARDB_DATABASE_URL", demo, "démonstration"},
		"empty database":  {"CLEARDB_DATABASE_URL", server.Schema(t), "ocpizza migrate"},
		"wrong password":  {"CLEARDB_DATABASE_URL", with(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "faux-zzz") }), "mot de passe"},
		"unknown schema":  {"CLEARDB_DATABASE_URL", with(func(u *url.URL) { u.Path = "/heroku_zzz" }), "base nommée"},
		"unknown host":    {"CLEARDB_DATABASE_URL", with(func(u *url.URL) { u.Host = "zzz.invalid" }), "introuvable"},
		"nobody there":    {"CLEARDB_DATABASE_URL", with(func(u *url.URL) { u.Host = "127.0.0.1:1" }), "rien ne répond"},
		"a malformed URL": {"CLEARDB_DATABASE_URL", "mysql://b0:secret-zzz@:port d'à côté/heroku_1", "illisible"},
		"another engine":  {"CLEARDB_DATABASE_URL", "postgres://b0:secret-zzz@host/heroku_1", "mysql://"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{}
			for k, v := range good {
				env[k] = v
			}
			if env[c.variable] = c.value; c.value == "" {
				delete(env, c.variable)
			}
			run := s.command("web", env)
			var out, complaint bytes.Buffer
			run.Stdout, run.Stderr = &out, &complaint
			err := run.Run()
			if err == nil || run.ProcessState.ExitCode() != 1 || out.Len() != 0 {
				t.Errorf("%v, %s", run.ProcessState, &out)
			}
			line := complaint.String()
			if !strings.HasPrefix(line, "ocpizza: ") || strings.Count(line, "\n") != 1 || !strings.Contains(line, c.says) {
				t.Errorf("not one clear line: %q", line)
			}
			password, _ := u.User.Password()
			for _, secret := range []string{password, url.QueryEscape(password), u.User.Username(), good["OCPIZZA_SECRET"], "-zzz"} {
				if strings.Contains(line, secret) {
					t.Errorf("%q shows %q", line, secret)
				}
			}
		})
	}
}

// fill makes a demo of a schema.
func fill(t *testing.T, databaseURL string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: databaseURL, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := seed(t.Context(), d, true, io.Discard); err != nil {
		t.Fatal(err)
	}
}

// TestHerokuOrigin is what a review app goes by.
func TestHerokuOrigin(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"":                             {"HEROKU_APP_NAME": "ocpizza"},
		"https://ocpizza-1.heroku":     {"HEROKU_APP_DEFAULT_DOMAIN_NAME": "ocpizza-1.heroku", "HEROKU_APP_NAME": "x", "HEROKU_PR_NUMBER": "7"},
		"https://p-pr-7.herokuapp.com": {"HEROKU_APP_NAME": "p-pr-7", "HEROKU_PR_NUMBER": "7"},
		"https://www.oc-pizza.fr":      {"OCPIZZA_ORIGIN": "https://www.oc-pizza.fr", "HEROKU_APP_DEFAULT_DOMAIN_NAME": "x"},
	} {
		c, err := readConfig(func(name string) string {
			if name == "OCPIZZA_SECRET" {
				return strings.Repeat("s", minSecret)
			}
			return env[name]
		})
		if err != nil || c.Origin != want {
			t.Errorf("%v: %q, %v", env, c.Origin, err)
		}
	}
}

// TestContainer checks what the Dockerfile rests on. Its image has no library, so that no package of the program may need C. (The standard
// library's do without, when CGO_ENABLED=0.) Whatever the program writes unless told otherwise is in the volume, where the account that runs
// it may write. The image itself is not built: that takes Docker, and minutes.
func TestContainer(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := string(text)
	for _, want := range []string{"RUN CGO_ENABLED=0 go build", "STOPSIGNAL SIGTERM", `CMD ["serve"]`, "FROM golang:1.26 AS build"} {
		if !strings.Contains(recipe, want) {
			t.Errorf("the Dockerfile has no %q", want)
		}
	}
	_, image, _ := strings.Cut(recipe, "\nFROM gcr.io/distroless/")
	one := func(pattern string) string {
		t.Helper()
		m := regexp.MustCompile(`(?m)^`+pattern+`$`).FindAllStringSubmatch(image, -1)
		if len(m) != 1 {
			t.Fatalf("%d lines like %q in the image", len(m), pattern)
		}
		return m[0][1]
	}
	volume, user := one(`VOLUME (/\S+)`), one(`USER (\d+:\d+)`)
	if at := one(`WORKDIR (/\S+)`); at != volume {
		t.Errorf("commands run in %s, and what they write is kept in %s", at, volume)
	}
	if owner := one(`COPY --from=build --chown=(\d+:\d+) /\S+ ` + volume); owner != user || user == "0:0" {
		t.Errorf("%s belongs to %s, and %s runs the program", volume, owner, user)
	}
	if strings.Index(image, "WORKDIR") < strings.Index(image, " "+volume+"\n") {
		t.Error("WORKDIR makes the folder, as root, before it is copied")
	}
	t.Run("what it writes", func(t *testing.T) {
		inside := t.TempDir()
		t.Chdir(inside) // as WORKDIR says
		s := &shell{t: t, env: map[string]string{}}
		for _, pair := range strings.Fields(one(`ENV (.+)`)) {
			name, value, _ := strings.Cut(pair, "=")
			s.env[name] = strings.Replace(value, volume, inside, 1)
			if strings.HasPrefix(value, "/") && s.env[name] == value {
				t.Errorf("%s is outside of %s", pair, volume)
			}
		}
		serving(t, s.env)
		if out := s.run("backup"); !strings.Contains(out, "sauvegardes/ocpizza-") {
			t.Error(out)
		}
		for _, name := range []string{"ocpizza.db", "ocpizza.db.secret", "sauvegardes"} {
			if _, err := os.Stat(filepath.Join(inside, name)); err != nil {
				t.Error(err)
			}
		}
	})
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := list.Output(); err != nil || len(bytes.TrimSpace(out)) != 0 {
		t.Errorf("packages that need C: %s, %v", out, err)
	}
}
