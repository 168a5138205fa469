package views

import "strings"

// half is the first (0) or the second (1) half of a pairing code.
func half(code string, n int) string {
	middle := (len(code) + 1) / 2
	if n == 0 {
		return code[:middle]
	}
	return code[middle:]
}

// spelled sets a code letter by letter, for ears.
func spelled(code string) string { return strings.Join(strings.Split(code, ""), " ") }
