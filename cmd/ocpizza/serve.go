package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"strings"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/watch"
	"github.com/oc-pizza/ocpizza/db"
)

type serveCmd struct{}

// Run serves until it is told to stop. An embedded database is created, migrated and seeded on the way; a MySQL one must have been migrated,
// which is the release phase's work: far enough to be served on.
func (serveCmd) Run(c *console) error {
	cfg, err := readConfig(c.env)
	if err == nil {
		err = cfg.makeSecret()
	}
	if err != nil {
		return err
	}
	if cfg.Watch, err = readWatch(c.env, cfg.Origin); err != nil {
		return err
	}
	if words := cfg.Watch.Tell.Silent(); words != "" {
		fmt.Fprintln(c.err, "ocpizza: attention :", words)
	}
	limitMemory(c.env("GOMEMLIMIT"), cfg)
	log := cfg.logger(c.err)
	d, err := db.Open(c.ctx, db.Options{URL: cfg.Database, MaxConns: cfg.Conns, Log: log})
	if err != nil {
		return err
	}
	defer d.Close()
	demo, err := prepare(c.ctx, d, cfg, c.err)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(c.ctx, "tcp", fmt.Sprintf(":%d", cfg.Port))
	if err != nil {
		return fmt.Errorf("le port %d ne peut pas être ouvert (un autre programme l’utilise ?) : %w. Choisissez-en un autre : PORT=8081 ocpizza", cfg.Port, err)
	}
	p, err := startProgram(d, demo, cfg, l, log)
	if err != nil {
		return err
	}
	welcome(c.out, l.Addr().(*net.TCPAddr).Port, cfg, demo)
	select {
	case <-c.ctx.Done():
		log.Info("stopping")
		return p.Stop(waveTime)
	case err := <-p.failed:
		return err
	}
}

// limitMemory has Go keep the process at 80 % of the memory that it may use, where that is known: beyond it the host slows it down, then kills
// it. given is GOMEMLIMIT, which Go has already followed.
func limitMemory(given string, c config) {
	limit := cmp.Or(c.Watch.Memory, watch.MemoryLimit())
	if limit == 0 && c.Dyno {
		limit = dynoMemory << 20
	}
	if given == "" && limit > 0 {
		debug.SetMemoryLimit(limit / 10 * 8)
	}
}

// prepare brings the database to where it can be served, and tells whether it is a demo.
func prepare(ctx context.Context, d *db.DB, cfg config, progress io.Writer) (demo bool, err error) {
	if cfg.Embedded != "" {
		if _, err := d.Migrate(ctx); err != nil {
			return false, err
		}
		empty, err := d.Empty(ctx)
		if err != nil {
			return false, err
		}
		if empty {
			fmt.Fprintf(progress, "Création de la base de démonstration %s …\n", cfg.Embedded)
			if err := seed(ctx, d, true, progress); err != nil {
				return false, err
			}
		}
	} else {
		behind, err := d.CheckServable(ctx)
		if err != nil {
			return false, err
		}
		if behind {
			cfg.logger(progress).Warn("the schema of the database is older than this program, which serves all the same; run « ocpizza migrate »")
		}
	}
	demo, err = d.Demo(ctx)
	if err == nil && demo && cfg.Dyno {
		return false, app.Errorf(app.Invalid, "Cette base est une démonstration, avec des mots de passe publics : elle ne peut pas servir en production. Utilisez une base neuve (ocpizza migrate, puis ocpizza seed).")
	}
	return demo, err
}

// cast are the demo's sign-ins, one for each role.
var cast = []struct{ login, role, screen string }{
	{"cuisine", "pizzaïolo", "/cuisine"},
	{"livreur", "livreur", "/livraisons"},
	{"caisse", "caissier", "/caisse"},
	{"responsable", "responsable", "/pilotage"},
	{"directeur", "directeur", "/pilotage"},
}

// welcome says where to go. The demo's sign-ins are printed for a demo alone.
func welcome(out io.Writer, port int, cfg config, demo bool) {
	at := cfg.Origin
	if at == "" {
		at = fmt.Sprintf("http://localhost:%d", port)
	}
	fmt.Fprintf(out, "OC Pizza est en service : %s\n", at)
	if !demo {
		return
	}
	fmt.Fprintf(out, "\nDémonstration. Clients : %s/ — l’équipe se connecte sur %s/connexion (mot de passe : %s)\n", at, at, app.DemoPassword)
	for _, p := range cast {
		fmt.Fprintf(out, "  %-12s %-11s %s%s\n", p.login, p.role, at, p.screen)
	}
	fmt.Fprintf(out, "%s\nUne soirée animée : go run ./cmd/ocpizza simulate (dans un autre terminal). Arrêter : Ctrl-C.\n", strings.Repeat("─", 60))
}
