package llm

import "testing"

func TestNames(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"llama3.1:8b", "Llama 3.1 8B"},
		{"llama3.2:3b", "Llama 3.2 3B"},
		{"mistral:7b", "Mistral 7B"},
	} {
		if got := pretty(c.in); got != c.want {
			t.Errorf("pretty(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
