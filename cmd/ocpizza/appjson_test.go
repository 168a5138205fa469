package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shape is as much of JSON Schema as Heroku's description of app.json needs
// (https://devcenter.heroku.com/articles/app-json-schema): what a value is, which fields it may have, what its text looks like.
type shape struct {
	kinds   []string         // "object", "array", "string", "number", "boolean"; several: any of them
	fields  map[string]shape // of an object; one that is not here is a mistake
	names   *regexp.Regexp   // of an object with free names
	of      *shape           // what free names, or the items of an array, hold
	needs   []string
	pattern *regexp.Regexp // of a text
	check   func(v any) error
}

func text(pattern string) shape {
	s := shape{kinds: []string{"string"}}
	if pattern != "" {
		s.pattern = regexp.MustCompile(pattern)
	}
	return s
}

func list(of shape) shape { return shape{kinds: []string{"array"}, of: &of} }

func named(names string, of shape) shape {
	return shape{kinds: []string{"object"}, names: regexp.MustCompile(names), of: &of}
}

func object(fields map[string]shape, needs ...string) shape {
	return shape{kinds: []string{"object"}, fields: fields, needs: needs}
}

// appShape is app.json as the page above describes it.
func appShape() shape {
	flag := shape{kinds: []string{"boolean"}}
	variable := object(map[string]shape{
		"description": text(""), "value": text(""), "required": flag, "generator": text(`^secret$`),
	})
	variable.kinds = append(variable.kinds, "string")
	variable.check = func(v any) error {
		fields, ok := v.(map[string]any)
		if _, made := fields["generator"]; ok && made && fields["value"] != nil {
			return fmt.Errorf("a value and a generator")
		}
		return nil
	}
	addon := object(map[string]shape{"plan": text(`^[a-z0-9-]+(:[a-z0-9-]+)?$`), "as": text(`^[A-Z][A-Z0-9_]*$`), "options": named(`.`, text(""))}, "plan")
	addon.kinds, addon.pattern = append(addon.kinds, "string"), regexp.MustCompile(`^[a-z0-9-]+(:[a-z0-9-]+)?$`)
	process := object(map[string]shape{
		"quantity": {kinds: []string{"number"}},
		"size":     text(`^(?i)(eco|basic|standard-[12]x|performance-(m|l|l-ram|xl|2xl))$`),
	}, "quantity")
	scripts := object(map[string]shape{"postdeploy": text(`\S`), "pr-predestroy": text(`\S`)})
	common := map[string]shape{
		"addons": list(addon), "buildpacks": list(object(map[string]shape{"url": text(`^(heroku/[a-z]+|https://\S+)$`)}, "url")),
		"env": named(`^[A-Z][A-Z0-9_]*$`, variable), "formation": named(`^[a-z][a-z0-9-]*$`, process), "scripts": scripts,
		"stack": text(`^(heroku-(22|24)|container)$`),
	}
	whole := map[string]shape{
		"name": text(`^[a-zA-Z._-]{1,30}$`), "description": text(`^.{1,140}$`), "keywords": list(text(`\S`)), "website": text(`^https?://`),
		"repository": text(`^https?://`), "logo": text(`^https?://`), "success_url": text(`^(/|https?://)`), "image": text(`\S`),
	}
	test := map[string]shape{}
	for name, s := range common {
		whole[name], test[name] = s, s
	}
	test["scripts"] = object(map[string]shape{"postdeploy": text(`\S`), "pr-predestroy": text(`\S`), "test": text(`\S`), "test-setup": text(`\S`)})
	whole["environments"] = named(`^(test|review|production|staging)$`, object(test))
	return object(whole)
}

// faults lists what is wrong with a value, each with where it stands.
func (s shape) faults(at string, v any) []string {
	kind := map[bool]string{true: "null"}[v == nil]
	var out []string
	wrong := func(format string, args ...any) { out = append(out, at+": "+fmt.Sprintf(format, args...)) }
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for _, name := range s.needs {
			if _, ok := v[name]; !ok {
				wrong("%q is missing", name)
			}
		}
		for name, inner := range v {
			is, known := s.fields[name]
			if !known && s.names != nil && s.names.MatchString(name) {
				is, known = *s.of, true
			}
			if !known {
				wrong("%q is not a field", name)
				continue
			}
			out = append(out, is.faults(at+"."+name, inner)...)
		}
	case []any:
		kind = "array"
		for i, inner := range v {
			if s.of != nil {
				out = append(out, s.of.faults(fmt.Sprintf("%s[%d]", at, i), inner)...)
			}
		}
	case string:
		kind = "string"
		if s.pattern != nil && !s.pattern.MatchString(v) {
			wrong("%q does not match %s", v, s.pattern)
		}
	case float64:
		kind = "number"
	case bool:
		kind = "boolean"
	}
	if !slices.Contains(s.kinds, kind) {
		wrong("is a %s, not a %s", kind, strings.Join(s.kinds, " or a "))
	} else if s.check != nil {
		if err := s.check(v); err != nil {
			wrong("%v", err)
		}
	}
	return out
}

func TestAppJSON(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "app.json"))
	if err != nil {
		t.Fatal(err)
	}
	var app any
	if err := json.Unmarshal(raw, &app); err != nil {
		t.Fatal(err)
	}
	for _, fault := range appShape().faults("app.json", app) {
		t.Error(fault)
	}
	// The checker sees what is wrong.
	for text, fault := range map[string]string{
		`{"nmae":"x"}`: "is not a field", `{"env":{"a-b":"x"}}`: "is not a field", `{"env":{"A":{"generator":"random"}}}`: "does not match",
		`{"env":{"A":{"generator":"secret","value":"x"}}}`: "a value and a generator", `{"formation":{"web":{"size":"free"}}}`: "does not match",
		`{"formation":{"web":{}}}`: `"quantity" is missing`, `{"addons":"cleardb"}`: "not a array", `{"addons":[{}]}`: `"plan" is missing`,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(appShape().faults("app.json", v), "\n"); !strings.Contains(got, fault) {
			t.Errorf("%s: %q", text, got)
		}
	}

	var read struct {
		Env       map[string]any
		Formation map[string]any
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	procfile, err := os.ReadFile(filepath.Join("..", "..", "Procfile"))
	if err != nil {
		t.Fatal(err)
	}
	for process := range read.Formation {
		if !strings.Contains("\n"+string(procfile), "\n"+process+": ") {
			t.Errorf("the Procfile has no %s", process)
		}
	}
	for name := range read.Env {
		if strings.HasPrefix(name, "OCPIZZA_") && !strings.Contains(environmentHelp, name) {
			t.Errorf("« ocpizza help » does not know %s", name)
		}
	}
}
