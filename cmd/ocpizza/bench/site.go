package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	crand "crypto/rand"
)

// site is the server's public door, as browsers and tills use it.
type site struct {
	base   string
	http   *http.Client
	cookie string // the director's session
	csrf   string
	shops  []*shop
}

// shop is a pizzeria that is open, and what can be ordered there.
type shop struct {
	id        int64
	Slug      string   `json:"slug"`
	Name      string   `json:"nom"`
	Open      bool     `json:"ouverte"`
	Postcodes []string `json:"codes_postaux"`
	pizzas    []string // slugs
	epoch     string
	seq       int64 // of its menu
}

// placed is an order of ours.
type placed struct {
	shop *shop
	Link string `json:"suivi"`
	id   int64
	seq  int64 // of its tracking page
}

func newSite(base *url.URL) *site {
	return &site{base: base.String(), http: &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask sends a request, as the director if staff, and returns the body of an answer below 300.
func (s *site) ask(ctx context.Context, method, path string, form url.Values, staff, page bool) ([]byte, *http.Response, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, body)
	if err != nil {
		return nil, nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Idempotency-Key", crand.Text())
	}
	if !page {
		req.Header.Set("Accept", "application/json")
	}
	if staff {
		req.Header.Set("Cookie", s.cookie)
		req.Header.Set("X-Csrf-Token", s.csrf)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s : %d %.300s", method, path, resp.StatusCode, text)
	}
	return text, resp, err
}

func (s *site) json(ctx context.Context, method, path string, form url.Values, staff bool, into any) error {
	text, _, err := s.ask(ctx, method, path, form, staff, false)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	return err
}

// enter finds the open shops and signs the director in, whose screens are those of every shop.
func (s *site) enter(ctx context.Context, password string) error {
	var home struct {
		Pizzerias []*shop `json:"pizzerias"`
	}
	if err := s.json(ctx, http.MethodGet, "/", nil, false, &home); err != nil {
		return fmt.Errorf("aucun serveur OC Pizza ne répond sur %s : %w", s.base, err)
	}
	for _, p := range home.Pizzerias {
		if !p.Open {
			continue
		}
		if err := s.readMenu(ctx, p); err != nil {
			return err
		}
		s.shops = append(s.shops, p)
	}
	if len(s.shops) == 0 {
		return fmt.Errorf("aucune pizzeria n’est ouverte sur %s", s.base)
	}
	var answer struct {
		CSRF string `json:"csrf"`
	}
	text, resp, err := s.ask(ctx, http.MethodPost, "/connexion", url.Values{"identifiant": {"directeur"}, "mot_de_passe": {password}}, false, false)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		return fmt.Errorf("bench a besoin des comptes de démonstration : %w", err)
	}
	s.csrf = answer.CSRF
	var pairs []string
	for _, c := range resp.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	s.cookie = strings.Join(pairs, "; ")
	return nil
}

func (s *site) readMenu(ctx context.Context, p *shop) error {
	var menu struct {
		Seq      int64 `json:"seq"`
		Products []struct {
			Slug string `json:"slug"`
			Kind string `json:"genre"`
		} `json:"produits"`
	}
	if err := s.json(ctx, http.MethodGet, "/carte/"+p.Slug, nil, false, &menu); err != nil {
		return err
	}
	p.seq, p.pizzas = menu.Seq, nil
	for _, product := range menu.Products {
		if product.Kind == "pizza" {
			p.pizzas = append(p.pizzas, product.Slug)
		}
	}
	if len(p.pizzas) == 0 {
		return fmt.Errorf("la carte de %s n’a pas de pizza", p.Name)
	}
	return nil
}

// stockPath is where a movement of an ingredient is sent, as the stock page's forms have it.
var stockPath = regexp.MustCompile(`/pilotage/stocks/([a-z0-9-]+)`)

// restock fills the shops' stores with more than a measurement can use, so that stock is reserved but never short.
func (s *site) restock(ctx context.Context) error {
	return each(s.shops, len(s.shops), func(p *shop) error {
		where := "?pizzeria=" + url.QueryEscape(p.Slug)
		page, _, err := s.ask(ctx, http.MethodGet, "/pilotage/stocks"+where, nil, true, true)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, m := range stockPath.FindAllSubmatch(page, -1) {
			slug := string(m[1])
			if seen[slug] {
				continue
			}
			seen[slug] = true
			form := url.Values{"action": {"restock"}, "quantite": {"9000000"}}
			if err := s.json(ctx, http.MethodPost, "/pilotage/stocks/"+slug+where, form, true, nil); err != nil {
				return err
			}
		}
		if len(seen) == 0 {
			return fmt.Errorf("la page des stocks de %s ne propose aucun ingrédient", p.Name)
		}
		return nil
	})
}

// place orders two different pizzas, for delivery where the shop delivers.
func (s *site) place(ctx context.Context, p *shop, note string) (placed, error) {
	first := rand.N(len(p.pizzas))
	form := url.Values{
		"pizzeria": {p.Slug}, "mode": {"retrait"}, "nom": {"Camille Martin"}, "telephone": {"04 65 71 20 30"}, "paiement": {"carte"}, "note": {note},
		"ligne": {p.pizzas[first] + ":medium:1", p.pizzas[(first+1)%len(p.pizzas)] + ":medium:1"},
	}
	if len(p.Postcodes) > 0 {
		form.Set("mode", "livraison")
		form.Set("adresse", "3 rue de la Loge")
		form.Set("code_postal", p.Postcodes[0])
	}
	o := placed{shop: p}
	return o, s.json(ctx, http.MethodPost, "/commandes", form, false, &o)
}

// look reads an order's tracking page: its id and its number.
func (s *site) look(ctx context.Context, o *placed) error {
	var t struct {
		ID  int64 `json:"id"`
		Seq int64 `json:"seq"`
	}
	err := s.json(ctx, http.MethodGet, o.Link, nil, false, &t)
	o.id, o.seq = t.ID, t.Seq
	return err
}

// cancel is the customer's, by the tracking link. The order is closed; its page stays for a while.
func (s *site) cancel(ctx context.Context, o placed) error {
	return s.json(ctx, http.MethodPost, o.Link+"/annuler", url.Values{}, false, nil)
}

// step takes an order further, on the kitchen's or the courier's screen.
func (s *site) step(ctx context.Context, o placed, screen, what string, form url.Values) error {
	path := "/" + screen + "/commandes/" + strconv.FormatInt(o.id, 10) + "/" + what
	return s.json(ctx, http.MethodPost, path, form, true, nil)
}

// each calls f for all, at most some at the same time, and returns the first error.
func each[T any](all []T, atOnce int, f func(T) error) error {
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	slots := make(chan struct{}, max(1, atOnce))
	for _, one := range all {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := f(one); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	wg.Wait()
	return failed
}
