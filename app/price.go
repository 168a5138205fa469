package app

import "context"

// What a product may cost: anything else is a slip of the finger.
const (
	minPrice Cents = 10
	maxPrice Cents = 500_00
)

// mayChangeMenu: the menu is the chain's, not a shop's.
func mayChangeMenu(actor Actor, what string) error {
	if actor.Role != Director {
		return Errorf(Forbidden, "Seule la direction change %s.", what)
	}
	return nil
}

// SetPrice changes the price of a product in every shop, from now on. Orders already placed keep theirs.
func (s *Shop) SetPrice(ctx context.Context, actor Actor, product string, size Size, price Cents) error {
	if err := mayChangeMenu(actor, "les prix"); err != nil {
		return err
	}
	if err := checkPrice(price); err != nil {
		return err
	}
	events, err := s.Store.SetPrice(ctx, product, size, price, actor.did(PriceSet, 0, product, string(size)+" "+price.String(), s.Now()))
	return s.announceAll(ctx, events, err)
}

func checkPrice(price Cents) error {
	if price < minPrice || price > maxPrice {
		return Errorf(Invalid, "Le prix doit être compris entre 0,10 € et 500 €.").InField("prix")
	}
	return nil
}

// RetireProduct takes a product off every shop's menu, or puts it back. Orders already placed are made.
func (s *Shop) RetireProduct(ctx context.Context, actor Actor, product string, retired bool) error {
	if err := mayChangeMenu(actor, "la carte"); err != nil {
		return err
	}
	deed := ProductBack
	if retired {
		deed = ProductRetired
	}
	events, err := s.Store.RetireProduct(ctx, product, retired, actor.did(deed, 0, product, "", s.Now()))
	return s.announceAll(ctx, events, err)
}

// announceAll says what was saved in every shop.
func (s *Shop) announceAll(ctx context.Context, events []Event, err error) error {
	if err != nil {
		return err
	}
	for _, e := range events {
		s.announce(ctx, e)
	}
	return nil
}
