import { pipeline } from "@huggingface/transformers";

let embedder: Awaited<ReturnType<typeof pipeline>> | undefined;

/** In the browser: embedding first, a small model for offline answers second. */
export async function load() {
  embedder ??= await pipeline("feature-extraction", "Xenova/all-MiniLM-L6-v2");
  return pipeline("text-generation", "onnx-community/Llama-3.2-1B-Instruct", {
    dtype: "q4f16",
    device: "webgpu",
  });
}
