package prompts

import "testing"

func TestFormats(t *testing.T) {
	cases := map[string]Format{
		"meta-llama/Llama-3.1-8B-Instruct": Llama3,
		"Qwen/Qwen2.5-7B-Instruct":         ChatML,
	}
	for name, want := range cases {
		if got := formats[name]; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
