/** Models of Workers AI that the settings page offers; what runs is set in index.ts. */
export const KNOWN_MODELS = [
  "@cf/meta/llama-3.1-8b-instruct",
  "@cf/meta/llama-3.1-8b-instruct-fp8",
  "@cf/meta/llama-3.2-1b-instruct",
  "@cf/meta/llama-3.2-3b-instruct",
  "@cf/mistral/mistral-7b-instruct-v0.1",
  "@cf/google/gemma-7b-it-lora",
] as const;

export type KnownModel = (typeof KNOWN_MODELS)[number];
export const isKnown = (name: string): name is KnownModel => KNOWN_MODELS.includes(name as KnownModel);
