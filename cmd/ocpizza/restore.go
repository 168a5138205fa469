package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
)

type restoreCmd struct {
	Files       []string `arg:"" name:"fichier" help:"Sauvegarde (fichier, s3://… ou - pour l’entrée standard), ou export SQL de MySQL Workbench ou de mariadb-dump : un fichier, plusieurs (structure.sql données.sql) ou leur dossier."`
	Replace     bool     `help:"Remplacer tout ce que la base contient."`
	Check       bool     `help:"Vérifier seulement, sans toucher à la base."`
	WithoutDemo bool     `help:"Laisser de côté les comptes de démonstration, aux mots de passe publics : pour passer de la démonstration à la production."`
	AgeIdentity string   `placeholder:"FICHIER" help:"Clé secrète age d’une sauvegarde chiffrée ; sinon OCPIZZA_AGE_IDENTITY."`
}

// Run verifies the files, then fills the database with them.
func (r restoreCmd) Run(c *console) error {
	begun := time.Now()
	identities, err := ageIdentities(c, r.AgeIdentity)
	if err != nil {
		return err
	}
	files, clean, err := r.open(c, identities)
	defer clean()
	if err != nil {
		return err
	}
	bar := newProgress(c.err, map[string]string{"verify": "vérification", "load": "chargement", "check": "contrôle"})
	if r.Check {
		info, err := db.VerifyDump(c.ctx, files, bar.show)
		bar.end()
		if err == nil {
			fmt.Fprintln(c.out, "Fichier intact :", describe(info))
		}
		return err
	}
	d, err := createDB(c)
	if err != nil {
		return err
	}
	defer d.Close()
	info, err := d.Restore(c.ctx, files, db.RestoreOptions{Replace: r.Replace, WithoutDemo: r.WithoutDemo, Progress: bar.show})
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Base restaurée en %s : %s\n", took(begun), describe(info))
	fmt.Fprintln(c.out, "Qui n’était pas déjà connecté sur cette base se connecte ; un écran mural s’y associe (ocpizza device pair).")
	c.tellServers("Les écrans ouverts se remettent à jour d’eux-mêmes.")
	if len(info.Ignored) > 0 {
		fmt.Fprintf(c.err, "Tables laissées de côté, qui ne sont pas d’OC Pizza : %s\n", strings.Join(info.Ignored, ", "))
	}
	if demo, err := d.Demo(c.ctx); err == nil && demo && r.productive(c) {
		fmt.Fprintln(c.err, "Attention : cette base est une démonstration, aux mots de passe publics ; elle ne servira pas en production. Recommencez avec --replace --without-demo, puis créez les comptes (ocpizza user add).")
	}
	return nil
}

// productive tells whether the database is a production one.
func (restoreCmd) productive(c *console) bool {
	cfg, err := readConfig(c.env)
	return err == nil && (cfg.Dyno || cfg.Embedded == "")
}

// describe says what a backup holds.
func describe(i db.DumpInfo) string {
	s := fmt.Sprintf("%s lignes, %s commandes", grouped(i.Rows()), grouped(i.Count("orders")))
	if !i.Taken.IsZero() {
		s += ", état du " + i.Taken.In(app.Paris).Format("02/01/2006 à 15:04:05")
	}
	if !i.Ours {
		s += " (export SQL : sans empreinte, seules sa forme et ses clés ont été contrôlées)"
	}
	return s + "."
}

// open finds the files. What does not stand on the disk is copied to it first, since it is read twice; clean removes the copies.
func (r restoreCmd) open(c *console, identities []age.Identity) (files []db.DumpFile, clean func(), err error) {
	var copies []string
	clean = func() {
		for _, name := range copies {
			_ = os.Remove(name)
		}
	}
	for _, name := range r.Files {
		paths := []string{name}
		shown := name
		switch info, statErr := os.Stat(name); {
		case name == "-" || strings.HasPrefix(name, "s3://"):
			copied, err := spool(c, name)
			if copied != "" {
				copies = append(copies, copied)
			}
			if err != nil {
				return nil, clean, err
			}
			paths = []string{copied}
			if name == "-" {
				shown = "l’entrée standard"
			}
		case statErr != nil:
			return nil, clean, openError(name, statErr)
		case info.IsDir():
			if paths, err = exports(name); err != nil {
				return nil, clean, err
			}
		}
		for _, path := range paths {
			f := db.DumpFile{Name: shown, Open: func() (io.ReadCloser, error) {
				in, err := os.Open(path)
				if err != nil {
					return nil, err
				}
				return decrypt(in, identities)
			}}
			if len(paths) > 1 {
				f.Name = path
			}
			if info, err := os.Stat(path); err == nil {
				f.Size = info.Size()
			}
			files = append(files, f)
		}
	}
	return files, clean, nil
}

func openError(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s n’existe pas : vérifiez le nom du fichier, ou voyez « ocpizza backups »", name)
	}
	return fmt.Errorf("%s ne peut pas être lu : vérifiez vos droits sur ce fichier", name)
}

// exports are the SQL files of a folder, as MySQL Workbench leaves them: one for each table.
func exports(dir string) ([]string, error) {
	var all []string
	for _, pattern := range []string{"*.sql", "*.sql.gz"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("le dossier %s ne contient aucun fichier .sql", dir)
	}
	slices.Sort(all)
	return all, nil
}

// spool copies standard input or an object of S3 to a temporary file.
func spool(c *console, from string) (path string, err error) {
	tmp, err := os.CreateTemp("", "ocpizza-restore-*")
	if err != nil {
		return "", fileError("le fichier temporaire", err)
	}
	defer tmp.Close()
	if from == "-" {
		if _, err := io.Copy(tmp, os.Stdin); err != nil {
			return tmp.Name(), fileError("le fichier temporaire", err)
		}
		return tmp.Name(), nil
	}
	p, err := openPlace(c, from, false)
	if err != nil {
		return tmp.Name(), err
	}
	s3, ok := p.(*s3Place)
	if !ok {
		return tmp.Name(), errors.New("seule une adresse s3:// est copiée")
	}
	return tmp.Name(), s3.fetch(c.ctx, tmp)
}
