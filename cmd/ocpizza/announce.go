package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/oc-pizza/ocpizza/app/web"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/static"
)

// tellTime is how long a server may take to answer a command.
const tellTime = 10 * time.Second

// tellServers has the servers that run take up what a command saved, and tells the person whether they have: done says what that means.
// Saved it is in any case.
func (c *console) tellServers(done string) {
	cfg, err := readConfig(c.env)
	if err == nil {
		err = tellServers(c.ctx, cfg)
	}
	if err != nil {
		fmt.Fprintf(c.err, "Enregistré, mais aucun serveur n’a pu être prévenu (%v). S’il en tourne un, il suivra de lui-même en moins d’une minute.\n", err)
		return
	}
	fmt.Fprintln(c.err, done)
}

// tellServers has the servers compare with the database at once: by Redis, which reaches them all, else by asking the one that answers at
// the public address. Where there are several without Redis, they compare every few seconds anyway.
func tellServers(ctx context.Context, cfg config) error {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	others, err := realtime.NewAnnouncer(cfg.Redis, cfg.Secret, static.Build()+revision(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer others.Close()
	if heard, err := others.AskToCompare(ctx); heard > 0 && err == nil {
		return nil
	}
	return askToCompare(ctx, cfg)
}

// askToCompare sends the running server the signed request of web.SignCompare. Its errors say what to look at and quote no secret.
func askToCompare(ctx context.Context, cfg config) error {
	at := cfg.Origin
	if at == "" {
		at = fmt.Sprintf("http://localhost:%d", cfg.Port)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+web.ComparePath, http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set(web.CompareHeader, web.SignCompare(cfg.Secret, time.Now()))
	r.Header.Set("Accept", "application/json")
	// A redirection would carry the signature elsewhere.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("rien ne répond sur %s", at)
	}
	_ = resp.Body.Close() // its status is all that it says
	switch resp.StatusCode {
	case http.StatusNoContent:
		return nil
	case http.StatusForbidden:
		return fmt.Errorf("%s a refusé la demande : OCPIZZA_SECRET y est-il le même, et les horloges sont-elles à l’heure ?", at)
	}
	return fmt.Errorf("%s a répondu %d", at, resp.StatusCode)
}
