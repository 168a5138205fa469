package main

import (
	_ "embed"
	"errors"
	"html/template"
	"net/url"
	"strings"
)

// The page of the router's own maintenance mode is served by somebody else: it holds all that it needs. Heroku shows it in a frame of
// another origin (https://devcenter.heroku.com/articles/error-pages), which may neither reload the page around it nor read its address:
// it watches for an image of ours, and then leads there.
//
//go:embed maintenance_page.html
var maintenancePageText string

type maintenancePageCmd struct {
	Message string `default:"Nous faisons une courte maintenance." help:"Ce que lisent les clients."`
	Phone   string `help:"Numéro à appeler."`
}

// Run writes the page. It needs neither database nor secret: only the public origin, to know when the site is back.
func (m maintenancePageCmd) Run(c *console) error {
	origin := strings.TrimSuffix(c.env("OCPIZZA_ORIGIN"), "/")
	if u, err := url.Parse(origin); origin != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("OCPIZZA_ORIGIN n’est pas une origine : écrivez-la comme https://www.exemple.fr")
	}
	page, err := template.New("page").Parse(maintenancePageText)
	if err != nil {
		return err
	}
	return page.Execute(c.out, struct{ Message, Phone, Origin string }{m.Message, m.Phone, origin})
}
