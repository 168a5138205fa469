package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// shop is a pizzeria and those who work in it.
type shop struct {
	Slug      string   `json:"slug"`
	Name      string   `json:"nom"`
	Open      bool     `json:"ouverte"`
	Postcodes []string `json:"codes_postaux"` // where it delivers

	screens map[string]*screen
	counter chan *order // customers who come for their order
}

// jobs are the screens that staff hold, and with which sign-in. The director stands in where the demo's cast has nobody.
var jobs = []struct{ screen, login string }{
	{kitchenScreen, "cuisine"}, {courierScreen, "livreur"}, {tillScreen, "caisse"}, {dashboardScreen, "responsable"},
}

const director = "directeur"

// findShops asks for the shops, keeps those that were chosen and are open.
func findShops(ctx context.Context, s *site, chosen []string) ([]*shop, error) {
	who := s.person()
	var home struct {
		Pizzerias []*shop `json:"pizzerias"`
	}
	if body, err := who.once(ctx, http.MethodGet, "/", nil, "", "application/json"); err != nil {
		if statusOf(err) == 0 {
			return nil, fmt.Errorf("aucun serveur ne répond sur %s (%s). Démarrez-le avec : ocpizza serve", s.base, kindOfError(err))
		}
		return nil, fmt.Errorf("le serveur %s refuse d’ouvrir : %w", s.base, err)
	} else if err := json.Unmarshal(body, &home); err != nil || len(home.Pizzerias) == 0 {
		return nil, fmt.Errorf("ce qui répond sur %s n’est pas OC Pizza. Donnez son adresse avec --url, ou démarrez-le avec : ocpizza serve", s.base)
	}
	var out []*shop
	for _, slug := range chosen {
		if slug != "all" && !slices.ContainsFunc(home.Pizzerias, func(p *shop) bool { return p.Slug == slug }) {
			return nil, fmt.Errorf("aucune pizzeria « %s ». Choisissez parmi : %s", slug, strings.Join(slugs(home.Pizzerias), ", "))
		}
	}
	for _, p := range home.Pizzerias {
		if slices.Contains(chosen, "all") && p.Open || slices.Contains(chosen, p.Slug) {
			if !p.Open {
				return nil, fmt.Errorf("%s est fermée à cette heure : choisissez une pizzeria ouverte avec --shops", p.Name)
			}
			p.screens, p.counter = map[string]*screen{}, make(chan *order)
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("toutes les pizzerias sont fermées à cette heure. La première est toujours ouverte sur une base de démonstration : ocpizza serve, sans base configurée")
	}
	return out, nil
}

func slugs(shops []*shop) []string {
	out := make([]string, len(shops))
	for i, p := range shops {
		out[i] = p.Slug
	}
	return out
}

// signIn opens a session.
func signIn(ctx context.Context, s *site, login, password string) (*person, error) {
	who := s.person()
	var answer struct {
		CSRF string `json:"csrf"`
	}
	_, err := who.write(ctx, "/connexion", url.Values{"identifiant": {login}, "mot_de_passe": {password}}, "", &answer)
	switch {
	case statusOf(err) == http.StatusUnauthorized:
		return nil, fmt.Errorf("le serveur refuse « %s » avec ce mot de passe. La simulation a besoin des comptes de démonstration : donnez --password, ou démarrez une base neuve avec : OCPIZZA_SQLITE=demo.db ocpizza serve", login)
	case err != nil:
		return nil, fmt.Errorf("la connexion de « %s » échoue : %w", login, err)
	}
	who.csrf = answer.CSRF
	return who, nil
}

// staff signs everybody in and puts them before the screens of every shop.
func (e *play) staff(ctx context.Context, password string) error {
	people := map[string]*person{}
	for _, login := range []string{"cuisine", "livreur", "caisse", "responsable", director} {
		who, err := signIn(ctx, e.site, login, password)
		if err != nil {
			return err
		}
		people[login] = who
	}
	for _, p := range e.shops {
		for _, j := range jobs {
			path := "/" + j.screen + "?pizzeria=" + url.QueryEscape(p.Slug)
			s, err := openScreen(ctx, people[j.login], j.screen, p.Slug, path, 0)
			if code := statusOf(err); code == http.StatusNotFound || code == http.StatusForbidden {
				s, err = openScreen(ctx, people[director], j.screen, p.Slug, path, 0)
			}
			if err != nil {
				return fmt.Errorf("l’écran %s de %s ne s’ouvre pas : %w", j.screen, p.Name, err)
			}
			p.screens[j.screen] = s
		}
		s, err := openScreen(ctx, e.site.person(), menuScreen, p.Slug, "/carte/"+p.Slug, 0)
		if err != nil {
			return fmt.Errorf("la carte de %s ne s’ouvre pas : %w", p.Name, err)
		}
		p.screens[menuScreen] = s
	}
	return nil
}
