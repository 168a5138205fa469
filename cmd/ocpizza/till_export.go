package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
)

type tillExportCmd struct {
	Pizzeria string `help:"Une seule pizzeria (slug)."`
	From     string `placeholder:"AAAA-MM-JJ" help:"Premier jour ; par défaut le premier de tous."`
	To       string `placeholder:"AAAA-MM-JJ" help:"Dernier jour ; par défaut le dernier."`
	ToFile   string `placeholder:"FICHIER" help:"Fichier à écrire ; sinon la sortie standard."`
	JSON     bool   `name:"json" help:"Une ligne JSON par écriture et par clôture, au lieu de CSV."`
}

// Run writes the archive. It ends with a line that counts what is before it and gives its SHA-256: a file cut short has none.
func (t tillExportCmd) Run(c *console) error {
	for _, day := range []string{t.From, t.To} {
		if _, err := app.ParsePeriod(day); day != "" && err != nil {
			return usageError{err}
		}
	}
	to := t.To
	if to != "" {
		to = app.Period(to).LastDay()
	}
	var where place = stdoutPlace{c.out}
	if t.ToFile != "" && t.ToFile != "-" {
		if strings.Contains(t.ToFile, "://") {
			return usageError{errors.New("--to-file attend un fichier ; pour l’envoyer ailleurs, reprenez la sortie standard")}
		}
		var err error
		if where, err = openPlace(c, t.ToFile, true); err != nil {
			return err
		}
	}
	return withTills(c, t.Pizzeria, func(d *db.DB, shops []app.Pizzeria) error {
		bar := newProgress(c.err, map[string]string{"export": "export"})
		var a *archive
		name := "ocpizza-caisse-" + time.Now().UTC().Format(nameTime) + map[bool]string{false: ".csv", true: ".jsonl"}[t.JSON]
		kept, err := where.put(c.ctx, name, func(w io.Writer) error {
			a = newArchive(w, t.JSON)
			for _, shop := range shops {
				if err := a.shop(c.ctx, d, shop, t.From, to, bar.show); err != nil {
					return err
				}
			}
			return a.end()
		})
		bar.end()
		if err != nil {
			return err
		}
		if kept.Name == "" {
			kept.Name = "sortie standard"
		}
		fmt.Fprintf(c.err, "Archive écrite : %s — %d écriture(s), %d clôture(s), SHA-256 %s.\n", kept.Name, a.entries, a.closings, a.hash())
		return nil
	})
}

// archiveRow is an entry or a closing as the archive writes it. Canonical is the text whose SHA-256 is Hash, so that whoever has the archive
// can check each row without the program; amounts are cents, times UTC.
type archiveRow struct {
	Type      string      `json:"type"` // "ecriture" or "cloture"
	Pizzeria  int64       `json:"pizzeria"`
	Name      string      `json:"point_de_vente"`
	N         int64       `json:"numero"`
	At        string      `json:"instant_utc"`
	Period    string      `json:"jour_ou_periode"` // service day of an entry
	Order     *int64      `json:"commande,omitempty"`
	Kind      string      `json:"nature,omitempty"`
	Method    string      `json:"paiement,omitempty"`
	Amount    int64       `json:"montant_centimes"`
	Refunds   *int64      `json:"remboursements_centimes,omitempty"`
	VAT       []vatCell   `json:"tva"`
	Methods   []methodRow `json:"par_paiement,omitempty"`
	By        string      `json:"auteur,omitempty"`
	Entries   *int64      `json:"ecritures,omitempty"`
	Last      *int64      `json:"derniere_ecriture,omitempty"`
	LastHash  string      `json:"empreinte_derniere_ecriture,omitempty"`
	Running   *int64      `json:"total_perpetuel_centimes,omitempty"`
	Previous  string      `json:"empreinte_precedente"`
	Hash      string      `json:"empreinte"`
	Canonical string      `json:"texte_de_l_empreinte"`
}

type vatCell struct {
	Rate  int   `json:"taux_points_de_base"`
	Gross int64 `json:"ttc_centimes"`
	VAT   int64 `json:"tva_centimes"`
}

type methodRow struct {
	Method string `json:"paiement"`
	Amount int64  `json:"montant_centimes"`
}

// archiveColumns are the CSV's, in the order of archiveRow.cells. In one cell, VAT is rate:gross:VAT and methods are method:amount, with
// spaces between.
var archiveColumns = []string{
	"type", "pizzeria", "point_de_vente", "numero", "instant_utc", "jour_ou_periode", "commande", "nature", "paiement", "montant_centimes",
	"remboursements_centimes", "tva", "par_paiement", "auteur", "ecritures", "derniere_ecriture", "empreinte_derniere_ecriture",
	"total_perpetuel_centimes", "empreinte_precedente", "empreinte", "texte_de_l_empreinte",
}

func (r *archiveRow) cells() []string {
	number := func(n *int64) string {
		if n == nil {
			return "" // the other kind of row has it
		}
		return strconv.FormatInt(*n, 10)
	}
	var vat, methods []string
	for _, v := range r.VAT {
		vat = append(vat, fmt.Sprintf("%d:%d:%d", v.Rate, v.Gross, v.VAT))
	}
	for _, m := range r.Methods {
		methods = append(methods, fmt.Sprintf("%s:%d", m.Method, m.Amount))
	}
	return []string{
		r.Type, number(&r.Pizzeria), guarded(r.Name), number(&r.N), r.At, r.Period, number(r.Order), r.Kind, r.Method, number(&r.Amount),
		number(r.Refunds), strings.Join(vat, " "), strings.Join(methods, " "), guarded(r.By), number(r.Entries), number(r.Last),
		r.LastHash, number(r.Running), r.Previous, r.Hash, r.Canonical,
	}
}

// guarded keeps a spreadsheet from taking a text for a formula.
func guarded(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// archive writes rows as they come: memory does not grow with the till.
type archive struct {
	w                 *bufio.Writer // the destination, past the sum
	sum               hash.Hash
	csv               *csv.Writer   // nil for JSON
	json              *json.Encoder // nil for CSV
	entries, closings int64
	err               error // of the first write
}

func newArchive(w io.Writer, lines bool) *archive {
	a := &archive{w: bufio.NewWriterSize(w, 64<<10), sum: sha256.New()}
	all := io.MultiWriter(a.w, a.sum)
	if lines {
		a.json = json.NewEncoder(all)
		return a
	}
	_, a.err = io.WriteString(all, "\uFEFF") // or Excel takes it for Windows-1252
	a.csv = csv.NewWriter(all)
	a.csv.Comma = ';'
	a.write(archiveColumns)
	return a
}

func (a *archive) write(cells []string) {
	if a.err == nil {
		a.err = a.csv.Write(cells)
	}
}

func (a *archive) row(r *archiveRow) error {
	if a.json != nil {
		a.err = a.json.Encode(r)
	} else {
		a.write(r.cells())
	}
	return a.err
}

// archivePage is how many rows are read at once.
const archivePage = 1000

// shop writes a till's entries of service days from one through another, then the closings that end in that time. "" is no bound.
func (a *archive) shop(ctx context.Context, d *db.DB, shop app.Pizzeria, from, to string, tell func(db.DumpProgress)) error {
	within := func(day string) bool { return day >= from && (to == "" || day <= to) }
	for next := int64(1); ; {
		page, err := d.Till(ctx, shop.ID, next, archivePage)
		if err != nil {
			return err
		}
		for i := range page {
			next = page[i].N + 1
			if !within(app.ServiceDay(page[i].At)) {
				continue
			}
			if err := a.row(entryRow(shop, page[i])); err != nil {
				return err
			}
			a.entries++
		}
		tell(db.DumpProgress{Stage: "export", Rows: a.entries + a.closings})
		if len(page) < archivePage {
			break
		}
	}
	for next := int64(1); ; {
		page, err := d.Closings(ctx, shop.ID, next, archivePage)
		if err != nil {
			return err
		}
		for i := range page {
			next = page[i].N + 1
			if !within(page[i].Period.LastDay()) {
				continue
			}
			if err := a.row(closingRow(shop, page[i])); err != nil {
				return err
			}
			a.closings++
		}
		if len(page) < archivePage {
			return nil
		}
	}
}

// hash is the SHA-256 of what was written, in lower-case hex.
func (a *archive) hash() string { return hex.EncodeToString(a.sum.Sum(nil)) }

// end writes the last line, which the sum does not cover.
func (a *archive) end() error {
	if a.csv != nil {
		a.csv.Flush()
		a.err = errors.Join(a.err, a.csv.Error())
	}
	if a.err != nil {
		return a.err
	}
	format := "fin;ecritures;%d;clotures;%d;sha256;%s\n"
	if a.json != nil {
		format = `{"type":"fin","ecritures":%d,"clotures":%d,"sha256":"%s"}` + "\n"
	}
	fmt.Fprintf(a.w, format, a.entries, a.closings, a.hash())
	return a.w.Flush() // with the error of any write before
}

func entryRow(shop app.Pizzeria, e app.TillEntry) *archiveRow {
	return &archiveRow{
		Type: "ecriture", Pizzeria: e.Pizzeria, Name: shop.Name, N: e.N, At: e.At.UTC().Format(db.TillTime), Period: app.ServiceDay(e.At),
		Order: &e.Order, Kind: e.Kind, Method: string(e.Method), Amount: int64(e.Amount), VAT: vatCells(e.VAT), By: e.By,
		Previous: e.Previous, Hash: e.Hash, Canonical: string(db.CanonicalTill(e)),
	}
}

func closingRow(shop app.Pizzeria, c app.TillClosing) *archiveRow {
	r := &archiveRow{
		Type: "cloture", Pizzeria: c.Pizzeria, Name: shop.Name, N: c.N, At: c.At.UTC().Format(db.TillTime), Period: string(c.Period),
		Amount: int64(c.Sums.Amount), Refunds: new(int64(c.Sums.Refunds)), VAT: vatCells(c.Sums.VAT), Entries: &c.Sums.Entries,
		Last: &c.Last, LastHash: c.LastHash, Running: new(int64(c.Running)), Previous: c.Previous, Hash: c.Hash, Canonical: string(db.CanonicalClosing(c)),
	}
	for _, m := range c.Sums.Methods {
		r.Methods = append(r.Methods, methodRow{string(m.Method), int64(m.Amount)})
	}
	return r
}

func vatCells(rows []app.VATAmount) []vatCell {
	all := make([]vatCell, len(rows))
	for i, v := range rows {
		all[i] = vatCell{int(v.Rate), int64(v.Gross), int64(v.VAT)}
	}
	return all
}
