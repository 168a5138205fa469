package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/oc-pizza/ocpizza/cmd/ocpizza/watch"
)

// Limits of the plans that production has: a Standard-1X dyno, ClearDB Punch.
const (
	dynoMemory    = 512 // MB
	planStorage   = 1024
	planQuestions = 18000 // statements an hour; assumed, see operations.md
)

// readWatch reads what the program is watched by: the limits of the place (zero: the default), the thresholds, and who is told. Its errors
// quote no secret.
func readWatch(env func(string) string, origin string) (watchOptions, error) {
	var o watchOptions
	for _, limit := range []struct {
		name string
		to   *int64
	}{{"OCPIZZA_MEMORY_MB", &o.Memory}, {"OCPIZZA_DB_LIMIT_MB", &o.Storage}} {
		if text := env(limit.name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n <= 0 || n > math.MaxInt64>>20 {
				return o, fmt.Errorf("%s=%q n’est pas un nombre de Mo : donnez un entier, par exemple 512", limit.name, text)
			}
			*limit.to = n << 20
		}
	}
	if text := env("OCPIZZA_DB_HOURLY"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			return o, fmt.Errorf("OCPIZZA_DB_HOURLY=%q n’est pas un nombre de requêtes : donnez un entier, par exemple %d", text, planQuestions)
		}
		o.Statements = n
	}
	var err error
	if o.Rules, err = watch.Thresholds(defaultRules(), env("OCPIZZA_THRESHOLDS")); err != nil {
		return o, fmt.Errorf("OCPIZZA_THRESHOLDS : %w", err)
	}
	o.Tell = watch.Options{
		Origin: origin, Webhook: env("OCPIZZA_ALERT_WEBHOOK"), SMTP: env("OCPIZZA_SMTP_URL"), To: env("OCPIZZA_ALERT_EMAIL"), From: env("OCPIZZA_ALERT_FROM"),
	}
	if err := o.Tell.Check(); err != nil {
		return o, err
	}
	return o, nil
}
