package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/bench"
	"github.com/oc-pizza/ocpizza/db"
)

type benchCmd struct {
	URL      string  `name:"url" help:"Adresse d’un serveur qui tourne déjà, sur cette machine (par défaut : en démarrer un)."`
	Sockets  int     `default:"10000" help:"Sockets ouvertes en même temps."`
	Engine   string  `enum:"sqlite,mysql" default:"sqlite" help:"Base du serveur démarré : sqlite (fichier temporaire) ou mysql (DATABASE_URL, une base vide, qui le reste)."`
	Seconds  float64 `default:"10" help:"Durée de chaque mesure, en secondes."`
	Quick    bool    `help:"300 sockets et des mesures courtes : pour voir que tout marche."`
	JSON     bool    `name:"json" help:"Résultat en JSON."`
	Strict   bool    `help:"Échouer quand une exigence est manquée, ou n’a pas pu être mesurée."`
	Profiles string  `type:"existingdir" placeholder:"DOSSIER" help:"Y écrire un profil pprof du serveur pour chaque mesure."`
	Server   bool    `hidden:"" help:"Être le serveur à mesurer."`

	command []string // that starts the server; tests set it
}

// Help is printed below the options.
func (benchCmd) Help() string {
	return `Par --url, un serveur ordinaire ne laisse mesurer que l’ouverture des sockets, le retour de tous et les commandes. Le reste demande une porte que seul un serveur de mesure ouvre : chaque exigence qui en dépend est « non mesuré », et --strict échoue. Pour tout mesurer, laissez bench démarrer le serveur, ou démarrez-le par « ocpizza bench --server » avec OCPIZZA_BENCH_ADDR=127.0.0.1:9090 et OCPIZZA_BENCH_TOKEN (16 caractères au moins), que bench --url lit aussi.`
}

func (b benchCmd) options() bench.Options {
	o := bench.Options{
		URL: b.URL, Sockets: b.Sockets, Length: time.Duration(b.Seconds * float64(time.Second)), Quick: b.Quick,
		Password: app.DemoPassword, Profiles: b.Profiles, Command: b.command,
	}
	if b.Quick {
		o.Sockets, o.Length = 300, time.Second
	}
	return o
}

// Validate refuses a wrong usage before anything starts; kong calls it.
func (b benchCmd) Validate() error {
	if b.Server {
		return nil
	}
	return b.options().Check()
}

// Run measures a server, prints what was found, and with --strict fails when that is not good enough.
func (b benchCmd) Run(c *console) (err error) {
	if b.Server {
		return serveBench(c)
	}
	o := b.options()
	o.Getenv = c.env
	if o.URL == "" {
		clean, err := b.prepare(c, &o)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, clean()) }()
	}
	result, err := bench.Run(c.ctx, o, c.err)
	if err != nil {
		return err
	}
	return b.tell(c, result)
}

// tell prints a result. With --strict, a requirement that is missed is an error, and so is one of which nothing is known.
func (b benchCmd) tell(c *console, result *bench.Result) (err error) {
	if b.JSON {
		err = json.NewEncoder(c.out).Encode(result)
	} else {
		err = result.Table(c.out)
	}
	if err != nil || !b.Strict {
		return err
	}
	var wrong []string
	for _, w := range []struct {
		what string
		keys []string
	}{{"exigences manquées", result.Missed()}, {"exigences non mesurées (voir ocpizza bench --help)", result.Unmeasured()}} {
		if len(w.keys) > 0 {
			wrong = append(wrong, w.what+" : "+strings.Join(w.keys, ", "))
		}
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, " ; "))
	}
	return nil
}

// prepare makes the database of the server to be measured and the command that starts it. The returned function removes what was made.
func (b benchCmd) prepare(c *console, o *bench.Options) (clean func() error, err error) {
	if len(o.Command) == 0 {
		program, err := os.Executable()
		if err != nil {
			return nil, err
		}
		o.Command = []string{program, "bench", "--server"}
	}
	// The server must know nothing of ours: neither a production database nor a dyno.
	o.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "OCPIZZA_") || strings.HasSuffix(name, "_URL") || name == "DYNO" || name == "PORT"
	})
	o.Env = append(o.Env, "OCPIZZA_SECRET="+rand.Text()+rand.Text(), "OCPIZZA_LOG=warn")
	var where string
	if b.Engine == "mysql" {
		for _, name := range databaseNames {
			if where = c.env(name); where != "" {
				break
			}
		}
		if where == "" {
			return nil, usageError{errors.New("--engine mysql demande une base vide dans DATABASE_URL (mysql://utilisateur:motdepasse@hôte/base)")}
		}
		o.Env = append(o.Env, "DATABASE_URL="+where)
		clean = func() error { return emptyBenchDatabase(context.WithoutCancel(c.ctx), where) }
		if err := clean(); err != nil {
			return nil, err
		}
	} else {
		dir, err := os.MkdirTemp("", "ocpizza-bench-")
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, "bench.db")
		where = "sqlite://" + path
		o.Env = append(o.Env, "OCPIZZA_SQLITE="+path)
		clean = func() error { return os.RemoveAll(dir) }
	}
	if err := fillBenchDatabase(c.ctx, where); err != nil {
		return nil, errors.Join(err, clean())
	}
	return clean, nil
}

// databaseNames are the variables of the environment that name a MySQL database, the first one first.
var databaseNames = []string{"CLEARDB_DATABASE_URL", "JAWSDB_URL", "DATABASE_URL"}

// benchMark is a table that stands only in a database that bench has filled, and may empty again.
const benchMark = "ocpizza_bench"

// fillBenchDatabase makes a demo whose shops never close.
func fillBenchDatabase(ctx context.Context, where string) error {
	d, err := db.Open(ctx, db.Options{URL: where})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Bun().ExecContext(ctx, "CREATE TABLE "+benchMark+" (id INT)"); err != nil {
		return err
	}
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	if err := seed(ctx, d, true, io.Discard); err != nil {
		return err
	}
	_, err = d.Bun().ExecContext(ctx, "UPDATE pizzerias SET always_open = 1")
	return err
}

// emptyBenchDatabase drops every table of a MySQL database that bench has filled, and refuses one in which anything else stands.
func emptyBenchDatabase(ctx context.Context, where string) error {
	d, err := db.Open(ctx, db.Options{URL: where})
	if err != nil {
		return err
	}
	defer d.Close()
	var tables []string
	if err := d.Bun().NewRaw("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(ctx, &tables); err != nil {
		return err
	}
	if len(tables) == 0 {
		return nil
	}
	if !slices.Contains(tables, benchMark) {
		return errors.New("la base de DATABASE_URL n’est pas vide : bench y écrit des milliers de commandes. Donnez-lui une base à elle")
	}
	conn, err := d.Bun().Conn(ctx) // foreign keys are a setting of one connection
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SET FOREIGN_KEY_CHECKS = 0"); err != nil {
		return err
	}
	slices.SortFunc(tables, func(a, b string) int { // the mark last: whoever is interrupted may begin again
		return map[bool]int{true: 1}[a == benchMark] - map[bool]int{true: 1}[b == benchMark]
	})
	for _, t := range tables {
		if _, err := conn.ExecContext(ctx, "DROP TABLE IF EXISTS ?", bun.Ident(t)); err != nil {
			return err
		}
	}
	return nil
}

// serveBench is serve with a private door for bench, whose address and token stand in the environment. The production's serve has none.
func serveBench(c *console) error {
	addr, token := c.env(bench.AddrEnv), c.env(bench.TokenEnv)
	if addr == "" || token == "" {
		return usageError{fmt.Errorf("bench --server demande %s et %s", bench.AddrEnv, bench.TokenEnv)}
	}
	cfg, err := readConfig(c.env)
	if err == nil {
		err = cfg.makeSecret()
	}
	if err != nil {
		return err
	}
	log := cfg.logger(c.err)
	d, err := db.Open(c.ctx, db.Options{URL: cfg.Database, Log: log})
	if err != nil {
		return err
	}
	defer d.Close()
	demo, err := prepare(c.ctx, d, cfg, c.err)
	if err != nil {
		return err
	}
	if !demo {
		return errors.New("bench ne mesure qu’une démonstration")
	}
	l, err := new(net.ListenConfig).Listen(c.ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Port))
	if err != nil {
		return err
	}
	// Nobody comes in before the door stands between the business and the boards.
	gate := &gatedListener{Listener: l, open: make(chan struct{})}
	p, err := startProgram(d, demo, cfg, gate, log)
	if err != nil {
		return err
	}
	door := &bench.Door{Hub: p.hub, Pizzerias: p.boards.Pizzerias, Statements: d.Statements, Chores: p.chores, Engine: d.Engine()}
	p.shop.Publisher = door.Publisher(p.shop.Publisher)
	gate.lift()
	ctx, stop := context.WithCancel(c.ctx)
	failed := make(chan error, 1)
	go func() { failed <- door.Serve(ctx, addr, token) }()
	select {
	case <-ctx.Done():
	case err = <-p.failed:
	case err = <-failed:
		failed <- nil
	}
	stop()
	return errors.Join(err, <-failed, p.Stop(0))
}

// gatedListener lets connections in once it is lifted, or closed.
type gatedListener struct {
	net.Listener
	open chan struct{}
	once sync.Once
}

func (g *gatedListener) lift() { g.once.Do(func() { close(g.open) }) }

// Accept implements net.Listener.
func (g *gatedListener) Accept() (net.Conn, error) {
	<-g.open
	return g.Listener.Accept()
}

// Close implements net.Listener.
func (g *gatedListener) Close() error {
	g.lift()
	return g.Listener.Close()
}
