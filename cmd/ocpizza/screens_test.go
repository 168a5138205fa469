package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	quantise "image/draw"
	"image/png"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/oc-pizza/ocpizza/app"
)

var takeScreens = flag.Bool("screens", false, "take the screenshots of the README anew, into views/testdata/screens")

const (
	screensDir = "../../views/testdata/screens"
	// A README loads a dozen of them.
	maxPicture = 250 << 10
)

// TestScreens takes a picture of every screen at its real size, on an evening in full swing:
//
//	go test ./cmd/ocpizza -run TestScreens -screens
func TestScreens(t *testing.T) {
	if !*takeScreens {
		t.Skip("asked for with -screens")
	}
	c := startChromium(t)
	e := quickEvening(t)
	s := newService(e)
	s.play()

	visitor := c.sit(t, "visitor", e.url, desk)
	visitor.paris()
	visitor.open("/")
	visitor.shoot("home-1280")
	visitor.live("/carte/perpignan")
	visitor.click(`#product-catalane [data-size="large"] .add`)
	visitor.holds(`#panier[data-count="1"]`)
	visitor.click(`#product-limonade-33 .add`)
	visitor.holds(`#panier[data-count="2"]`)
	visitor.do("scrollTo({ top: 0, behavior: 'instant' })")
	visitor.shoot("menu-1280")

	small := c.sit(t, "phone", e.url, phone)
	small.paris()
	small.open("/")
	small.shoot("home-360")
	small.live("/carte/perpignan")
	small.click(`#product-chevre-miel [data-size="medium"] .add`)
	small.holds(`#panier[data-count="1"]`)
	small.click(`#product-tiramisu .add`)
	small.holds(`#panier[data-count="2"]`)
	small.do("scrollTo({ top: 0, behavior: 'instant' })")
	small.shoot("menu-360")
	small.open("/carte/perpignan#panier")
	small.connected()
	small.sees("#panier button", "Commander ·")
	small.do(`document.querySelector('.basket-sheet').scrollTo({ top: 0, behavior: 'instant' })`)
	small.shoot("basket-360")
	small.fill("#adresse", "3 rue de la Loge")
	small.fill("#code_postal", "66000")
	small.fill("#nom", "Ana Puig")
	small.fill("#telephone", "04 65 71 20 30")
	small.do(`document.querySelector('.modes').scrollIntoView({ block: 'start', behavior: 'instant' })`)
	small.shoot("checkout-360")
	small.live(s.tracked)
	small.holds("#tracking-map svg")
	small.shoot("tracking-360")
	small.live(s.held)
	small.shoot("hold-360")
	small.open("/carte/perpignan?lang=en")
	small.click("#product-catalane summary")
	small.do("document.querySelector('#product-catalane').scrollIntoView({ block: 'start', behavior: 'instant' })")
	small.shoot("english-360")
	small.open("/carte/perpignan?lang=fr")

	signIn := c.sit(t, "sign-in", e.url, phone)
	signIn.open("/connexion")
	signIn.shoot("sign-in-360")
	pairing := c.sit(t, "pairing", e.url, device{width: 1280, height: 720})
	pairing.paris()
	pairing.open("/ecran")
	pairing.shoot("pairing-1280")

	for _, staff := range []struct {
		login, home, page, picture string
		dev                        device
	}{
		{login: "cuisine", home: "/cuisine", picture: "kitchen-1920", dev: wall},
		{login: "livreur", home: "/livraisons", picture: "courier-360", dev: phone},
		{login: "livreur", home: "/livraisons", page: "/livraisons/compte", picture: "count-360", dev: phone},
		{login: "caisse", home: "/caisse", picture: "till-1280", dev: desk},
		{login: "responsable", home: "/pilotage", picture: "dashboard-1440", dev: cockpit},
		{login: "directeur", home: "/pilotage", page: "/pilotage/groupe", picture: "group-1440", dev: cockpit},
		{login: "responsable", home: "/pilotage", page: "/pilotage/stocks", picture: "stock-1280", dev: desk},
		{login: "directeur", home: "/pilotage", page: "/pilotage/carte", picture: "prices-1280", dev: desk},
		{login: "responsable", home: "/pilotage", page: "/pilotage/equipe", picture: "team-1280", dev: desk},
		{login: "responsable", home: "/pilotage", page: "/pilotage/historique", picture: "history-1280", dev: desk},
		{login: "directeur", home: "/pilotage", page: "/pilotage/ecrans", picture: "screens-1280", dev: desk},
		{login: "directeur", home: "/pilotage", page: "/pilotage/supervision", picture: "supervision-1280", dev: desk},
	} {
		b := c.sit(t, staff.picture, e.url, staff.dev)
		b.paris()
		b.signsIn(staff.login, staff.home)
		if staff.page != "" {
			b.open(staff.page)
		}
		if staff.login == "caisse" {
			b.fill(`.draft [name=telephone]`, "04 65 71 33 07")
			b.click(`.draft button[value=chercher]`)
			b.sees(".draft", "Même commande")
			b.click(".draft button", "Même commande")
			b.holds(".draft-line")
			b.click(`.pick button[value="cola-33:single"]`)
			b.sees(".draft-line", "Cola")
			b.do("document.activeElement.blur(); document.querySelectorAll('html, .till *').forEach((el) => el.scrollTo({ top: 0, behavior: 'instant' }))")
		}
		b.shoot(staff.picture)
		if staff.login == "cuisine" {
			b.click(".ticket [data-recipe]")
			b.sees("dialog[open]", "Four")
			b.shoot("recipe-1920")
			b.press(kb.Escape)
			b.press("p")
			b.holds("html[data-view=stations]")
			b.shoot("stations-1920")
		}
	}

	small.open("/nulle-part")
	small.shoot("not-found-360")
	director := app.Actor{Role: app.Director, Name: "directeur"}
	closed := app.Maintenance{Message: "Nous réparons le four.", Since: e.prog.shop.Now(), Until: e.prog.shop.Now().Add(30 * time.Minute)}
	if _, err := e.prog.shop.SetMaintenance(t.Context(), director, &closed); err != nil {
		t.Fatal(err)
	}
	small.open("/carte/perpignan")
	small.shoot("maintenance-360")
}

// paris puts the screen where the pizzeria is.
func (b *tab) paris() {
	b.t.Helper()
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Paris"})
}

// shoot takes the picture of what is in the window.
func (b *tab) shoot(name string) {
	b.t.Helper()
	b.wait("document.readyState === 'complete' && document.fonts.status === 'loaded' && !document.getAnimations().some((a) => a.playState === 'running' && a.effect?.getComputedTiming().iterations !== Infinity)")
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
	if blank(picture) {
		b.t.Errorf("%s is blank", name)
	}
	out := encode(b.t, picture)
	if out.Len() > maxPicture/2 { // fewer colours; gradients are dithered where that is not dear
		smooth := encode(b.t, dithered(picture))
		if out = encode(b.t, flat(picture)); smooth.Len() < 2*out.Len() {
			out = smooth
		}
	}
	if out.Len() > maxPicture {
		b.t.Errorf("%s takes %d KB", name, out.Len()>>10)
	}
	if err := os.MkdirAll(screensDir, 0o755); err != nil { //nolint:gosec // like every folder of the repository
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screensDir, name+".png"), out.Bytes(), 0o644); err != nil { //nolint:gosec // like every file of the repository
		b.t.Fatal(err)
	}
	b.t.Logf("%s: %d KB", name, out.Len()>>10)
}

func encode(t *testing.T, m image.Image) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return &out
}

// bucket is a colour without its last bits.
func bucket(c color.Color) [3]uint32 {
	r, g, b, _ := c.RGBA()
	return [3]uint32{r >> 11, g >> 11, b >> 11}
}

// common are the 256 colours that a picture has most of.
func common(m image.Image) color.Palette {
	type sum struct{ n, r, g, b uint32 }
	sums := map[[3]uint32]*sum{}
	box := m.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			at := m.At(x, y)
			s := sums[bucket(at)]
			if s == nil {
				s = new(sum)
				sums[bucket(at)] = s
			}
			r, g, b, _ := at.RGBA()
			s.n, s.r, s.g, s.b = s.n+1, s.r+r>>8, s.g+g>>8, s.b+b>>8
		}
	}
	most := slices.SortedFunc(maps.Values(sums), func(a, b *sum) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(b.r, a.r), cmp.Compare(b.g, a.g), cmp.Compare(b.b, a.b))
	})
	palette := make(color.Palette, 0, 256)
	for _, s := range most[:min(len(most), 256)] {
		palette = append(palette, color.RGBA{uint8(s.r / s.n), uint8(s.g / s.n), uint8(s.b / s.n), 255}) //nolint:gosec // means of bytes
	}
	return palette
}

// dithered keeps gradients smooth.
func dithered(m image.Image) image.Image {
	out := image.NewPaletted(m.Bounds(), common(m))
	quantise.FloydSteinberg.Draw(out, m.Bounds(), m, m.Bounds().Min)
	return out
}

// flat is smallest: each colour becomes the nearest common one.
func flat(m image.Image) image.Image {
	out := image.NewPaletted(m.Bounds(), common(m))
	nearest := map[[3]uint32]uint8{}
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			at := m.At(x, y)
			i, known := nearest[bucket(at)]
			if !known {
				i = uint8(out.Palette.Index(at)) //nolint:gosec // of 256
				nearest[bucket(at)] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

// blank reports whether a picture is of one colour.
func blank(m image.Image) bool {
	first := m.At(m.Bounds().Min.X, m.Bounds().Min.Y)
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y += 7 {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x += 7 {
			if m.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

// service is an evening that is replayed through HTTP, on a clock that runs up to the present.
type service struct {
	e       *evening
	ago     atomic.Int64 // how long before the present the program believes to be
	acts    []act
	client  *person
	staff   map[string]*person
	tracked string // link of the order whose page is shown, and whose courier comes
	held    string // link of the order whose customer is asked
}

// act is something that happened so many minutes ago.
type act struct {
	ago float64
	do  func()
}

func newService(e *evening) *service {
	s := &service{e: e, client: e.visitor(), staff: map[string]*person{}}
	s.ago.Store(int64(6 * time.Hour))
	e.prog.shop.Clock = func() time.Time { return time.Now().Add(-time.Duration(s.ago.Load())) }
	for _, p := range cast {
		s.staff[p.login] = e.as(p.login)
	}
	return s
}

// step is what somebody did to an order so many minutes ago: from which screen, where to, and with which form.
type step struct {
	ago  float64
	path string // "cuisine/ready"
	form string // "paiement=carte"
}

// order is placed so many minutes ago, and goes its way.
func (s *service) order(ago float64, name, phone, where, pay, note string, lines []string, steps ...step) *placed {
	o := new(placed)
	form := order(lines...)
	form.Set("nom", name)
	form.Set("telephone", phone)
	form.Set("paiement", pay)
	form.Set("note", note)
	if where == "" {
		form.Set("mode", "retrait")
	} else {
		form.Set("adresse", where)
	}
	key := fmt.Sprintf("screens-%d", len(s.acts))
	s.acts = append(s.acts, act{ago, func() { *o = s.client.place(form, key) }})
	for _, st := range steps {
		s.acts = append(s.acts, act{st.ago, func() {
			screen, to, _ := strings.Cut(st.path, "/")
			who := s.staff[map[string]string{"cuisine": "cuisine", "livraisons": "livreur", "caisse": "caisse"}[screen]]
			values, err := url.ParseQuery(st.form)
			if err != nil {
				s.e.t.Fatal(err)
			}
			who.post(fmt.Sprintf("/%s/commandes/%d/%s", screen, o.ID, to), values).want(200)
		}})
	}
	return o
}

// stock is counted by the manager before the evening began.
func (s *service) stock(counts map[string]int) {
	s.acts = append(s.acts, act{300, func() {
		for _, ingredient := range slices.Sorted(maps.Keys(counts)) {
			s.staff["responsable"].post("/pilotage/stocks/"+ingredient, url.Values{"action": {"count"}, "quantite": {fmt.Sprint(counts[ingredient])}}).want(200)
		}
	}})
}

func (s *service) play() {
	const baking, ready, riding, delivered, collected = "cuisine/preparing", "cuisine/ready", "livraisons/on_the_way", "livraisons/delivered", "caisse/collected"
	s.stock(map[string]int{"mozzarella": 5600, "burrata": 3, "roquette": 210, "paton-33": 40, "noix": 140, "saumon": 180, "tiramisu": 9})

	// Earlier.
	for i, o := range []struct {
		ago, took float64
		name      string
		pay       string
		lines     []string
	}{
		{205, 21, "Jordi Casals", "carte", []string{"regina:large:2", "cola-33:single:3"}},
		{190, 22, "Léa Montané", "especes", []string{"quatre-fromages:medium:1", "tiramisu:single:1"}},
		{165, 20, "Paul Estève", "carte", []string{"catalane:large:3", "biere-33:single:4"}},
		{140, 22, "Inès Batlle", "ticket_restaurant", []string{"vegetarienne:medium:2"}},
		{120, 37, "Rose Delmas", "carte", []string{"savoyarde:large:2", "rose-75:single:1"}},
		{105, 21, "Marc Sabater", "especes", []string{"margherita:medium:2", "limonade-33:single:2"}},
		{88, 22, "Nina Vergès", "carte", []string{"oceane:medium:1", "panna-cotta:single:2"}},
		{80, 21, "Hugo Pons", "carte", []string{"bolognaise:large:2"}},
	} {
		s.order(o.ago, o.name, fmt.Sprintf("04 65 71 40 %02d", i), fmt.Sprintf("%d rue des Augustins", 4+2*i), o.pay, "", o.lines,
			step{o.ago - 3, baking, ""}, step{o.ago - 10, ready, ""}, step{o.ago - 12, riding, ""}, step{o.ago - o.took, delivered, "paiement=" + o.pay})
	}
	s.order(62, "Claire Roig", "04 65 71 33 07", "", "carte", "", []string{"regina:medium:1", "napolitaine:medium:1"},
		step{58, baking, ""}, step{50, ready, ""}, step{44, collected, "paiement=carte"})

	// With the courier, waiting for one, waiting at the counter.
	s.order(29, "Thomas Llopis", "04 65 71 41 12", "17 avenue Torcatis, 2e étage", "especes", "Code B472", []string{"chevre-miel:large:1", "regina:medium:2", "cola-33:single:2"},
		step{26, baking, ""}, step{17, ready, ""}, step{9, riding, ""})
	s.order(26, "Awa Diop", "04 65 71 41 90", "6 impasse des Lilas", "carte", "", []string{"orientale:large:1", "mousse-chocolat:single:1"},
		step{24, baking, ""}, step{15, ready, ""}, step{9, riding, ""})
	followed := s.order(20, "Ana Puig", "04 65 71 20 30", "3 rue de la Loge", "carte", "", []string{"catalane:medium:1", "chevre-miel:medium:1:noix", "limonade-33:single:2"},
		step{18, baking, ""}, step{7, ready, ""}, step{5, riding, ""})
	s.order(19, "Émile Xatart", "04 65 71 42 55", "22 rue Pierre Ronsard", "carte", "Portail vert, laisser sonner", []string{"calzone:large:2", "eau-gazeuse-50:single:1"},
		step{16, baking, ""}, step{3, ready, ""})
	s.order(18, "Sofia Garriga", "04 65 71 43 01", "", "especes", "", []string{"tonno:large:1"},
		step{15, baking, ""}, step{4, ready, ""})

	// On the wall, the oldest first.
	s.order(22, "Bruno Tixador", "04 65 71 44 10", "9 boulevard Kennedy, bât. C", "carte", "", []string{"savoyarde:large:2", "margherita:medium:1"},
		step{16, "cuisine/lignes/1/making", ""}, step{8, "cuisine/lignes/1/oven", ""}, step{4, "cuisine/lignes/1/done", "pizza=1"}, step{3, "cuisine/lignes/2/oven", ""})
	s.order(14, "Manon Escudier", "04 65 71 44 21", "", "carte", "", []string{"boisee:medium:1:champignons", "biere-33:single:2"},
		step{12, "cuisine/lignes/1/making", ""}, step{2, "cuisine/lignes/1/oven", ""})
	s.order(12, "Karim Haddad", "04 65 71 44 33", "31 rue Foch", "ticket_restaurant", "Enfant allergique aux noix", []string{"vegetarienne:large:1", "quatre-fromages:medium:1:roquefort"},
		step{6, "cuisine/lignes/1/making", ""})
	held := s.order(10, "Lucie Barrère", "04 65 71 44 45", "12 place de la République", "carte", "", []string{"burrata-serrano:large:1", "regina:large:2", "tiramisu:single:2"},
		step{5, "cuisine/on_hold", "ingredient=jambon-serrano"})
	s.order(7, "Denis Oms", "04 65 71 44 52", "", "especes", "", []string{"margherita:medium:3", "calzone:medium:1"},
		step{2, baking, ""})
	cancelled := s.order(6, "Zoé Parès", "04 65 71 44 67", "5 rue Rabelais", "carte", "", []string{"oceane:medium:1"})
	s.acts = append(s.acts, act{1.5, func() { s.client.post(cancelled.Suivi+"/annuler", nil).want(200) }})
	s.order(5, "Yanis Colomer", "04 65 71 44 78", "44 avenue de Prades", "carte", "Digicode 1974", []string{"catalane:large:2:olives,oignons:chevre", "napolitaine:large:1", "cola-33:single:4"})
	s.order(1, "Agathe Noguès", "04 65 71 44 81", "2 bis rue du Théâtre", "especes", "", []string{"bolognaise:medium:1", "tonno:medium:1"})

	slices.SortStableFunc(s.acts, func(a, b act) int { return cmp.Compare(b.ago, a.ago) })
	for _, a := range s.acts {
		s.ago.Store(int64(a.ago * float64(time.Minute)))
		a.do()
	}
	s.ago.Store(0)
	courier := s.staff["livreur"]
	courier.post("/livraisons/tournee", url.Values{"ordre": {fmt.Sprint(followed.ID)}}).want(http.StatusOK)
	courier.post("/livraisons/position", url.Values{"latitude": {"42.6935"}, "longitude": {"2.8902"}, "precision": {"12"}}).want(http.StatusNoContent)
	s.tracked, s.held = followed.Suivi, held.Suivi
}
