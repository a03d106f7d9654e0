package prompts

// Format names the template of a model. Nothing here talks to a server.
type Format int

const (
	Llama3 Format = iota
	ChatML
)

var formats = map[string]Format{
	"meta-llama/Llama-3.1-8B-Instruct":  Llama3,
	"meta-llama/Llama-3.1-70B-Instruct": Llama3,
	"meta-llama/Llama-3.2-3B-Instruct":  Llama3,
	"Qwen/Qwen2.5-7B-Instruct":          ChatML,
}
