// Command ocpizza is the whole of OC Pizza: the server, and the tools of those who run it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // shops keep France's time on machines without a time-zone database

	"github.com/alecthomas/kong"

	"github.com/oc-pizza/ocpizza/db"
)

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM) // for good: a host sends SIGTERM several times
	os.Exit(exitStatus(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr), os.Stderr))
}

// exitStatus says on one line what went wrong and returns 0 done, 1 failed, 2 wrong usage.
func exitStatus(err error, progress io.Writer) int {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(progress, "ocpizza: %s — aide : ocpizza help\n", strings.TrimSuffix(err.Error(), "."))
		return 2
	}
	fmt.Fprintln(progress, "ocpizza:", err)
	return 1
}

// usageError is a command line that cannot be understood: exit status 2.
type usageError struct{ error }

// commands is the command line, as contract for those who script it.
type commands struct {
	Serve       serveCmd       `cmd:"" default:"1" help:"Servir le site et les écrans (par défaut). Sans base configurée, crée et remplit une base de démonstration."`
	Migrate     migrateCmd     `cmd:"" help:"Mettre le schéma de la base à jour."`
	Seed        seedCmd        `cmd:"" help:"Remplir une base vide : pizzerias, carte, recettes, stock."`
	Simulate    simulateCmd    `cmd:"" help:"Jouer une soirée contre un serveur qui tourne."`
	Maintenance maintenanceCmd `cmd:"" help:"Suspendre et reprendre les commandes, d’ici ou d’un dyno éphémère."`
	Backup      backupCmd      `cmd:"" help:"Sauvegarder la base, pendant que le site tourne."`
	Backups     backupsCmd     `cmd:"" help:"Lister les sauvegardes."`
	Restore     restoreCmd     `cmd:"" help:"Restaurer une sauvegarde, ou un export de MySQL Workbench ou de mariadb-dump."`
	Bench       benchCmd       `cmd:"" help:"Mesurer un serveur : sockets, diffusion, retour de tous, commandes."`
	User        userCmd        `cmd:"" help:"Gérer les comptes de l’équipe."`
	Device      deviceCmd      `cmd:"" help:"Gérer les écrans muraux."`
	Till        tillCmd        `cmd:"" help:"Clôturer, vérifier et exporter le journal de caisse."`
	Version     versionCmd     `cmd:"" help:"Afficher la version."`
	Help        helpCmd        `cmd:"" help:"Afficher cette aide et les variables d’environnement."`
}

// console is what a command works with besides its flags.
type console struct {
	ctx context.Context
	env func(string) string
	out io.Writer // results
	err io.Writer // progress
}

// run is the program: tests call it like a shell does.
func run(ctx context.Context, args []string, env func(string) string, out, progress io.Writer) error {
	var cli commands
	exited := false
	parser, err := kong.New(&cli, kong.Name("ocpizza"), kong.Description("OC Pizza : commandes, cuisine, livraison et pilotage en direct."),
		kong.Writers(out, progress), kong.Exit(func(int) { exited = true }), kong.Help(frenchHelp), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if exited { // --help has answered
		return nil
	}
	if err != nil {
		return usageError{inFrench(err)}
	}
	c := &console{ctx: ctx, env: env, out: out, err: progress}
	return c.worded(parsed.Run(c, parser))
}

// worded is an error in an operator's words. What caused it may quote the database's account: it is in the log, for whoever asks for that much.
func (c *console) worded(err error) error {
	worded := db.ForOperator(err)
	cause := worded
	for next := errors.Unwrap(cause); next != nil; next = errors.Unwrap(next) {
		cause = next
	}
	if cfg, e := readConfig(c.env); e == nil && cause != worded { //nolint:errorlint // whether there is one beneath
		cfg.logger(c.err).Debug("the command failed", "err", cause)
	}
	return worded
}

type helpCmd struct{}

func (helpCmd) Run(c *console, parser *kong.Kong) error {
	parsed, err := parser.Parse([]string{"version"})
	if err != nil {
		return err
	}
	parsed.Path = parsed.Path[:1] // the program's own help rather than a command's
	if err := parsed.PrintUsage(false); err != nil {
		return err
	}
	_, err = fmt.Fprint(c.out, environmentHelp)
	return err
}
