package main

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// cashAt places an order and cashes it at a moment of the past.
func (e *evening) cashAt(at time.Time) {
	e.t.Helper()
	o := e.visitor().place(order("cola-33:single:1"), fmt.Sprint("cash-", at))
	shop := firstBoard(e.t, e.db).Pizzeria.ID
	cashier := app.Actor{Role: app.Director, Name: "exploitant"}
	_, err := e.db.UpdateOrder(e.t.Context(), app.Ref{Pizzeria: shop, ID: o.ID}, app.Key{}, func(o *app.Order) (app.Change, error) {
		return o.Pay(cashier, app.Cash, at)
	}, nil)
	if err != nil {
		e.t.Fatal(err)
	}
}

// archived reads an archive as an inspector would: its last line must count and seal the lines before, and each row its own text.
func archived(t *testing.T, text string) (rows []map[string]string) {
	t.Helper()
	body, last, ok := cutLast(text)
	if !ok {
		t.Fatalf("no line at the end of %.300q", text)
	}
	sum := sha256.Sum256([]byte(body))
	seal := hex.EncodeToString(sum[:])
	counts := map[string]int{}
	if strings.HasPrefix(body, "{") {
		for line := range strings.Lines(body) {
			var raw map[string]any
			if err := json.Unmarshal([]byte(line), &raw); err != nil {
				t.Fatal(err)
			}
			row := map[string]string{}
			for k, v := range raw {
				row[k] = fmt.Sprint(v)
			}
			rows = append(rows, row)
		}
	} else {
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\uFEFF")))
		r.Comma = ';'
		all, err := r.ReadAll()
		if err != nil || len(body) < 3 || body[:3] != "\uFEFF" {
			t.Fatalf("%v, %.60q", err, body)
		}
		for _, cells := range all[1:] {
			row := map[string]string{}
			for i, name := range all[0] {
				row[name] = cells[i]
			}
			rows = append(rows, row)
		}
	}
	for _, row := range rows {
		counts[row["type"]]++
		if sum := sha256.Sum256([]byte(row["texte_de_l_empreinte"])); hex.EncodeToString(sum[:]) != row["empreinte"] {
			t.Errorf("the hash is not that of its text: %v", row)
		}
	}
	want := fmt.Sprintf("fin;ecritures;%d;clotures;%d;sha256;%s\n", counts["ecriture"], counts["cloture"], seal)
	wantJSON := fmt.Sprintf(`{"type":"fin","ecritures":%d,"clotures":%d,"sha256":"%s"}`+"\n", counts["ecriture"], counts["cloture"], seal)
	if last != want && last != wantJSON {
		t.Errorf("the last line is %q, want %q", last, want)
	}
	return rows
}

// cutLast cuts the last line off.
func cutLast(text string) (body, last string, ok bool) {
	i := strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n')
	return text[:i+1], text[i+1:], i > 0
}

// TestTillCommands closes, verifies and exports a till as an operator does, while the site runs.
func TestTillCommands(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		s := newShell(t, dbURL)
		if out := s.run("till", "close"); !strings.Contains(out, "rien à clôturer") || strings.Contains(out, "clôturés") {
			t.Error("an empty till:", out)
		}
		day := app.LastOver(time.Now())
		noon, err := time.ParseInLocation(time.DateOnly, day, app.Paris)
		if err != nil {
			t.Fatal(err)
		}
		noon = noon.Add(12 * time.Hour)
		for _, at := range []time.Time{noon.AddDate(0, 0, -2), noon.AddDate(0, 0, -2).Add(time.Hour), noon, time.Now()} {
			e.cashAt(at)
		}
		if _, err := e.db.Bun().ExecContext(t.Context(), "UPDATE pizzerias SET name = '=1+1' WHERE slug = 'perpignan'"); err != nil {
			t.Fatal(err)
		}

		s.refuses("n’est pas terminée", "till", "close", "--day", app.ServiceDay(time.Now()))
		s.refuses("n’est pas une période", "till", "close", "--day", "hier")
		s.refuses("--day 2026-03-14", "till", "close", "--day", "2026")
		s.refuses("n’existe pas", "till", "close", "--pizzeria", "nulle-part")
		if out := s.run("till", "close", "--pizzeria", "perpignan", "--day", noon.AddDate(0, 0, -2).Format(time.DateOnly)); !strings.Contains(out, "clôturés 1 jour(s)") || !strings.Contains(out, "2 écriture(s)") {
			t.Error(out)
		}
		var closed []archiveRow
		before := noon.AddDate(0, 0, -1).Format(time.DateOnly)
		if err := json.Unmarshal([]byte(s.run("till", "close", "--json", "--pizzeria", "perpignan", "--day", before)), &closed); err != nil {
			t.Fatal(err)
		}
		if len(closed) == 0 || closed[0].Type != "cloture" || closed[0].Period != before || closed[0].Amount != 0 || *closed[0].Running != 500 || closed[0].Hash == "" {
			t.Errorf("as JSON: %+v", closed)
		}
		if out := s.run("till", "close"); !strings.Contains(out, "clôturés 1 jour(s)") || !strings.Contains(out, "1 écriture(s)") {
			t.Error(out)
		}
		if out := s.run("till", "close", "--json"); strings.TrimSpace(out) != "[]" {
			t.Error("closed twice:", out)
		}
		if out := s.run("till", "close"); strings.Contains(out, "clôturés") || !strings.Contains(out, "=1+1 : rien à clôturer") {
			t.Error("closed twice:", out)
		}
		if out := s.run("till", "verify"); !strings.Contains(out, "=1+1 : 4 écriture(s), ") || strings.Contains(out, "=1+1 : 4 écriture(s), 0") {
			t.Error(out)
		}

		file := filepath.Join(t.TempDir(), "caisse.csv")
		if out := s.run("till", "export", "--to-file", file); out != "" {
			t.Error("besides the file:", out)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows := archived(t, string(text))
		if len(rows) < 4+3 || rows[0]["point_de_vente"] != "'=1+1" || rows[0]["montant_centimes"] != "250" || rows[0]["tva"] == "" {
			t.Errorf("%d rows: %v", len(rows), rows)
		}
		if c := rows[len(rows)-1]; c["type"] != "cloture" || c["total_perpetuel_centimes"] != "750" || c["derniere_ecriture"] != "3" {
			t.Errorf("the last closing: %v", c)
		}
		if lines := archived(t, s.run("till", "export", "--json")); len(lines) != len(rows) || lines[0]["empreinte"] != rows[0]["empreinte"] {
			t.Errorf("%d lines of JSON, %d of CSV", len(lines), len(rows))
		}
		if rows := archived(t, s.run("till", "export", "--pizzeria", "perpignan", "--from", day, "--to", day)); len(rows) < 2 || rows[0]["numero"] != "3" || rows[1]["jour_ou_periode"] != day {
			t.Errorf("of %s: %v", day, rows)
		}
		s.refuses("n’est pas une période", "till", "export", "--from", "hier")
	})
}
