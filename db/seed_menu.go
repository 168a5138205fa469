package db

import "github.com/oc-pizza/ocpizza/app"

// seedIngredient is an ingredient with what a shop starts an evening with (about 150 pizzas) and the threshold of its warning.
type seedIngredient struct {
	slug, name string
	unit       app.Unit
	diet       app.Diet
	allergens  []app.Allergen
	stock      int64
	threshold  int64
}

// The doughs are the only bases: everything else can be left out.
const (
	dough29 = "paton-29"
	dough33 = "paton-33"
)

func of(all ...app.Allergen) []app.Allergen { return all }

var seedIngredients = []seedIngredient{
	{dough29, "Pâton 29 cm", app.Piece, app.Vegetable, of(app.Gluten), 120, 20},
	{dough33, "Pâton 33 cm", app.Piece, app.Vegetable, of(app.Gluten), 80, 15},

	{"sauce-tomate", "Sauce tomate", app.Gram, app.Vegetable, nil, 16_000, 2_000},
	{"creme-fraiche", "Crème fraîche", app.Gram, app.Vegetable, of(app.Milk), 7_000, 1_000},
	{"pesto", "Pesto au basilic", app.Gram, app.Vegetable, of(app.Milk, app.Nuts), 1_500, 200},

	{"mozzarella", "Mozzarella", app.Gram, app.Vegetable, of(app.Milk), 22_000, 3_000},
	{"emmental", "Emmental", app.Gram, app.Vegetable, of(app.Milk), 5_000, 800},
	{"chevre", "Fromage de chèvre", app.Gram, app.Vegetable, of(app.Milk), 3_500, 500},
	{"roquefort", "Roquefort", app.Gram, app.Vegetable, of(app.Milk), 2_500, 300},
	{"reblochon", "Reblochon", app.Gram, app.Vegetable, of(app.Milk), 4_000, 600},
	{"parmesan", "Parmesan", app.Gram, app.Vegetable, of(app.Milk, app.Eggs), 2_000, 300},
	{"burrata", "Burrata", app.Piece, app.Vegetable, of(app.Milk), 24, 4},

	{"jambon", "Jambon blanc", app.Gram, app.Pork, nil, 6_000, 800},
	{"jambon-serrano", "Jambon Serrano", app.Gram, app.Pork, nil, 2_500, 300},
	{"lardons", "Lardons fumés", app.Gram, app.Pork, nil, 4_000, 500},
	{"chorizo", "Chorizo", app.Gram, app.Pork, of(app.Milk), 3_500, 400},
	{"merguez", "Merguez", app.Gram, app.Meat, of(app.Sulphites), 3_000, 400},
	{"poulet", "Poulet rôti", app.Gram, app.Meat, nil, 4_000, 500},
	{"boeuf", "Bœuf haché", app.Gram, app.Meat, nil, 4_000, 500},

	{"thon", "Thon", app.Gram, app.Seafood, of(app.Fish), 3_000, 400},
	{"anchois", "Anchois de Collioure", app.Gram, app.Seafood, of(app.Fish), 1_200, 150},
	{"saumon", "Saumon fumé", app.Gram, app.Seafood, of(app.Fish), 3_000, 400},
	{"crevettes", "Crevettes", app.Gram, app.Seafood, of(app.Crustaceans, app.Sulphites), 2_500, 300},

	{"champignons", "Champignons", app.Gram, app.Vegetable, nil, 6_000, 800},
	{"oignons", "Oignons", app.Gram, app.Vegetable, nil, 5_000, 600},
	{"poivrons", "Poivrons", app.Gram, app.Vegetable, nil, 5_000, 600},
	{"aubergines", "Aubergines grillées", app.Gram, app.Vegetable, nil, 3_500, 400},
	{"courgettes", "Courgettes", app.Gram, app.Vegetable, nil, 3_500, 400},
	{"artichauts", "Artichauts", app.Gram, app.Vegetable, nil, 3_000, 400},
	{"tomates-cerises", "Tomates cerises", app.Gram, app.Vegetable, nil, 4_000, 500},
	{"pommes-de-terre", "Pommes de terre", app.Gram, app.Vegetable, nil, 5_000, 600},
	{"roquette", "Roquette", app.Gram, app.Vegetable, nil, 1_500, 200},
	{"olives", "Olives noires", app.Gram, app.Vegetable, nil, 3_000, 300},
	{"capres", "Câpres", app.Gram, app.Vegetable, of(app.Sulphites), 800, 100},
	{"ail-persil", "Ail et persil", app.Gram, app.Vegetable, nil, 800, 100},
	{"basilic", "Basilic frais", app.Gram, app.Vegetable, nil, 600, 80},
	{"oeuf", "Œuf", app.Piece, app.Vegetable, of(app.Eggs), 90, 15},
	{"miel", "Miel", app.Gram, app.Vegetable, nil, 1_200, 150},
	{"noix", "Noix", app.Gram, app.Vegetable, of(app.Nuts), 1_200, 150},
	{"origan", "Origan", app.Gram, app.Vegetable, nil, 500, 60},
	{"huile-olive", "Huile d’olive", app.Milli, app.Vegetable, nil, 3_000, 400},

	{"cola", "Cola 33 cl", app.Piece, app.Vegetable, nil, 96, 24},
	{"limonade", "Limonade 33 cl", app.Piece, app.Vegetable, nil, 72, 18},
	{"eau-gazeuse", "Eau gazeuse 50 cl", app.Piece, app.Vegetable, nil, 72, 18},
	{"biere", "Bière blonde 33 cl", app.Piece, app.Vegetable, of(app.Gluten), 72, 18},
	{"rose", "Rosé 75 cl", app.Piece, app.Vegetable, of(app.Sulphites), 18, 4},
	{"tiramisu", "Tiramisu", app.Piece, app.Vegetable, of(app.Eggs, app.Gluten, app.Milk), 30, 6},
	{"mousse", "Mousse au chocolat", app.Piece, app.Vegetable, of(app.Eggs, app.Milk, app.Soy), 30, 6},
	{"creme-catalane", "Crème catalane", app.Piece, app.Vegetable, of(app.Eggs, app.Milk), 24, 5},
	{"panna-cotta", "Panna cotta", app.Piece, app.Vegetable, of(app.Milk), 24, 5},
}

// seedProduct is a product; the recipe of a pizza is that of 29 cm, without its dough, in the order of the make line.
type seedProduct struct {
	slug, name, description string
	kind                    app.ProductKind
	price                   app.Cents // of the medium pizza, or of the single size
	vat                     app.Rate
	recipe                  string // "ingredient quantity, …"
}

// largePremium is what 33 cm costs more than 29 cm.
const largePremium app.Cents = 300

// VAT rates: see app.Rate. Drinks in closed containers to take away are food to keep (5.5 %); alcohol is always 20 %.
const (
	vatMeal    app.Rate = 1000
	vatDrink   app.Rate = 550
	vatAlcohol app.Rate = 2000
)

var seedProducts = []seedProduct{
	{"margherita", "Margherita", "La simplicité même : sauce tomate, mozzarella fondante et basilic frais.", app.Pizza, 900, vatMeal,
		"sauce-tomate 90, mozzarella 110, basilic 4, huile-olive 8"},
	{"regina", "Regina", "La préférée des familles : jambon blanc, champignons et mozzarella.", app.Pizza, 1090, vatMeal,
		"sauce-tomate 90, mozzarella 100, jambon 60, champignons 50, origan 1"},
	{"quatre-fromages", "Quatre fromages", "Mozzarella, chèvre, roquefort et emmental : pour les inconditionnels.", app.Pizza, 1190, vatMeal,
		"sauce-tomate 80, mozzarella 70, emmental 40, chevre 40, roquefort 30"},
	{"napolitaine", "Napolitaine", "Anchois de Collioure, câpres, olives noires et origan.", app.Pizza, 1050, vatMeal,
		"sauce-tomate 90, mozzarella 90, anchois 25, capres 10, olives 25, origan 1"},
	{"catalane", "Catalane", "Le soleil du Roussillon : chorizo, poivrons grillés, oignons et olives.", app.Pizza, 1190, vatMeal,
		"sauce-tomate 90, mozzarella 90, chorizo 55, poivrons 50, oignons 30, olives 20"},
	{"vegetarienne", "Végétarienne", "Aubergines, courgettes, poivrons et tomates cerises, un filet d’huile d’olive.", app.Pizza, 1090, vatMeal,
		"sauce-tomate 90, mozzarella 90, aubergines 40, courgettes 40, poivrons 40, tomates-cerises 40, huile-olive 8"},
	{"calzone", "Calzone", "Soufflée et repliée : jambon, œuf, champignons et mozzarella.", app.Pizza, 1150, vatMeal,
		"sauce-tomate 70, mozzarella 100, jambon 60, champignons 40, oeuf 1"},
	{"orientale", "Orientale", "Merguez relevées, poivrons, oignons et un œuf.", app.Pizza, 1190, vatMeal,
		"sauce-tomate 90, mozzarella 90, merguez 70, poivrons 40, oignons 30, oeuf 1"},
	{"chevre-miel", "Chèvre miel", "Crème fraîche, chèvre, miel doré et éclats de noix.", app.Pizza, 1190, vatMeal,
		"creme-fraiche 80, mozzarella 80, chevre 60, miel 20, noix 20"},
	{"savoyarde", "Savoyarde", "Reblochon, pommes de terre, lardons et oignons sur crème fraîche.", app.Pizza, 1290, vatMeal,
		"creme-fraiche 80, mozzarella 60, reblochon 70, pommes-de-terre 80, lardons 50, oignons 30"},
	{"boisee", "Boisée", "Poulet rôti, champignons et persillade sur crème fraîche.", app.Pizza, 1220, vatMeal,
		"creme-fraiche 80, mozzarella 90, poulet 70, champignons 60, ail-persil 6"},
	{"bolognaise", "Bolognaise", "Bœuf haché, oignons et parmesan sur une sauce tomate généreuse.", app.Pizza, 1190, vatMeal,
		"sauce-tomate 110, mozzarella 90, boeuf 80, oignons 30, parmesan 15"},
	{"oceane", "Océane", "Saumon fumé, crevettes et crème fraîche : le large à table.", app.Pizza, 1390, vatMeal,
		"creme-fraiche 80, mozzarella 80, saumon 50, crevettes 50, ail-persil 5"},
	{"tonno", "Tonno", "Thon, oignons, olives noires et câpres.", app.Pizza, 1120, vatMeal,
		"sauce-tomate 90, mozzarella 90, thon 70, oignons 30, olives 20, capres 8"},
	{"burrata-serrano", "Burrata Serrano", "Pesto, tomates cerises, puis jambon Serrano, roquette et burrata posés à la sortie du four.", app.Pizza, 1390, vatMeal,
		"pesto 30, mozzarella 60, tomates-cerises 50, jambon-serrano 45, roquette 15, burrata 1"},

	{"cola-33", "Cola", "La canette bien fraîche, 33 cl.", app.Drink, 250, vatDrink, "cola 1"},
	{"limonade-33", "Limonade artisanale", "Citrons de Corse, bouteille de 33 cl.", app.Drink, 280, vatDrink, "limonade 1"},
	{"eau-gazeuse-50", "Eau gazeuse", "Des Pyrénées, bouteille de 50 cl.", app.Drink, 220, vatDrink, "eau-gazeuse 1"},
	{"biere-33", "Bière blonde catalane", "Brassée dans les Albères, 33 cl, 5 % vol.", app.Drink, 390, vatAlcohol, "biere 1"},
	{"rose-75", "Rosé Côtes du Roussillon", "Frais et fruité, bouteille de 75 cl, 12,5 % vol.", app.Drink, 1290, vatAlcohol, "rose 1"},

	{"tiramisu", "Tiramisu", "Café et mascarpone, fait maison chaque matin.", app.Dessert, 450, vatMeal, "tiramisu 1"},
	{"mousse-chocolat", "Mousse au chocolat", "Chocolat noir à 70 %, légère et intense.", app.Dessert, 390, vatMeal, "mousse 1"},
	{"creme-catalane", "Crème catalane", "Cannelle, zeste de citron et caramel craquant.", app.Dessert, 420, vatMeal, "creme-catalane 1"},
	{"panna-cotta", "Panna cotta", "Coulis de fruits rouges.", app.Dessert, 420, vatMeal, "panna-cotta 1"},
}
