package app

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Reassigned is where the journal says that an order on its way was given to another courier. It is no status: the order stays on its way,
// and it left when it left. The step comes From the key of who carried it; its reason names who does now.
const Reassigned = "reassigned"

// Reassign gives an order on its way to another courier of the shop: a breakdown, a full bag, an order nearer to somebody else. One who has it
// already is ErrUnchanged.
func (o *Order) Reassign(actor Actor, to User, at time.Time) (Change, error) {
	if !actor.Is(Manager) {
		return Change{}, Errorf(Forbidden, "Votre rôle ne permet pas de confier une commande. Demandez au responsable.")
	}
	if to.Disabled || to.Role != Courier || !slices.Contains(to.Pizzerias, o.Pizzeria) {
		return Change{}, Errorf(Invalid, "Choisissez un livreur de la pizzeria.").InField("livreur")
	}
	if o.Status != OnTheWay {
		return Change{}, Errorf(Conflict, "La commande n° %d %s : seule une commande en route change de livreur. Regardez sur votre écran où elle en est.", o.Number, o.stands())
	}
	if o.Courier == to.ID {
		return Change{}, ErrUnchanged
	}
	o.record(actor, 0, User{ID: o.Courier}.Actor().Key(), Reassigned, strings.TrimSpace(o.CourierName+" → "+to.Name), o.follows(at))
	o.Courier, o.CourierName = to.ID, to.Name
	o.Version++
	return Change{}, nil
}

// TakenFrom reports whether the order is on its way with another courier than this one, who had it before: if the bag is still theirs, they
// must hand it over.
func (o *Order) TakenFrom(courier int64) bool {
	if o.Status != OnTheWay || o.Courier == courier || courier == 0 {
		return false
	}
	key := User{ID: courier}.Actor().Key()
	for _, st := range slices.Backward(o.Journal) {
		switch {
		case st.Line != 0:
		case st.To == Reassigned && st.From == key:
			return true
		case st.To == string(OnTheWay):
			return false // it left; what was before is over
		}
	}
	return false
}

// Couriers lists those who may carry a shop's orders, by name.
func (s *Shop) Couriers(ctx context.Context, actor Actor, pizzeria int64) ([]User, error) {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return nil, err
	}
	all, err := s.Store.Staff(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(u User) bool { return u.Disabled || u.Role != Courier })
	slices.SortFunc(all, func(a, b User) int { return strings.Compare(a.Name+"\x00"+a.Login, b.Name+"\x00"+b.Login) })
	return all, nil
}

// ReassignOrder gives an order on its way to another courier of the shop.
func (s *Shop) ReassignOrder(ctx context.Context, actor Actor, key Key, pizzeria, id, courier int64) (*Order, error) {
	all, err := s.Couriers(ctx, actor, pizzeria)
	if err != nil {
		return nil, err
	}
	var to User // nobody, unless found
	if i := slices.IndexFunc(all, func(u User) bool { return u.ID == courier }); i >= 0 {
		to = all[i]
	}
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) { return o.Reassign(actor, to, s.moment(ctx)) })
}
