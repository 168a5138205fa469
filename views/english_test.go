package views

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/a-h/templ"
	nethtml "golang.org/x/net/html"

	"github.com/oc-pizza/ocpizza/app"
)

// englishPages are the customer's screens in the states that matter, for both languages.
func englishPages() map[string]templ.Component {
	pages := customerPages()
	delete(pages, "sign-in") // the staff's
	b := testBoard()
	live := testLive("/live/suivi/x")
	closed := testBoard()
	closed.Pizzeria.AlwaysOpen = false
	closed.Pizzeria.Hours = []app.Opening{{Day: evening.Weekday(), From: 20 * 60, To: 23 * 60}}
	live.Outlook = closed.Outlook(evening)
	pages["menu-closed"] = MenuPage(visitorPage("menu"), live, closed, closedBasket(closed))
	for _, s := range []Service{ReadOnly, Down} {
		live := testLive("/live/carte/x")
		live.Service = s
		pages["menu-"+string(s)] = MenuPage(visitorPage("menu"), live, b, testBasket(b))
		pages["tracking-"+string(s)] = TrackingPage(visitorPage("tracking"), live, b, b.Orders[46], "1-jeton", nil)
	}
	down := testBoard()
	down.Maintenance = &app.Maintenance{Since: evening, Until: at(90)}
	pages["maintenance"] = MaintenancePage(visitorPage("maintenance"), testLive("/live/maintenance/x"), down)
	pages["menu-maintenance"] = MenuPage(visitorPage("menu"), testLive("/live/carte/x"), down, Basket{})
	pages["tracking-maintenance"] = TrackingPage(visitorPage("tracking"), testLive("/live/suivi/x"), down, b.Orders[46], "1-jeton", nil)
	slips := testLive("/live/suivi/x")
	slips.Estimate = at(90)
	pages["tracking-slips"] = TrackingPage(visitorPage("tracking"), slips, b, b.Orders[46], "1-jeton", nil)
	far := b.Orders[33].Clone()
	must(far.Advance(testCourier, app.Undeliverable, "Personne à l’adresse", at(10)))
	pages["tracking-undeliverable"] = TrackingPage(visitorPage("tracking"), slips, b, far, "1-jeton", nil)
	paid := b.Orders[46].Clone()
	must(paid.Pay(testCashier, app.Card, at(1)))
	must(paid.Advance(testCashier, app.Cancelled, "", at(2)))
	pages["tracking-refunded"] = TrackingPage(visitorPage("tracking"), slips, b, paid, "1-jeton", nil)
	run := runBoard()
	for i, p := range []app.Place{{}, run.Pizzeria.At, run.Pizzeria.Places["66330"], {Lat: 42.9, Lon: 2.5}} {
		ride := testLive("/live/suivi/x")
		ride.Rider = app.Rider{Courier: testCourier.User, At: p, Seen: at(2)}
		pages["tracking-next-"+strconv.Itoa(i)] = TrackingPage(visitorPage("tracking"), ride, run, run.Orders[33], "1-jeton", nil)
	}
	pages["tracking-later"] = TrackingPage(visitorPage("tracking"), testLive("/live/suivi/x"), run, run.Orders[34], "1-jeton", nil)
	for name, page := range pages {
		if _, ok := page.(templ.ComponentFunc); !ok {
			panic(name)
		}
	}
	return pages
}

// called is what people, shops, products and ingredients are called, and what they wrote: it stays as it is.
func called(b *app.Board) map[string]bool {
	names := map[string]bool{"OC Pizza Bastille": true, b.Pizzeria.Name: true}
	for _, ours := range []string{ // of customerPages: sentences that no program says
		"Ce lien a expiré : demandez-en un autre.", "Cette page n’est pas à la carte", "Choisir une pizzeria", "La cuisine est ouverte, le site revient.",
		"Nous ne livrons pas encore le 75001.", "Un instant", "« Reine » vient d’être épuisée.", "Personne à l’adresse",
	} {
		names[ours] = true
	}
	for _, p := range b.Menu.Products {
		names[p.Name], names[p.Description] = true, true
	}
	for _, g := range b.Menu.Ingredients {
		names[g.Name], names[lowerFirst(g.Name)] = true, true
	}
	delete(names, "")
	for _, s := range []string{b.Pizzeria.Address, b.Pizzeria.City, b.Pizzeria.Address + ", " + b.Pizzeria.City} {
		names[strings.Join(strings.Fields(s), " ")] = true
	}
	return names
}

// TestEverythingIsSaidInEnglish draws the customer's screens in English, and names each text that stays in French.
func TestEverythingIsSaidInEnglish(t *testing.T) {
	names := called(testBoard())
	silent := map[string][]string{}
	for name, page := range englishPages() {
		doc := drawn(t, page)
		english, missing := inEnglish(doc)
		for _, text := range missing {
			if !names[text] {
				silent[text] = append(silent[text], name)
			}
		}
		for _, french := range []string{"é", "è", "ê", "à", "ç", "œ"} { // half a sentence, between names
			for _, text := range shown(english) {
				if strings.Contains(text, french) && !slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(n string) bool { return strings.Contains(text, n) || strings.Contains(text, lowerFirst(n)) }) {
					t.Errorf("%s still says %q", name, text)
				}
			}
		}
		if !strings.Contains(english, `<html lang="en"`) || !strings.Contains(english, `href="?lang=`) && name != "" {
			t.Errorf("%s does not say its language", name)
		}
		for _, tag := range []string{"<p", "<button", "<input", "<a ", "<svg", "<option", " data-", " hidden"} {
			if got, want := strings.Count(english, tag), strings.Count(doc, tag); got != want && tag != " data-" {
				t.Errorf("%s: %d of %q, in French %d", name, got, tag, want)
			}
		}
	}
	for _, text := range slices.Sorted(maps.Keys(silent)) {
		t.Errorf("no English for %q (on %s): add it to english_words.go", text, silent[text][0])
	}
}

// shown are the texts of a document.
func shown(doc string) []string {
	var out []string
	keep := ""
	for z := nethtml.NewTokenizer(strings.NewReader(doc)); ; {
		switch z.Next() {
		case nethtml.ErrorToken:
			return out
		case nethtml.StartTagToken:
			tok := z.Token()
			if mute[tok.Data] || slices.Contains(tok.Attr, nethtml.Attribute{Key: "translate", Val: "no"}) {
				keep = tok.Data
			}
		case nethtml.EndTagToken:
			keep = ""
		case nethtml.TextToken:
			if keep == "" {
				out = append(out, strings.Join(strings.Fields(html.UnescapeString(string(z.Text()))), " "))
			}
		}
	}
}

// staffOnly are the templates that no customer sees. Every other one is read by TestEveryTextOfACustomerHasEnglish.
var staffOnly = []string{
	"cockpit", "count", "courier", "dashboard", "desknav", "devices", "group", "history", "kitchen", "pairing", "prices", "reassign", "receipt", "run", "signin",
	"stations", "stock", "supervision", "team", "tiles", "till", "why",
}

// notText are strings of those templates that look like words and are none, or are the staff's.
var notText = []string{
	"tracking-board wide", "input short", "width=device-width", "light dark", "noindex, nofollow", "sum-when",
	"Caisse", "Cuisine", "Livraisons", "Pilotage", "Stocks", "Supervision", "Écrans", "Point de vente", "Voir", "Quitter", // the staff's header
	"La base ne répond pas.", "Lecture seule.", "Rien ne s’enregistre", "On lit encore", "Continuez", "Notez sur papier", "plus de nouvelles commandes",
	"En attente : commande n°", "Le client choisit", "le client choisit", "ppelez le client", "pas laissé de numéro", "Plus de", "pas de réponse", // what the staff see of an order on hold
	"oui", "non", "Français", "English", "En plus :", "En plus…", // the last two: the wall and the till
}

// TestEveryTextOfACustomerHasEnglish reads the sources, for what no test's screen shows: each piece of text in them is part of a key.
func TestEveryTextOfACustomerHasEnglish(t *testing.T) {
	files, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	var keys strings.Builder
	for _, table := range englishTables() {
		for key := range table {
			keys.WriteString(verb.ReplaceAllString(strings.Join(strings.Fields(key), " "), "\x00") + "\n")
		}
	}
	all := keys.String()
	for _, file := range files {
		name := strings.TrimSuffix(file, ".templ")
		if slices.Contains(staffOnly, name) {
			continue
		}
		for _, text := range texts(t, name+"_templ.go") {
			for _, part := range append(sentences(text), text)[:len(sentences(text))] {
				missing := slices.ContainsFunc(verb.Split(part, -1), func(words string) bool {
					words = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(words), ". "), ","))
					return strings.ContainsFunc(words, unicode.IsLetter) && !strings.Contains(all, words)
				})
				if missing && !slices.ContainsFunc(notText, func(n string) bool { return strings.Contains(text, n) }) {
					t.Errorf("%s.templ: no English for %q: add the whole text as it is shown to english_words.go, or the file to staffOnly", name, part)
				}
			}
		}
	}
}

var wordy = regexp.MustCompile(`[\p{L}’]{2,} [\p{L}’]|[éèêàçùôîâœÉÀ’]|^[A-Z][a-z]+$`)

// texts are what a generated template shows: the text of its markup, and the words in its code.
func texts(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	add := func(s string) {
		if s = strings.Join(strings.Fields(html.UnescapeString(s)), " "); wordy.MatchString(s) && !strings.ContainsAny(s, `"=<>{`) {
			out = append(out, s)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if _, ok := n.(*ast.ImportSpec); ok {
			return false
		}
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil || strings.HasSuffix(s, ".templ") || strings.Contains(s, "views/") {
			return true
		}
		if !strings.ContainsAny(s, "<>") {
			add(s)
			return true
		}
		for z := nethtml.NewTokenizer(strings.NewReader(s)); z.Next() != nethtml.ErrorToken; {
			tok := z.Token()
			if tok.Type == nethtml.TextToken {
				add(tok.Data)
			}
			for _, a := range tok.Attr {
				if spoken[a.Key] && !(tok.Data == "meta" && !strings.Contains(s, `name="description"`)) {
					add(a.Val)
				}
			}
		}
		return true
	})
	return out
}

// staffRefusals are what no customer is told: the steps, the stock, the till, the operator's commands.
var staffRefusals = []string{
	"Aucune pizza ne dit à quel taux de TVA elles se vendent. Demandez à l’exploitant.",
	"Ce mot de passe est trop court ou public : donnez-en un de %d caractères au moins, ou laissez vide pour en recevoir un.",
	"Ce produit n’existe pas. Rechargez la page.",
	"Cette personne n’est pas de l’équipe. Rechargez la page.",
	"Choisissez %d jours au plus.",
	"Choisissez un livreur de la pizzeria.",
	"Choisissez un rôle de la liste.",
	"Donnez deux jours comme 2026-03-14.",
	"Donnez à la pizza un nom de 60 caractères au plus.",
	"Décrivez la pizza en 200 caractères au plus.",
	"Il n’y a pas encore de pizzeria.",
	"Il y a déjà « %s » à la carte, ou parmi les produits retirés. Donnez-lui un autre nom.",
	"Indiquez le nom de la personne, en 80 caractères au plus.",
	"La commande n° %d %s : seule une commande en route change de livreur. Regardez sur votre écran où elle en est.",
	"Le premier jour est après le dernier. Échangez-les.",
	"Le temps de four doit être compris entre 30 et %d secondes.",
	"L’identifiant doit avoir de 2 à 40 lettres sans accent, chiffres, points ou tirets, par exemple « lina.soler ».",
	"Seule la direction change %s.",
	"Seule la direction gère les responsables et la direction.",
	"Un des ingrédients n’existe pas. Rechargez la page.",
	"Votre rôle ne permet pas de confier une commande. Demandez au responsable.",
	"Vous ne pouvez pas fermer votre propre compte. Demandez à quelqu’un d’autre de la direction.",
	"« %s » n’a pas de pâte dans toutes ses tailles. Ajoutez-la à la recette.",
	"« %s » n’est pas un jour : donnez-le comme 2026-03-14.",
	"La commande n° %d %s : elle n’est pas annulée, et rien n’y a changé. Regardez sur votre écran où elle en est.",
	"Seule la cuisine dit qu’elle a vu un changement.",
	"Ce qui est attendu a changé entre-temps : %s en espèces à présent. Vérifiez, puis validez de nouveau.",
	"Cette commande n’est plus dans votre tournée. Regardez sur votre écran ce qui reste à livrer.",
	"Cette position est illisible. Le téléphone en enverra une autre.",
	"Cette position est trop imprécise pour aider quelqu’un. Attendez que le téléphone trouve mieux.",
	"Cette position est trop loin de la pizzeria. Vérifiez les réglages de localisation du téléphone.",
	"Choisissez les commandes à emporter, %d au plus.",
	"Il n’y a pas de compte à refaire : enregistrez d’abord le vôtre.",
	"Une position toutes les %d secondes suffit. Attendez un peu.",
	"Une tournée a %d arrêts au plus.",
	"Votre service suivant a commencé : ce compte ne se refait plus. Voyez avec le responsable.",
	"Vous n’avez rien à livrer : votre position n’est plus partagée.",
	"« %s » n’est pas un montant. Écrivez-le comme 12,50.",
	"« %s » n’est pas un nombre entier. Écrivez par exemple 3.",
	"Écrivez combien de chèques vous avez, %d au plus.",
	"Écrivez combien de tickets-restaurant vous avez, %d au plus.",
	"Écrivez les espèces en euros, de 0 à %s.",
	"Cet ingrédient n’existe pas.",
	"La quantité d’un supplément doit être comprise entre 1 et %d, ou 0 pour ne plus le proposer.",
	"Le prix d’un supplément doit être compris entre 0,10 € et %s.",
	"Tapez d’abord une pizza : « + » et « - » s’appliquent à la dernière ligne.",
	"Un supplément se propose pour une pizza moyenne ou grande.",
	"« %s » est la base de la pizza : il ne se propose pas en supplément.",
	"%d%s de « %s » sont réservés pour des commandes en cours : il ne peut pas en rester moins. Annulez une commande ou mettez-la en attente, puis recommencez.",
	"%s ne passe pas par le four.",
	"Aucun écran n’affiche ce code.",
	"Aucun écran n’affiche ce code. Vérifiez-le, ou touchez l’écran pour un nouveau code.",
	"Ce produit n’existe pas dans cette taille.",
	"Cet écran n’existe pas ou n’est plus associé.",
	"Cette base contient déjà des pizzerias et n’est pas une démonstration : le mot de passe de démonstration y serait public.",
	"Cette demande n’est pas signée par l’exploitant, ou son horloge n’est pas à l’heure.",
	"Cette personne n’existe pas.",
	"Cette pizzeria n’existe pas, ou vous n’y travaillez pas.",
	"Cette étape n’existe pas.",
	"Choisissez espèces, carte, chèque ou ticket-restaurant.",
	"Dites pourquoi : cette étape demande un motif.",
	"Donnez à l’écran un nom de 40 caractères au plus, par exemple « Cuisine ».",
	"Identifiant ou mot de passe incorrect. Vérifiez-les, ou demandez au responsable.",
	"La commande est trop longue pour une seule saisie. Enregistrez-la en deux fois.",
	"La commande n° %d %s : elle n’est pas annulée. Regardez sur votre écran où elle en est.",
	"La commande n° %d %s : il n’y a rien à encaisser.",
	"La commande n° %d %s : ses pizzas ne changent plus.",
	"La commande n° %d est déjà payée.",
	"La commande n° %d est portée par %s. Demandez-lui, ou au responsable.",
	"La commande n° %d n’a pas cette ligne.",
	"La fin annoncée est déjà passée. Donnez une heure à venir.",
	"La période qui finit le %s n’est pas terminée : une journée va jusqu’à 5 h du matin et se clôture à partir de 9 h. La dernière à clôturer est celle du %s.",
	"La quantité de « %s » doit être un nombre entier positif.",
	"La session est terminée. Reconnectez-vous.",
	"Le message est trop long (%d caractères au plus).",
	"Le motif est trop long (%d caractères au plus).",
	"Le prix doit être compris entre 0,10 € et 500 €.",
	"Le schéma de la base est à la version %d, il faut la %d : lancez « ocpizza migrate ».",
	"Le seuil doit être un nombre entier positif.",
	"L’identifiant « %s » est déjà pris. Choisissez-en un autre.",
	"Seul un directeur met le site en maintenance.",
	"Seule la caisse de la pizzeria cherche un client.",
	"Seule la caisse de la pizzeria prend les commandes au comptoir et par téléphone.",
	"Seule la cuisine avance les pizzas.",
	"Seule la direction change les prix.",
	"Trop d’essais pour ce compte ou depuis cet appareil.",
	"Votre rôle ne permet pas cette action. Demandez au responsable.",
	"Votre rôle ne permet pas d’encaisser. Demandez au responsable.",
	"database %s",
	"« %s » n’est pas le numéro d’une pizza.",
	"« %s » n’est pas un nombre entier.",
	"« %s » n’est pas une période : donnez un jour 2026-03-14, un mois 2026-03 ou une année 2026.",
	"« %s » n’est plus à la carte comme dans la commande n° %d : cette ligne manque ici.",
}

// TestRefusalsHaveEnglish reads every refusal that the program words, by its format: a customer's has English.
func TestRefusalsHaveEnglish(t *testing.T) {
	known := map[string]bool{"%s": true} // words made elsewhere, or kept with a key
	for key := range englishRefusals {
		known[strings.Join(strings.Fields(key), " ")] = true
	}
	for _, format := range staffRefusals {
		known[format] = true
	}
	for _, format := range refusals(t, "../app/*.go", "../app/web/*.go", "../db/*.go", "../cmd/ocpizza/program.go") {
		if !known[format] {
			t.Errorf("no English for the refusal %q: add it to englishRefusals, or to staffRefusals if no customer is told", format)
		}
		delete(known, format)
	}
	for _, format := range staffRefusals {
		if known[format] {
			t.Errorf("nobody is refused by %q any more", format)
		}
	}
}

// refusals are the formats that Errorf and Wrap are called with.
func refusals(t *testing.T, patterns ...string) []string {
	t.Helper()
	all := map[string]bool{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				var name string
				switch f := call.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					if x, ok := f.X.(*ast.Ident); ok && x.Name == "app" {
						name = f.Sel.Name
					}
				}
				if name != "Errorf" && name != "Wrap" && name != "tooMany" {
					return true
				}
				for _, arg := range call.Args {
					if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						s, err := strconv.Unquote(lit.Value)
						if err != nil {
							t.Fatal(err)
						}
						all[strings.Join(strings.Fields(s), " ")] = true
						break
					}
				}
				return true
			})
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// What scripts ask for is there to be had, and nothing else.
func TestScriptsSpeakEnglish(t *testing.T) {
	asked := map[string]bool{}
	for _, name := range []string{"live.js", "menu.js", "promise.js", "maintenance.js"} {
		src, err := os.ReadFile("../static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\btr\(([^()]*)\)`).FindAllStringSubmatch(string(src), -1) {
			for _, s := range regexp.MustCompile(`'([^']*)'`).FindAllStringSubmatch(m[1], -1) {
				asked[strings.ReplaceAll(s[1], `\u00a0`, nbsp)] = true
			}
		}
	}
	for _, s := range []string{"En direct", "Signal faible", "Connexion…"} { // by way of a table
		asked[s] = true
	}
	for s := range asked {
		if _, ok := englishScripts[s]; !ok {
			t.Errorf("no English for %q, which a script asks for", s)
		}
	}
	for s := range englishScripts {
		if !asked[s] {
			t.Errorf("no script asks for %q", s)
		}
	}
}

func TestTranslate(t *testing.T) {
	for french, want := range map[string]string{
		"Panier" + nbsp + ": 3" + nbsp + "articles, 24,00" + nbsp + "€": "Basket: 3 items, €24.00",
		"−1,50" + nbsp + "€":                      "−€1.50",
		"5,5" + nbsp + "%":                        "5.5%",
		"20" + nbsp + "%":                         "20%",
		"  Allergènes" + nbsp + ": gluten, lait ": " Allergens: gluten, milk ",
		"Allergènes" + nbsp + ": aucun":           "Allergens: none",
		"3" + nbsp + "pizzas" + nbsp + ": 1 faite, 1 au four, 1 à faire.":                                                "3 pizzas: 1 made, 1 in the oven, 1 to be made.",
		"En préparation · commande n°" + nbsp + "12 · OC Pizza":                                                          "Being prepared · order no. 12 · OC Pizza",
		"le 1er mars à" + nbsp + "12:00":                                                                                 "on 1 March at 12:00",
		"lundi à" + nbsp + "18:00":                                                                                       "Monday at 18:00",
		"sans oignons rouges, sans olives noires":                                                                        "no oignons rouges, no olives noires",
		"Trop tard : la commande n° 7 est en préparation. Appelez la pizzeria.":                                          "Too late: order no. 7 is being prepared. Call the shop.",
		"Trop d’essais. Attendez 2" + nbsp + "minutes, puis réessayez.":                                                  "Trop d’essais. Wait 2 minutes, then try again.",
		"Les commandes sont suspendues. Nous réparons le four. Reprise prévue à 22:30.":                                  "Orders are paused. Nous réparons le four. Expected back at 22:30.",
		"OC Pizza Canet est fermée. Elle rouvre demain à 11:30 : revenez à ce moment, ou choisissez une autre pizzeria.": "OC Pizza Canet is closed. It opens tomorrow at 11:30: come back then, or choose another pizzeria.",
		"Nous l’avions promise entre 20:05 et 20:10. Pardon pour ce retard : cette heure suit ce que fait la cuisine.":   "We had promised it between 20:05 and 20:10. Sorry for the delay: this time follows what the kitchen does.",
		"Reine": "Reine",
	} {
		if got := SayIn(English, french); got != want {
			t.Errorf("%q:\n%q\nwant\n%q", french, got, want)
		}
		if got := SayIn(French, french); got != french {
			t.Errorf("in French, %q becomes %q", french, got)
		}
	}
}

// What somebody typed, or is called, is data: markup in it stays text.
func TestEnglishEscapes(t *testing.T) {
	got, _ := inEnglish(`<p title="Ajouter &lt;b&gt;&#34;, 2,50 €">Il n’y a plus de &lt;script&gt;.</p><textarea>Panier</textarea><a translate="no">Panier</a><p>Panier</p>`)
	want := `<p title="Add &lt;b&gt;&#34;, €2.50">We have run out of &lt;script&gt;.</p><textarea>Panier</textarea><a translate="no">Panier</a><p>Basket</p>`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func BenchmarkEnglish(b *testing.B) {
	var page strings.Builder
	board := testBoard()
	if err := MenuPage(visitorPage("menu"), testLive("/live/carte/belleville"), board, testBasket(board)).Render(b.Context(), &page); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Draw(English, page.String())
	}
	b.ReportMetric(float64(page.Len()), "B/page")
}
