package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// config is what the environment says. Everything has a working default, except where a default would be dangerous.
type config struct {
	Port     int
	Database string // URL
	Embedded string // path of the SQLite file, "" with MySQL
	Conns    int    // to the database, at most
	Origin   string
	Secret   []byte
	Redis    string // URL, "" for a process alone
	Dyno     bool   // on Heroku
	Level    slog.Level
	Watch    watchOptions
	// IdleCompare is realtime.BoardsOptions': tests are less patient.
	IdleCompare time.Duration
	// Clock tells the business what time it is: tests open and close shops. nil: time.Now.
	Clock func() time.Time
	// MetricsToken opens /metrics; "": this machine alone.
	MetricsToken string
}

// How many connections to the database a process that serves may have: ClearDB Punch gives 15 for everything (operations.md 3), and more than
// mostConns is a slip of the keyboard rather than a plan.
const (
	dbConns   = 4
	mostConns = 200
)

const environmentHelp = `
Variables d’environnement :
  PORT                   port d’écoute (8080)
  CLEARDB_DATABASE_URL, JAWSDB_URL, DATABASE_URL
                         base MySQL, la première définie : mysql://utilisateur:motdepasse@hôte/base ; aucune : SQLite
  OCPIZZA_SQLITE         fichier de la base embarquée (ocpizza.db)
  OCPIZZA_DB_CONNECTIONS connexions à la base, au plus, de chaque processus qui sert (4). Le plan de ClearDB en donne 15 pour tout : deux
                         versions côte à côte pendant une mise à jour, les migrations, une sauvegarde, un client MySQL
  OCPIZZA_ORIGIN         origine publique, https://www.exemple.fr (obligatoire sur Heroku)
  OCPIZZA_SECRET         32 caractères au moins, tirés au hasard (obligatoire avec MySQL)
  REDIS_URL              facultatif, pour plusieurs processus : redis://… ou rediss://… (le certificat, auto-signé chez Heroku, n’est pas
                         vérifié ; les messages sont chiffrés avec OCPIZZA_SECRET). Sa perte ne perd rien : les écrans suivent la base
  OCPIZZA_BACKUP_TO      où vont les sauvegardes : dossier ou s3://seau/préfixe (dossier sauvegardes)
  OCPIZZA_S3_ENDPOINT, OCPIZZA_S3_REGION, OCPIZZA_S3_KEY, OCPIZZA_S3_SECRET
                         stockage compatible S3 : https://s3.fr-par.scw.cloud, région, clé d’accès et sa partie secrète
  OCPIZZA_AGE_RECIPIENT  clé publique age (age1…) : chiffre les sauvegardes
  OCPIZZA_AGE_IDENTITY   clé secrète age (AGE-SECRET-KEY-…), pour restaurer ; à garder hors du serveur
  OCPIZZA_LOG            debug, info, warn ou error (info pour serve ; les autres commandes n’écrivent que ce qu’elles ont à dire)
  OCPIZZA_METRICS_TOKEN  jeton de /metrics (Authorization: Bearer …) ; sans lui, /metrics ne répond qu’à cette machine
  OCPIZZA_MEMORY_MB      mémoire du dyno, en Mo (celle du conteneur, sinon 512)
  GOMEMLIMIT             mémoire que le programme cherche à ne pas dépasser, 400MiB par exemple (80 % de celle du dyno)
  OCPIZZA_DB_LIMIT_MB    stockage du plan de la base, en Mo (1024)
  OCPIZZA_DB_HOURLY      requêtes SQL par heure que le plan permet (18000)
  OCPIZZA_THRESHOLDS     seuils de la supervision, nom=attention/alarme : memory=80/95,storage=70/85,backup=25/26 … (les noms sont ceux du
                         tableau « Surveiller » du manuel)
  OCPIZZA_ALERT_WEBHOOK  adresse qui reçoit chaque alerte en JSON
  OCPIZZA_ALERT_EMAIL    destinataires des alertes, séparés par des virgules ; il faut aussi OCPIZZA_SMTP_URL
  OCPIZZA_SMTP_URL       serveur de courriel des alertes : smtps://utilisateur:motdepasse@hôte:465 ou smtp://…:587
  OCPIZZA_ALERT_FROM     expéditeur (l’utilisateur de OCPIZZA_SMTP_URL si c’est une adresse, sinon le premier destinataire)
  DYNO, HEROKU_APP_DEFAULT_DOMAIN_NAME, HEROKU_APP_NAME, HEROKU_PR_NUMBER
                         posées par Heroku, rien à faire : elles disent que le disque s’efface, et l’adresse d’une application de revue
`

// readConfig reads the environment. Its errors say which variable is wrong and what to do, and quote no secret.
func readConfig(env func(string) string) (config, error) {
	c := config{Port: 8080, Dyno: env("DYNO") != "", Origin: strings.TrimSuffix(cmp.Or(env("OCPIZZA_ORIGIN"), herokuOrigin(env)), "/")}
	if p := env("PORT"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 65535 {
			return c, fmt.Errorf("PORT=%q n’est pas un port : donnez un nombre entre 1 et 65535", p)
		}
		c.Port = n
	}
	c.Conns = dbConns
	if text := env("OCPIZZA_DB_CONNECTIONS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostConns {
			return c, fmt.Errorf("OCPIZZA_DB_CONNECTIONS=%q n’est pas un nombre de connexions : donnez un entier entre 1 et %d, par exemple %d", text, mostConns, dbConns)
		}
		c.Conns = n
	}
	if l := env("OCPIZZA_LOG"); l != "" {
		if err := c.Level.UnmarshalText([]byte(l)); err != nil {
			return c, fmt.Errorf("OCPIZZA_LOG=%q est inconnu : debug, info, warn ou error", l)
		}
	}
	if c.Redis = env("REDIS_URL"); c.Redis != "" {
		// The URL holds a password: it is not quoted.
		if u, err := url.Parse(c.Redis); err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
			return c, errors.New("REDIS_URL n’est pas l’adresse d’un Redis : écrivez-la comme rediss://:motdepasse@hôte:port")
		}
	}
	c.MetricsToken = env("OCPIZZA_METRICS_TOKEN")
	for _, name := range []string{"CLEARDB_DATABASE_URL", "JAWSDB_URL", "DATABASE_URL"} {
		if c.Database = env(name); c.Database != "" {
			break
		}
	}
	if c.Database == "" {
		if c.Dyno {
			return c, errors.New("aucune base MySQL configurée : le disque d’un dyno est effacé chaque jour, une base SQLite y perdrait les commandes. Ajoutez ClearDB : heroku addons:create cleardb:punch")
		}
		if c.Embedded = env("OCPIZZA_SQLITE"); c.Embedded == "" {
			c.Embedded = "ocpizza.db"
		}
		c.Database = "sqlite://" + c.Embedded
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Host == "" || u.Path != "" || u.Scheme != "http" && u.Scheme != "https" {
			return c, fmt.Errorf("OCPIZZA_ORIGIN=%q n’est pas une origine : écrivez-la comme https://www.exemple.fr", c.Origin)
		}
	} else if c.Dyno {
		return c, errors.New("OCPIZZA_ORIGIN manque : donnez l’origine publique, par exemple heroku config:set OCPIZZA_ORIGIN=https://www.exemple.fr")
	}
	return c, c.readSecret(env("OCPIZZA_SECRET"))
}

const minSecret = 32

// readSecret takes the secret of the environment. Beside an embedded database it is kept in a file, which the server makes (makeSecret): a
// tool where none has run has no use for one. Production has none by default.
func (c *config) readSecret(given string) error {
	switch {
	case given != "" && len(given) < minSecret:
		return fmt.Errorf("OCPIZZA_SECRET est trop court : %d caractères au moins, par exemple : openssl rand -hex 32", minSecret)
	case given != "":
		c.Secret = []byte(given)
		return nil
	case c.Dyno || c.Embedded == "":
		return errors.New("OCPIZZA_SECRET manque : donnez un secret tiré au hasard, par exemple heroku config:set OCPIZZA_SECRET=$(openssl rand -hex 32)")
	}
	kept, err := os.ReadFile(c.secretFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return c.secretError(err)
	case len(kept) < minSecret:
		return fmt.Errorf("le secret %s est abîmé : effacez ce fichier, il sera refait (les liens de suivi en cours seront perdus)", c.secretFile())
	}
	c.Secret = kept
	return nil
}

// makeSecret makes the secret of an embedded database that has none yet.
func (c *config) makeSecret() error {
	if len(c.Secret) > 0 {
		return nil
	}
	c.Secret = []byte(rand.Text() + rand.Text())
	if err := os.WriteFile(c.secretFile(), c.Secret, 0o600); err != nil {
		return c.secretError(err)
	}
	return nil
}

func (c *config) secretFile() string { return c.Embedded + ".secret" }

func (c *config) secretError(err error) error {
	return fmt.Errorf("le secret %s ne peut être ni lu ni écrit : %w", c.secretFile(), err)
}

// logger writes text for a person at a terminal and JSON for machines.
func (c config) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(w, o))
		}
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
