package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// typed runs a command line as typed in an empty directory.
func typed(t *testing.T, args ...string) (out, complaint string, status int) {
	t.Helper()
	t.Chdir(t.TempDir())
	var o, e bytes.Buffer
	status = exitStatus(run(t.Context(), args, func(string) string { return "" }, &o, &e), &e)
	left, err := filepath.Glob("*")
	if err != nil || len(left) > 0 {
		t.Errorf("%v leaves %v behind (%v)", args, left, err)
	}
	return o.String(), e.String(), status
}

var english = regexp.MustCompile(`(?i)\b(unknown|unexpected|expected|missing|must be|did you mean|flag|flags|show|run|for more|command|string|got|used)\b`)

// TestBadUsage: one French line that says what is wrong and where the help is, and status 2.
func TestBadUsage(t *testing.T) {
	for line, want := range map[string]string{
		"--nonsense":                        "l’option --nonsense n’existe pas",
		"-x":                                "l’option -x n’existe pas",
		"backup --tp x":                     "l’option --tp n’existe pas. Vouliez-vous dire --to ?",
		"backup --keeep 3":                  "Vouliez-vous dire --keep ?",
		"serve --port=1":                    "l’option --port n’existe pas",
		"nonsense":                          "« nonsense » n’est pas attendu ici",
		"bakcup":                            "« bakcup » n’est pas attendu ici. Vouliez-vous dire backup",
		"backup extra":                      "« extra » n’est pas attendu ici",
		"till":                              "il manque la suite de la commande, parmi verify, close, export",
		"till foo":                          "« foo » n’est pas attendu ici",
		"restore":                           "il manque <fichier>",
		"user add":                          "il manque --name=…, --role=…",
		"user add zoe --name Zoé":           "il manque --role=…",
		"user disable":                      "il manque <login>",
		"user add zoe --role boss":          "il manque --name=…",
		"device revoke x --pizzeria p":      "<id> attend un nombre, pas « x »",
		"backup --to":                       "--to attend une valeur",
		"backup --to --keep":                "--to attend une valeur",
		"backup --keep":                     "--keep attend une valeur",
		"backup --keep abc":                 "--keep attend un nombre, pas « abc »",
		"backup --keep=-1":                  "--keep attend un nombre de sauvegardes",
		"simulate --pace x":                 "--pace attend un nombre, pas « x »",
		"migrate --status=oui":              "--status s’écrit seul, sans « oui »",
		"user add zoe --name Z --role boss": "--role attend cashier,cook,courier,manager,director, pas « boss »",
		"till close --day 2026-03-14 --month 2026-03":      "--day et --month ne vont pas ensemble",
		"till close --year 26":                             "n’est pas une période",
		"maintenance on --until demain":                    "n’est pas une heure",
		"till export --from 2026-03-14 --to-file s3://x/y": "--to-file attend un fichier",
	} {
		t.Run(line, func(t *testing.T) {
			out, complaint, status := typed(t, strings.Fields(line)...)
			if status != 2 || out != "" {
				t.Errorf("status %d, %q", status, out)
			}
			if strings.Count(complaint, "\n") != 1 || !strings.HasPrefix(complaint, "ocpizza: ") || !strings.Contains(complaint, want) ||
				!strings.HasSuffix(complaint, " — aide : ocpizza help\n") {
				t.Errorf("%q, want %q", complaint, want)
			}
			if word := english.FindString(complaint); word != "" {
				t.Errorf("%q in %q", word, complaint)
			}
		})
	}
}

// TestHelpIsFrench looks for kong's own words in every command's help.
func TestHelpIsFrench(t *testing.T) {
	for _, line := range []string{"help", "--help", "till --help", "backup --help", "user add --help", "restore --help", "till export --help", "bench -h"} {
		out, complaint, status := typed(t, strings.Fields(line)...)
		if word := english.FindString(strings.ReplaceAll(out, "heroku run", "")); status != 0 || complaint != "" || word != "" {
			t.Errorf("%s: status %d, %q, the word %q in\n%s", line, status, complaint, word, out)
		}
		if !strings.Contains(out, "Usage : ocpizza") || !strings.Contains(out, "Afficher cette aide.") {
			t.Errorf("%s:\n%s", line, out)
		}
	}
}

// TestNoDatabaseYet: a tool that reads says that there is none, and makes none.
func TestNoDatabaseYet(t *testing.T) {
	for _, line := range []string{
		"backup --to -", "backup", "migrate --status", "seed", "user list", "user disable zoe", "device list --pizzeria x", "device revoke 1 --pizzeria x",
		"maintenance status", "maintenance on", "maintenance off", "till verify", "till close", "till export",
	} {
		out, complaint, status := typed(t, strings.Fields(line)...)
		if status != 1 || out != "" || strings.Count(complaint, "\n") != 1 || !strings.Contains(complaint, "la base ocpizza.db n’existe pas") || !strings.Contains(complaint, "ocpizza migrate") {
			t.Errorf("%s: status %d, %q, %q", line, status, out, complaint)
		}
	}
}

// TestSecretBesideTheDatabase is made by the server, once, and kept.
func TestSecretBesideTheDatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	env := func(name string) string { return map[string]string{"OCPIZZA_SQLITE": file}[name] }
	if err := run(t.Context(), []string{"migrate"}, env, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file + ".secret"); !os.IsNotExist(err) {
		t.Error("a tool made a secret:", err)
	}
	var first []byte
	for range 2 {
		c, err := readConfig(env)
		if err == nil {
			err = c.makeSecret()
		}
		if err != nil || len(c.Secret) < minSecret {
			t.Fatal(len(c.Secret), err)
		}
		if first == nil {
			first = c.Secret
		} else if !bytes.Equal(first, c.Secret) {
			t.Error("another secret each time: links of before are lost")
		}
	}
	if info, err := os.Stat(file + ".secret"); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}
