package app

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestReassign(t *testing.T) {
	karim := User{ID: 23, Name: "Karim", Role: Courier, Pizzerias: []int64{1, 2}}
	with := func(change func(*User)) User {
		u := karim
		change(&u)
		return u
	}
	for _, c := range []struct {
		name   string
		actor  Actor
		status Status
		to     User
		want   Kind // Internal: it is done
	}{
		{"by the manager", people[Manager], OnTheWay, karim, Internal},
		{"by the direction", people[Director], OnTheWay, karim, Internal},
		{"by a courier", people[Courier], OnTheWay, karim, Forbidden},
		{"by the till", people[Cashier], OnTheWay, karim, Forbidden},
		{"still in the kitchen", people[Manager], Preparing, karim, Conflict},
		{"nobody has taken it", people[Manager], Ready, karim, Conflict},
		{"delivered", people[Manager], Delivered, karim, Conflict},
		{"to nobody", people[Manager], OnTheWay, User{}, Invalid},
		{"to a cook", people[Manager], OnTheWay, with(func(u *User) { u.Role = Cook }), Invalid},
		{"to another shop's courier", people[Manager], OnTheWay, with(func(u *User) { u.Pizzerias = []int64{2} }), Invalid},
		{"to one who has left", people[Manager], OnTheWay, with(func(u *User) { u.Disabled = true }), Invalid},
	} {
		o := anOrder(Delivery, c.status)
		_, err := o.Reassign(c.actor, c.to, noon)
		if (err == nil) != (c.want == Internal) || err != nil && KindOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		if done := o.Version == 2 && o.Courier == karim.ID && o.Status == OnTheWay; done != (err == nil) {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

// TestTakenFrom: whoever had an order on this ride and has it no more is told so, until it comes back or leaves again.
func TestTakenFrom(t *testing.T) {
	lila, karim := people[Courier], User{ID: 23, Name: "Karim", Role: Courier, Pizzerias: []int64{1}}
	rose := User{ID: lila.User, Name: "Lila", Role: Courier, Pizzerias: []int64{1}}
	o := anOrder(Delivery, Ready)
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	told := func(want ...int64) {
		t.Helper()
		var got []int64
		for _, id := range []int64{0, lila.User, karim.ID, 99} {
			if o.TakenFrom(id) {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("told: %v, want %v", got, want)
		}
	}
	give := func(to User) error { _, err := o.Reassign(people[Manager], to, noon.Add(time.Hour)); return err }
	_, err := o.Advance(lila, OnTheWay, "", noon)
	step(err)
	told()
	step(give(karim))
	told(lila.User)
	if err := give(karim); !errors.Is(err, ErrUnchanged) {
		t.Error("given twice:", err)
	}
	if left := o.Reached(OnTheWay); !left.Equal(noon) {
		t.Error("it left anew:", left)
	}
	step(give(rose))
	told(karim.ID)
	step(give(karim))
	told(lila.User)
	_, err = o.Advance(karim.Actor(), Ready, "", noon)
	step(err)
	told()
	_, err = o.Advance(karim.Actor(), OnTheWay, "", noon)
	step(err)
	told()
}
