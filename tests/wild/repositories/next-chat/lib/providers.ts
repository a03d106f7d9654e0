import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createOllama } from "ollama-ai-provider";

const bedrock = createAmazonBedrock({ region: "us-east-1" });
const ollama = createOllama({ baseURL: process.env.OLLAMA_URL });
const vllm = createOpenAICompatible({ name: "vllm", baseURL: "http://vllm:8000/v1" });

export const models = {
  large: bedrock("meta.llama3-1-405b-instruct-v1:0"),
  vision: bedrock("us.meta.llama3-2-90b-instruct-v1:0"),
  local: ollama("llama3.1", { numCtx: 8192 }),
  own: vllm("meta-llama/Llama-3.1-8B-Instruct"),
  // code: bedrock("meta.llama3-1-70b-instruct-v1:0"),
};
