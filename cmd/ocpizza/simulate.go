package main

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/simulate"
)

type simulateCmd struct {
	URL      string   `name:"url" default:"http://localhost:8080" help:"Adresse du serveur, sur cette machine."`
	Minutes  float64  `default:"3" help:"Durée réelle pendant laquelle des clients arrivent, en minutes."`
	Pace     float64  `default:"20" help:"Allure : minutes de soirée par minute réelle (1 = temps réel)."`
	Rate     float64  `default:"30" help:"Commandes par heure de soirée et par pizzeria, au plus fort."`
	Shops    []string `default:"all" sep:"," help:"Pizzerias (slugs séparés par des virgules), ou all : toutes celles qui sont ouvertes."`
	Seed     uint64   `default:"0" help:"Graine du hasard, pour rejouer les mêmes choix (0 : au hasard)."`
	Password string   `help:"Mot de passe des comptes de l’équipe (par défaut celui de la démonstration)."`
	JSON     bool     `name:"json" help:"Résumé en JSON."`
}

func (s simulateCmd) options() simulate.Options {
	return simulate.Options{
		URL: s.URL, Duration: time.Duration(s.Minutes * float64(time.Minute)), Pace: s.Pace, PerHour: s.Rate,
		Shops: s.Shops, Seed: s.Seed, Password: cmp.Or(s.Password, app.DemoPassword),
	}
}

// Validate refuses a wrong usage before anything starts; kong calls it.
func (s simulateCmd) Validate() error { return s.options().Check() }

// Run plays the evening, writes its summary on out, and fails when something happened that must never happen.
func (s simulateCmd) Run(c *console) error {
	summary, err := simulate.Run(c.ctx, s.options(), c.err)
	if err != nil {
		return err
	}
	if s.JSON {
		err = json.NewEncoder(c.out).Encode(summary)
	} else {
		err = summary.Table(c.out)
	}
	if err != nil {
		return err
	}
	return summary.Err()
}
