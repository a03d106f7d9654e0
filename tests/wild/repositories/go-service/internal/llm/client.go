package llm

import (
	"context"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/ollama"
)

// defaultModel was llama3.1:70b while the large machine was rented.
const defaultModel = "llama3.1:8b"

/* Ask sends one prompt. Other sizes: llama3.2:1b, llama3.2:3b. */
func Ask(ctx context.Context, prompt string) (string, error) {
	model, err := ollama.New(ollama.WithModel(defaultModel), ollama.WithRunnerNumCtx(8192))
	if err != nil {
		return "", err
	}
	return llms.GenerateFromSinglePrompt(ctx, model, prompt)
}
