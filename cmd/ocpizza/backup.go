package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
)

type backupCmd struct {
	To           string   `placeholder:"OÙ" help:"Fichier, dossier, s3://seau/préfixe, ou - pour la sortie standard. Par défaut OCPIZZA_BACKUP_TO, sinon le dossier sauvegardes."`
	Keep         int      `placeholder:"N" help:"Ne garder que les N dernières sauvegardes de ce dossier ou de ce préfixe."`
	AgeRecipient []string `placeholder:"CLÉ" help:"Chiffrer pour cette clé publique (age1…) ; plusieurs possibles. Par défaut OCPIZZA_AGE_RECIPIENT. Faire une clé : age-keygen."`
}

// defaultPlace is where backups go when nothing is said.
const defaultPlace = "sauvegardes"

// Run takes a backup while the site runs, then forgets those that are too old.
func (b backupCmd) Run(c *console) error {
	if b.Keep < 0 {
		return usageError{errors.New("--keep attend un nombre de sauvegardes à garder, 1 au moins")}
	}
	keys := b.AgeRecipient
	if len(keys) == 0 {
		keys = strings.Fields(strings.ReplaceAll(c.env("OCPIZZA_AGE_RECIPIENT"), ",", " "))
	}
	recipients, err := ageRecipients(keys)
	if err != nil {
		return usageError{err}
	}
	to := backupPlace(c, b.To)
	if b.Keep > 0 && to == "-" {
		return usageError{errors.New("--keep ne va pas avec la sortie standard : donnez un dossier ou un préfixe s3://")}
	}
	cfg, err := readConfig(c.env)
	if err != nil {
		return err
	}
	if cfg.Dyno && to != "-" && !strings.HasPrefix(to, "s3://") {
		return errors.New("le disque d’un dyno est effacé chaque jour : envoyez la sauvegarde ailleurs, avec --to s3://seau/préfixe ou --to - (heroku run --no-tty 'ocpizza backup --to -' > fichier.sql.gz)")
	}
	if err := mustExist(cfg); err != nil {
		return err
	}
	var p place = stdoutPlace{c.out}
	if to != "-" {
		if p, err = openPlace(c, to, true); err != nil {
			return err
		}
	}
	if b.Keep > 0 && p.exact() {
		return usageError{errors.New("--keep ne va pas avec un nom de fichier : donnez un dossier ou un préfixe s3://")}
	}
	d, err := openDB(c)
	if err != nil {
		return err
	}
	defer d.Close()
	return b.take(c, d, p, recipients)
}

// mustExist refuses an embedded database that does not exist: opening it would make an empty one.
func mustExist(cfg config) error {
	if cfg.Embedded == "" {
		return nil
	}
	if _, err := os.Stat(cfg.Embedded); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("la base %s n’existe pas : lancez la commande dans le dossier de la base, donnez OCPIZZA_SQLITE ou CLEARDB_DATABASE_URL, ou créez-en une avec « ocpizza migrate »", cfg.Embedded)
	}
	return nil
}

// backupPlace is where the command line or the environment want backups.
func backupPlace(c *console, given string) string {
	for _, to := range []string{given, c.env("OCPIZZA_BACKUP_TO")} {
		if to != "" {
			return to
		}
	}
	return defaultPlace
}

// take writes one backup and remembers it.
func (b backupCmd) take(c *console, d *db.DB, p place, recipients []ageRecipient) error {
	begun := time.Now()
	bar := newProgress(c.err, map[string]string{"dump": "sauvegarde"})
	var info db.DumpInfo
	stored, err := p.put(c.ctx, backupName(begun, len(recipients) > 0), func(w io.Writer) error {
		sealed, closeAge, err := encrypt(w, recipients)
		if err != nil {
			return err
		}
		if info, err = d.Dump(c.ctx, sealed, bar.show); err != nil {
			return err
		}
		return closeAge()
	})
	bar.end()
	if err != nil {
		return err
	}
	if stored.Name != "" { // standard output may still be cut by whoever reads it: nobody knows that it was kept
		if err := d.RecordBackup(c.ctx, info.Taken); err != nil {
			fmt.Fprintf(c.err, "La sauvegarde est faite, mais sa date n’a pas pu être notée dans la base (la supervision la croira plus vieille) : %v\n", db.ForOperator(err))
		}
	}
	out := c.out
	if stored.Name == "" {
		out = c.err
		stored.Name = "sortie standard"
	}
	fmt.Fprintf(out, "Sauvegarde faite : %s — %s lignes, %s, en %s.\n", stored.Name, grouped(info.Rows()), size(stored.Size), took(begun))
	if b.Keep == 0 {
		return nil
	}
	return forget(c.ctx, p, b.Keep, out)
}

// forget removes the oldest backups.
func forget(ctx context.Context, p place, keep int, out io.Writer) error {
	all, err := p.list(ctx)
	if err != nil {
		return fmt.Errorf("la sauvegarde est faite, mais les anciennes n’ont pas pu être triées : %w", err)
	}
	for _, old := range all[:max(0, len(all)-keep)] {
		if err := p.remove(ctx, old); err != nil {
			return fmt.Errorf("la sauvegarde est faite, mais l’ancienne %s n’a pas pu être effacée : %w", old.Name, err)
		}
		fmt.Fprintf(out, "Ancienne sauvegarde effacée : %s\n", old.Name)
	}
	return nil
}

type backupsCmd struct {
	From string `placeholder:"OÙ" help:"Dossier ou s3://seau/préfixe ; par défaut là où ocpizza backup les met."`
	JSON bool   `name:"json" help:"En JSON."`
}

// Run lists the backups of a place, oldest first.
func (b backupsCmd) Run(c *console) error {
	p, err := openPlace(c, backupPlace(c, b.From), false)
	if err != nil {
		return err
	}
	if p.exact() {
		return usageError{errors.New("--from attend un dossier ou un préfixe s3://, pas un fichier")}
	}
	all, err := p.list(c.ctx)
	if err != nil {
		return err
	}
	if b.JSON {
		if all == nil {
			all = []stored{}
		}
		return json.NewEncoder(c.out).Encode(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(c.err, "Aucune sauvegarde ici. En faire une : ocpizza backup")
		return nil
	}
	table := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, s := range all {
		note := ""
		if strings.HasSuffix(s.Name, ".age") {
			note = "chiffrée"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Taken.In(app.Paris).Format("02/01/2006 15:04:05"), size(s.Size), s.Name, note)
	}
	return table.Flush()
}
