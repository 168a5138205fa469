package app

import "time"

// StaffAction is what somebody who works here did that is no order's and no stock's: those have journals of their own. It is saved with what was
// done, in one transaction, and never changed.
type StaffAction struct {
	Pizzeria int64 // 0: all shops
	At       time.Time
	By       string // Actor.Key
	Name     string
	Role     Role
	Screen   string
	What     Deed
	Subject  string // the person, the product, the screen
	Detail   string // what the deed alone does not say, in French
}

// Deed is what was done.
type Deed string

// The deeds, as stored.
const (
	PriceSet       Deed = "price"
	ProductRetired Deed = "retire"
	ProductBack    Deed = "unretire"
	ProductAdded   Deed = "add_product"
	MemberAdded    Deed = "add_user"
	MemberDisabled Deed = "disable_user"
	MemberBack     Deed = "enable_user"
	PasswordSet    Deed = "password"
	DevicePaired   Deed = "pair_device"
	DeviceRevoked  Deed = "revoke_device"
)

// menu tells what was done to the menu, which is everybody's business.
func (d Deed) menu() bool {
	return d == PriceSet || d == ProductRetired || d == ProductBack || d == ProductAdded
}

// did is the action of an actor at a moment.
func (a Actor) did(what Deed, pizzeria int64, subject, detail string, at time.Time) StaffAction {
	return StaffAction{Pizzeria: pizzeria, At: at, By: a.Key(), Name: a.Name, Role: a.Role, Screen: a.Screen, What: what, Subject: subject, Detail: detail}
}

// Did is the same for the command line, which has no shop behind it.
func (a Actor) Did(what Deed, pizzeria int64, subject string, at time.Time) StaffAction {
	return a.did(what, pizzeria, subject, "", at)
}
