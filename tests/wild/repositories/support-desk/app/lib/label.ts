const LABELS: Record<string, string> = {
  "llama-3.1-8b-instant": "Llama 3.1 8B",
  "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo": "Llama 3.1 405B",
  "@cf/meta/llama-3.2-3b-instruct": "Llama 3.2 3B",
  "gemma2:2b": "Gemma 2 2B",
};

export function label(model: string): string {
  return LABELS[model] ?? model;
}
