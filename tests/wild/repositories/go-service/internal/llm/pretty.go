package llm

import "strings"

var known = map[string]string{
	"llama3.1:8b":  "Llama 3.1 8B",
	"llama3.1:70b": "Llama 3.1 70B",
	"llama3.2:3b":  "Llama 3.2 3B",
	"mistral:7b":   "Mistral 7B",
}

func pretty(tag string) string {
	if name, ok := known[tag]; ok {
		return name
	}
	return strings.ToUpper(tag)
}
