package app

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong in the terms of the business; the door (app/web) maps it to an HTTP status, in one place.
type Kind uint8

// The kinds of refusal. Internal is the zero value, so that an error nobody classified is never shown to a customer.
const (
	Internal     Kind = iota // 500: our fault
	Invalid                  // 422: the request makes no sense as it stands
	Unauthorized             // 401: sign in first
	Forbidden                // 403: signed in, but not allowed
	NotFound                 // 404: no such thing, or not yours
	Conflict                 // 409: the world has moved on: sold out, already left, price changed
	Unavailable              // 503: try again later
	TooMany                  // 429: slow down; Error.Retry says how long
)

var kindNames = [...]string{"internal", "invalid", "unauthorized", "forbidden", "not_found", "conflict", "unavailable", "too_many"}

// String returns the name used in JSON answers and in the database.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// ParseKind is the inverse of String; an unknown name is Internal.
func ParseKind(name string) Kind {
	for i, n := range kindNames {
		if n == name {
			return Kind(i)
		}
	}
	return Internal
}

// Error is a refusal that may be shown to the person who asked: Message is a French sentence that says what to do next.
// The cause is for the log alone.
type Error struct {
	Kind    Kind
	Message string
	Line    int           // 1-based line of the basket at fault, 0 if none
	Field   string        // name of the form field at fault, "" if none
	Retry   time.Duration // when to try again, 0 if it is not known
	cause   error
}

// Errorf makes a refusal. The formatted message is shown as it stands; use Wrap to keep a cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes a refusal with a cause that is logged and never shown.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	e := Errorf(kind, format, args...)
	e.cause = cause
	return e
}

// AtLine returns the refusal with the number of the basket line that it is about.
func (e *Error) AtLine(n int) *Error {
	c := *e
	c.Line = n
	return &c
}

// InField returns the refusal with the name of the form field that it is about.
func (e *Error) InField(name string) *Error {
	c := *e
	c.Field = name
	return &c
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.cause }

// AsError returns err as a refusal; an error of another type becomes Internal with a message that blames nobody.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Wrap(err, Internal, "Un incident nous empêche de répondre. Réessayez dans un instant.")
}

// KindOf returns the kind of err.
func KindOf(err error) Kind { return AsError(err).Kind }

// ErrUnchanged is returned by a change that finds its work already done by the same person: nothing is saved, nothing is said,
// and the caller gets the same answer as the first time.
var ErrUnchanged = errors.New("already so")

// ErrGap is returned by Board.Apply when events are missing between the board and the event: the board must be loaded again.
var ErrGap = errors.New("events are missing")
