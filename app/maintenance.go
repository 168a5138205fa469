package app

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Maintenance says that the house takes no new orders for a while. Orders in hand go on: kitchen, couriers and tracking do not mind it.
// It ends when somebody ends it: Until is only what people are told.
type Maintenance struct {
	Message string    // for customers and staff; "" has a default
	Until   time.Time // announced end, zero if nobody knows
	Since   time.Time // zero: there is no maintenance
}

// MaxMaintenanceMessage is the longest message, in characters: it stands in a banner.
const MaxMaintenanceMessage = 160

// On reports whether there is a maintenance; nil is none.
func (m *Maintenance) On() bool { return m != nil && !m.Since.IsZero() }

// Words is the message, or what to say without one.
func (m *Maintenance) Words() string {
	if m == nil || m.Message == "" {
		return "Nous faisons une courte maintenance."
	}
	return m.Message
}

// End says when it should be over: "à 22:30" on the day it began, "le 15/03 à 08:00" otherwise, "" if nobody knows.
func (m *Maintenance) End() string {
	switch {
	case m == nil || m.Until.IsZero():
		return ""
	case m.Until.In(Paris).Format(time.DateOnly) == m.Since.In(Paris).Format(time.DateOnly):
		return m.Until.In(Paris).Format("à 15:04")
	}
	return m.Until.In(Paris).Format("le 02/01 à 15:04")
}

// Bounds of when a client is asked to try again: what ends earlier than announced should not wait for an hour to be noticed.
const (
	soonestRetry = 30 * time.Second
	latestRetry  = 10 * time.Minute
)

// Retry is when to try again.
func (m *Maintenance) Retry(now time.Time) time.Duration {
	return min(max(m.Until.Sub(now), soonestRetry), latestRetry)
}

var errMaintenance = errors.New("the house is in maintenance")

// Refusal is the answer to a new order.
func (m *Maintenance) Refusal(now time.Time) *Error {
	words := "Les commandes sont suspendues. " + m.Words()
	if end := m.End(); end != "" {
		words += " Reprise prévue " + end + "."
	} else {
		words += " Réessayez dans quelques minutes."
	}
	e := Wrap(errMaintenance, Unavailable, "%s", words)
	e.Retry = m.Retry(now)
	return e
}

// refuse answers an order that cannot be taken: by the first outcome of its key if it has served, else by the refusal. What is not the
// order's fault is not kept: the same form may be sent again later.
func (s *Shop) refuse(ctx context.Context, key Key, refusal *Error) (Saved, error) {
	switch {
	case errors.Is(refusal, errMaintenance):
		// Somebody who missed the answer to an order taken just before must not believe that there is none.
		if first, err := s.Store.Served(ctx, key); err == nil && first.Order != nil {
			return first, nil
		}
		return Saved{}, refusal
	case refusal.Kind == Internal || refusal.Kind == Unavailable:
		return Saved{}, refusal
	}
	return s.Store.Refuse(ctx, key, refusal)
}

// SetMaintenance begins a maintenance of the whole house, or changes what it says, or ends it (nil). Only a director, or an operator in
// the director's name, may. It returns what is in force now.
func (s *Shop) SetMaintenance(ctx context.Context, actor Actor, m *Maintenance) (*Maintenance, error) {
	if !actor.Is(Director) {
		return nil, Errorf(Forbidden, "Seul un directeur met le site en maintenance.")
	}
	if m != nil {
		n := *m
		n.Message = strings.Join(strings.Fields(n.Message), " ")
		if utf8.RuneCountInString(n.Message) > MaxMaintenanceMessage {
			return nil, Errorf(Invalid, "Le message est trop long (%d caractères au plus).", MaxMaintenanceMessage).InField("message")
		}
		n.Since = s.Now()
		if n.Until = n.Until.UTC().Truncate(time.Microsecond); !n.Until.IsZero() && !n.Until.After(n.Since) {
			return nil, Errorf(Invalid, "La fin annoncée est déjà passée. Donnez une heure à venir.").InField("until")
		}
		m = &n
	}
	events, err := s.Store.SetMaintenance(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		s.announce(ctx, e)
	}
	return m, nil
}
