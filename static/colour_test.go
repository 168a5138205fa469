package static

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestStatusesAreToldApart: who does not see red or green, or blue, tells the four statuses by their fills alone, and reads what stands on
// them. The shapes and the words come on top of that.
func TestStatusesAreToldApart(t *testing.T) {
	t.Parallel()
	css, err := files.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	colour := func(name string) linear {
		m := regexp.MustCompile(`--` + name + `: #([0-9a-f]{6});`).FindSubmatch(css)
		if m == nil {
			t.Fatalf("app.css gives no --%s as #rrggbb", name)
		}
		return fromHex(t, string(m[1]))
	}
	ink, fills := colour("on-status"), []string{"ok", "warn", "late", "idle"}
	for i, a := range fills {
		if got := contrast(colour(a), ink); got < 7 {
			t.Errorf("%s under its text: contrast %.2f, less than 7", a, got)
		}
		for _, b := range fills[i+1:] {
			for sight, m := range sights {
				got := deltaE(m.seen(colour(a)).lab(), m.seen(colour(b)).lab())
				if got < 15 {
					t.Errorf("%s and %s in %s sight: ΔE %.1f, less than 15", a, b, sight, got)
				}
			}
		}
	}
}

// linear is a colour as light: red, green and blue of sRGB (IEC 61966-2-1) without its gamma, 0 to 1.
type linear [3]float64

// lab is a colour as eyes with all cones see it: CIE L*a*b*, white point D65.
type lab [3]float64

// sight is how eyes without one kind of cone see light: what it becomes to others.
type sight [3]linear

// sights are those of Machado, Oliveira and Fernandes, « A Physiologically-based Model for Simulation of Color Vision Deficiency » (2009), at
// severity 1.0.
var sights = map[string]sight{
	"normal": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protan": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deutan": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritan": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func (s sight) seen(c linear) linear {
	var out linear
	for i, row := range s {
		out[i] = min(1, max(0, row[0]*c[0]+row[1]*c[1]+row[2]*c[2]))
	}
	return out
}

func fromHex(t *testing.T, hex string) linear {
	t.Helper()
	var c linear
	for i := range c {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if c[i] = v / 12.92; v > 0.04045 {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return c
}

// luminance is WCAG's relative one.
func (c linear) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

func contrast(a, b linear) float64 {
	high, low := max(a.luminance(), b.luminance()), min(a.luminance(), b.luminance())
	return (high + 0.05) / (low + 0.05)
}

func (c linear) lab() lab {
	x := (0.4124564*c[0] + 0.3575761*c[1] + 0.1804375*c[2]) / 0.95047
	y := 0.2126729*c[0] + 0.7151522*c[1] + 0.0721750*c[2]
	z := (0.0193339*c[0] + 0.1191920*c[1] + 0.9503041*c[2]) / 1.08883
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	return lab{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}

// deltaE is CIE76, the plain distance of L*a*b*. By CIEDE2000, which draws warm colours nearer to each other, the closest pair (warn and late in
// deutan sight) has 14.7, and no other fewer than 15.
func deltaE(p, q lab) float64 {
	return math.Sqrt(math.Pow(p[0]-q[0], 2) + math.Pow(p[1]-q[1], 2) + math.Pow(p[2]-q[2], 2))
}
