package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/static"
)

// openDB opens the configured database for a tool: one connection, for production has few. An embedded one must exist.
func openDB(c *console) (*db.DB, error) {
	cfg, err := readConfig(c.env)
	if err == nil {
		err = mustExist(cfg)
	}
	if err != nil {
		return nil, err
	}
	return createDB(c)
}

// openMigrated is openDB for the tools that need the newest schema.
func openMigrated(c *console) (*db.DB, error) {
	d, err := openDB(c)
	if err != nil {
		return nil, err
	}
	if err := d.CheckSchema(c.ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// createDB is openDB for the tools that may begin a database.
func createDB(c *console) (*db.DB, error) {
	cfg, err := readConfig(c.env)
	if err != nil {
		return nil, err
	}
	if c.env("OCPIZZA_LOG") == "" {
		cfg.Level = slog.LevelError // what a tool has to say it says itself, in a line
	}
	return db.Open(c.ctx, db.Options{URL: cfg.Database, MaxConns: 1, Log: cfg.logger(c.err)})
}

type migrateCmd struct {
	Status bool `help:"Montrer l’état des migrations sans rien changer."`
}

// Run brings the schema up to date; it is the release phase.
func (m migrateCmd) Run(c *console) error {
	open := createDB
	if m.Status {
		open = openDB
	}
	d, err := open(c)
	if err != nil {
		return err
	}
	defer d.Close()
	if !m.Status {
		done, err := d.Migrate(c.ctx)
		for _, step := range done {
			fmt.Fprintf(c.err, "appliquée : %s\n", step.Name)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "Le schéma est à jour (%d migration(s) appliquée(s)).\n", len(done))
		return nil
	}
	all, err := d.Status(c.ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, step := range all {
		state := "à appliquer"
		if step.Applied {
			state = step.AppliedAt.In(app.Paris).Format("02/01/2006 15:04")
		}
		fmt.Fprintf(table, "%s\t%s\n", step.Name, state)
	}
	return table.Flush()
}

type seedCmd struct {
	Demo bool `help:"Avec les comptes de démonstration, aux mots de passe publics : jamais en production."`
}

// Run fills an empty database.
func (s seedCmd) Run(c *console) error {
	cfg, err := readConfig(c.env)
	if err != nil {
		return err
	}
	if s.Demo && cfg.Dyno {
		return errors.New("les comptes de démonstration ont des mots de passe publics : pas sur Heroku. Créez les vrais avec : ocpizza user add")
	}
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	return seed(c.ctx, d, s.Demo, c.err)
}

// seed fills a migrated database and says what it does.
func seed(ctx context.Context, d *db.DB, demo bool, progress io.Writer) error {
	n, err := d.Seed(ctx, db.SeedOptions{
		Demo: demo, HashPassword: hashPassword, Now: time.Now(),
		Progress: func(what string) { fmt.Fprintf(progress, "  … %s\n", what) },
	})
	if err == nil {
		fmt.Fprintf(progress, "Ajoutés : %d pizzerias, %d produits, %d ingrédients, %d comptes.\n", n.Pizzerias, n.Products, n.Ingredients, n.Users)
	}
	return err
}

type deviceCmd struct {
	Pair   devicePairCmd   `cmd:"" help:"Associer l’écran qui affiche un code."`
	List   deviceListCmd   `cmd:"" help:"Lister les écrans associés."`
	Revoke deviceRevokeCmd `cmd:"" help:"Retirer un écran."`
}

// operator acts from the command line with a director's rights.
var operator = app.Actor{Role: app.Director, Name: "exploitant", Screen: "command line"}

type devicePairCmd struct {
	Code     string `arg:"" help:"Le code affiché par l’écran (page /ecran)."`
	Pizzeria string `required:"" help:"Pizzeria (slug)."`
	Name     string `default:"Cuisine" help:"Nom de l’écran."`
}

// Run pairs a wall screen.
func (p devicePairCmd) Run(c *console) error {
	return withShop(c, p.Pizzeria, func(d *db.DB, shop int64) error {
		business := &app.Shop{Store: d, Clock: time.Now}
		device, err := business.PairDevice(c.ctx, operator, shop, p.Name, p.Code)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "Écran n° %d « %s » associé : il s’ouvre dans quelques secondes.\n", device.ID, device.Name)
		return nil
	})
}

type deviceListCmd struct {
	Pizzeria string `required:"" help:"Pizzeria (slug)."`
}

// Run lists a shop's screens.
func (l deviceListCmd) Run(c *console) error {
	return withShop(c, l.Pizzeria, func(d *db.DB, shop int64) error {
		devices, err := d.Devices(c.ctx, shop)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
		for _, x := range devices {
			fmt.Fprintf(table, "%d\t%s\t%s\n", x.ID, x.Name, x.PairedAt.In(app.Paris).Format("02/01/2006 15:04"))
		}
		return table.Flush()
	})
}

type deviceRevokeCmd struct {
	ID       int64  `arg:"" help:"Numéro de l’écran (ocpizza device list)."`
	Pizzeria string `required:"" help:"Pizzeria (slug)."`
}

// Run revokes a screen and ends its sessions.
func (r deviceRevokeCmd) Run(c *console) error {
	return withShop(c, r.Pizzeria, func(d *db.DB, shop int64) error {
		if _, err := d.RevokeDevice(c.ctx, shop, r.ID, operator.Did(app.DeviceRevoked, shop, "n° "+strconv.FormatInt(r.ID, 10), time.Now())); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "Écran n° %d retiré.\n", r.ID)
		c.tellServers("Il ne montre plus rien.")
		return nil
	})
}

// shopIDs looks slugs up; the error names those that exist.
func shopIDs(ctx context.Context, d *db.DB, slugs []string) ([]int64, error) {
	all, err := d.Pizzerias(ctx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, slug := range slugs {
		i := slices.IndexFunc(all, func(p app.Pizzeria) bool { return p.Slug == slug })
		if i < 0 {
			var known []string
			for _, p := range all {
				known = append(known, p.Slug)
			}
			return nil, fmt.Errorf("la pizzeria %q n’existe pas ; il y a : %s", slug, strings.Join(known, ", "))
		}
		ids = append(ids, all[i].ID)
	}
	return ids, nil
}

func withShop(c *console, slug string, f func(d *db.DB, shop int64) error) error {
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	ids, err := shopIDs(c.ctx, d, []string{slug})
	if err != nil {
		return err
	}
	return f(d, ids[0])
}

type versionCmd struct{}

// Run says which program this is.
func (versionCmd) Run(c *console) error {
	rev := revision()
	if rev == "" {
		rev = " (développement)"
	}
	_, err := fmt.Fprintf(c.out, "ocpizza%s, pages %s\n", rev, static.Build())
	return err
}

// revision is "-" and the commit that the program was built from, "" if it is not known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return ""
}
