package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
)

type tillCmd struct {
	Verify tillVerifyCmd `cmd:"" help:"Vérifier que ni le journal de caisse ni ses clôtures n’ont été modifiés."`
	Close  tillCloseCmd  `cmd:"" help:"Clôturer les jours, mois et années terminés qui ne le sont pas encore. À lancer chaque jour."`
	Export tillExportCmd `cmd:"" help:"Écrire l’archive d’un contrôle : écritures et clôtures, avec leurs empreintes."`
}

// withTills gives f each of the shops, or the one of a slug, on a database that is up to date.
func withTills(c *console, slug string, f func(d *db.DB, shops []app.Pizzeria) error) error {
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	shops, err := d.Pizzerias(c.ctx)
	if err != nil {
		return err
	}
	if slug != "" {
		ids, err := shopIDs(c.ctx, d, []string{slug})
		if err != nil {
			return err
		}
		shops = slices.DeleteFunc(shops, func(p app.Pizzeria) bool { return p.ID != ids[0] })
	}
	return f(d, shops)
}

type tillVerifyCmd struct{}

// Run recomputes every shop's chains of hashes and the totals of its closings (CGI article 286, I-3° bis).
func (tillVerifyCmd) Run(c *console) error {
	return withTills(c, "", func(d *db.DB, shops []app.Pizzeria) error {
		for _, p := range shops {
			entries, closings, err := d.VerifyTill(c.ctx, p.ID)
			if err != nil {
				return fmt.Errorf("%s : %w", p.Name, err)
			}
			fmt.Fprintf(c.out, "%s : %d écriture(s), %d clôture(s), chaînes intactes.\n", p.Name, entries, closings)
		}
		return nil
	})
}

type tillCloseCmd struct {
	Pizzeria string `help:"Une seule pizzeria (slug)."`
	Day      string `placeholder:"AAAA-MM-JJ" xor:"période" help:"Clôturer jusqu’à ce jour seulement."`
	Month    string `placeholder:"AAAA-MM" xor:"période" help:"Clôturer jusqu’à ce mois seulement."`
	Year     string `placeholder:"AAAA" xor:"période" help:"Clôturer jusqu’à cette année seulement."`
	JSON     bool   `name:"json" help:"Les clôtures faites, en JSON, comme dans l’archive."`
}

// period is what was asked for; "" for all that is over.
func (t tillCloseCmd) period() (app.Period, error) {
	p := app.Period(cmp.Or(t.Day, t.Month, t.Year))
	if p == "" {
		return "", nil
	}
	_, err := app.ParsePeriod(string(p))
	if err == nil && (p.IsDay() != (t.Day != "") || p.IsMonth() != (t.Month != "")) {
		err = errors.New("la période n’a pas la forme attendue : --day 2026-03-14, --month 2026-03 ou --year 2026")
	}
	if err != nil {
		return "", usageError{err}
	}
	return p, nil
}

// Run closes what is over and not closed yet; run again, it closes nothing and says so.
func (t tillCloseCmd) Run(c *console) error {
	now := time.Now()
	p, err := t.period()
	if err != nil {
		return err
	}
	through := app.LastOver(now)
	if p != "" {
		through = p.LastDay()
	}
	return withTills(c, t.Pizzeria, func(d *db.DB, shops []app.Pizzeria) error {
		rows := []*archiveRow{}
		for _, shop := range shops {
			made, err := d.CloseTill(c.ctx, shop.ID, through, now)
			for i := range made {
				rows = append(rows, closingRow(shop, made[i]))
			}
			switch {
			case t.JSON: // together, once all is done
			case len(made) > 0:
				fmt.Fprintf(c.out, "%s : %s\n", shop.Name, closedWords(made))
			case err == nil:
				fmt.Fprintf(c.out, "%s : rien à clôturer jusqu’au %s.\n", shop.Name, through)
			}
			if err != nil {
				return errors.Join(fmt.Errorf("%s : %w", shop.Name, err), t.tell(c, rows))
			}
		}
		return t.tell(c, rows)
	})
}

// tell writes what was closed for a script, whatever came after.
func (t tillCloseCmd) tell(c *console, rows []*archiveRow) error {
	if !t.JSON {
		return nil
	}
	return json.NewEncoder(c.out).Encode(rows)
}

// closedWords says what was closed.
func closedWords(made []app.TillClosing) string {
	var days app.TillSums
	var kinds [3]int
	for _, m := range made {
		switch {
		case m.Period.IsDay():
			kinds[0]++
			days.Merge(m.Sums)
		case m.Period.IsMonth():
			kinds[1]++
		default:
			kinds[2]++
		}
	}
	last := made[len(made)-1]
	return fmt.Sprintf("clôturés %d jour(s), %d mois, %d année(s), de %s à %s : %d écriture(s), %s. Total perpétuel : %s.",
		kinds[0], kinds[1], kinds[2], made[0].Period, last.Period, days.Entries, days.Amount, last.Running)
}
