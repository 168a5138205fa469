package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
)

type maintenanceCmd struct {
	On     maintenanceOnCmd     `cmd:"" help:"Suspendre les nouvelles commandes ; celles en cours continuent."`
	Off    maintenanceOffCmd    `cmd:"" help:"Reprendre les commandes."`
	Status maintenanceStatusCmd `cmd:"" help:"Dire si le site est en maintenance."`
	Page   maintenancePageCmd   `cmd:"" help:"Écrire la page à héberger ailleurs, pour la maintenance de Heroku lui-même (MAINTENANCE_PAGE_URL)."`
}

type maintenanceOnCmd struct {
	Message string `help:"Ce que lisent clients et équipe (160 caractères au plus)."`
	Until   string `help:"Fin annoncée : HH:MM (heure de France) ou une date complète, 2026-03-14T22:30:00+01:00."`
}

func (m maintenanceOnCmd) Run(c *console) error {
	until, err := readUntil(m.Until, time.Now())
	if err != nil {
		return usageError{err}
	}
	return setMaintenance(c, &app.Maintenance{Message: m.Message, Until: until})
}

type maintenanceOffCmd struct{}

func (maintenanceOffCmd) Run(c *console) error { return setMaintenance(c, nil) }

// readUntil reads an end: a time of day in France, today or else tomorrow, or a whole date.
func readUntil(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	clock, err := time.Parse("15:04", text)
	if err != nil {
		return time.Time{}, fmt.Errorf("--until=%q n’est pas une heure : donnez HH:MM, par exemple --until=22:30", text)
	}
	now = now.In(app.Paris)
	at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, app.Paris)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at, nil
}

// setMaintenance saves a maintenance, or ends it (nil), and has the servers that run show it at once.
func setMaintenance(c *console, m *app.Maintenance) error {
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	var saved collector
	shop := app.Shop{Store: d, Publisher: &saved, Clock: time.Now}
	operator := app.Actor{Role: app.Director, Name: "exploitation", Screen: "command line"}
	if m, err = shop.SetMaintenance(c.ctx, operator, m); err != nil {
		return err
	}
	if len(saved) == 0 {
		return errors.New("aucune pizzeria dans cette base : il n’y a rien à mettre en maintenance (ocpizza seed la remplit)")
	}
	fmt.Fprint(c.out, maintenanceWords(m))
	c.tellServers("Les écrans ouverts le montrent déjà.")
	return nil
}

// collector counts what there is to tell.
type collector []app.Event

func (c *collector) Publish(_ context.Context, e app.Event) { *c = append(*c, e) }

// maintenanceWords says what is in force.
func maintenanceWords(m *app.Maintenance) string {
	if !m.On() {
		return "Pas de maintenance : les commandes sont ouvertes.\n"
	}
	words := fmt.Sprintf("En maintenance depuis %s : les nouvelles commandes sont refusées.\n", m.Since.In(app.Paris).Format("le 02/01/2006 à 15:04"))
	words += fmt.Sprintf("Message : %s\n", m.Words())
	if end := m.End(); end != "" {
		words += fmt.Sprintf("Fin annoncée : %s. Elle n’est pas automatique : ocpizza maintenance off\n", end)
	}
	return words
}

type maintenanceStatusCmd struct {
	JSON bool `name:"json" help:"Pour un script."`
}

func (m maintenanceStatusCmd) Run(c *console) error {
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	return m.tell(c, d)
}

func (m maintenanceStatusCmd) tell(c *console, d *db.DB) error {
	now, err := d.Maintenance(c.ctx)
	if err != nil {
		return err
	}
	if !m.JSON {
		_, err = fmt.Fprint(c.out, maintenanceWords(now))
		return err
	}
	out := struct {
		On      bool   `json:"maintenance"`
		Message string `json:"message,omitempty"`
		Since   string `json:"depuis,omitempty"`
		Until   string `json:"jusqu_a,omitempty"`
	}{On: now.On()}
	if now.On() {
		out.Message, out.Since = now.Words(), now.Since.In(app.Paris).Format(time.RFC3339)
		if !now.Until.IsZero() {
			out.Until = now.Until.In(app.Paris).Format(time.RFC3339)
		}
	}
	return json.NewEncoder(c.out).Encode(out)
}
