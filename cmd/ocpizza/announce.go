package main

import (
	"context"
	"time"

	"github.com/oc-pizza/ocpizza/realtime"
)

// tellEnds tells the servers that run, by Redis, that a command ended sessions. Without it, or when it fails, they find out by comparing
// with the database: within seconds while the shops are busy, within a minute otherwise.
func tellEnds(c *console, hashes []string) {
	cfg, err := readConfig(c.env)
	if err != nil {
		return // the command has used it: it cannot fail here
	}
	log := cfg.logger(c.err)
	others, err := realtime.NewAnnouncer(cfg.Redis, cfg.Secret, "", log)
	if err == nil {
		ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
		defer cancel()
		err = others.EndSessionsNow(ctx, hashes)
		others.Close()
	}
	if err != nil {
		log.Warn("Redis is away: servers will find out by themselves within a minute", "err", err)
	}
}
