package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// stdin is a pipe into the program, for the commands of this test.
func stdin(t *testing.T, text string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = r
	t.Cleanup(func() { os.Stdin = before; r.Close() })
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// signsIn tells whether a password opens an account, and who then has the session.
func (e *evening) signsIn(login, password string) (*person, bool) {
	e.t.Helper()
	p := e.visitor()
	p.name = login
	r := p.post("/connexion", url.Values{"identifiant": {login}, "mot_de_passe": {password}})
	if r.StatusCode != http.StatusOK {
		return p, false
	}
	var answer struct{ CSRF string }
	r.decode(&answer)
	p.csrf = answer.CSRF
	return p, true
}

// TestUsers makes an account as an operator does, has its owner work, changes the password, and closes the account.
func TestUsers(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := quiet(t, dbURL)
		s := newShell(t, dbURL)
		s.env["OCPIZZA_ORIGIN"] = e.url
		const first, second = "un mot de passe à espaces", "un autre, plus long"
		stdin(t, " "+first+"\r\nla suite n’en est pas")
		if out := s.run("user", "add", " Zoé ", "--name", "Zoé Puig", "--role", "cook", "--pizzeria", "perpignan", "--pizzeria", "canet"); !strings.Contains(out, "« zoé » créé") {
			t.Error(out)
		}
		zoe, ok := e.signsIn("zoé", first)
		if !ok {
			t.Fatal("the new account does not open")
		}
		for _, wrong := range []string{"un", first + " la suite n’en est pas"} {
			if _, ok := e.signsIn("zoé", wrong); ok {
				t.Errorf("%q opens it too", wrong)
			}
		}
		var users []app.User
		if err := json.Unmarshal([]byte(s.run("user", "list", "--json")), &users); err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			if u.PasswordHash != "" || u.Login == "zoé" && (u.Name != "Zoé Puig" || u.Role != app.Cook || len(u.Pizzerias) != 2 || u.Disabled) {
				t.Errorf("%+v", u)
			}
		}
		if list := s.run("user", "list"); !strings.Contains(list, "zoé") || strings.Contains(list, "argon2id") {
			t.Error(list)
		}

		kitchen := zoe.watch("/live/cuisine?pizzeria=perpignan")
		stdin(t, second) // without the end of a line
		changed := time.Now()
		s.run("user", "password", "ZOÉ")
		if code := kitchen.closed(); code != 4001 {
			t.Errorf("the kitchen's socket ends with %d", code)
		}
		if took := time.Since(changed); took > soon {
			t.Errorf("after %v", took)
		}
		zoe.getJSON("/cuisine").want(http.StatusUnauthorized)
		if _, ok := e.signsIn("zoé", first); ok {
			t.Error("the old password opens")
		}
		if zoe, ok = e.signsIn("zoé", second); !ok {
			t.Fatal("the new password does not open")
		}

		kitchen = zoe.watch("/live/cuisine?pizzeria=perpignan")
		s.run("user", "disable", "zoé")
		if code := kitchen.closed(); code != 4001 {
			t.Errorf("the kitchen's socket ends with %d", code)
		}
		if _, ok := e.signsIn("zoé", second); ok {
			t.Error("a closed account opens")
		}
		if list := s.run("user", "list"); !strings.Contains(list, "fermé") {
			t.Error(list)
		}

		for _, bad := range []struct{ says, password, line string }{
			{"déjà pris", second, "user add zoé --name Z --role director"},
			{"aucun mot de passe", "", "user add lea --name L --role director"},
			{"aucun mot de passe", "\n" + second, "user password zoé"},
			{"trop court ou public", "neuf cara\n", "user add lea --name L --role director"},
			{"trop court ou public", "éééééé\n", "user password zoé"},
			{"trop court ou public", app.DemoPassword, "user add lea --name L --role director"},
			{"dans quelle pizzeria", second, "user add lea --name L --role cook"},
			{"la pizzeria \"ici\" n’existe pas", second, "user add lea --name L --role cook --pizzeria ici"},
			{"Cette personne n’existe pas", second, "user password lea"},
			{"Cette personne n’existe pas", "", "user disable lea"},
		} {
			stdin(t, bad.password)
			s.refuses(bad.says, strings.Fields(bad.line)...)
		}
	})
}
