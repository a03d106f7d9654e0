/* Llama Guard first, see @cf/meta/llama-guard-3-8b in the docs of Workers AI. */
export async function answer(env: { AI: Ai }, text: string) {
  const verdict = await env.AI.run("@cf/meta/llama-guard-3-8b", { messages: [{ role: "user", content: text }] });
  if (!String(verdict.response).startsWith("safe")) return "I cannot help with that.";
  const result = await env.AI.run("@cf/meta/llama-3.2-3b-instruct", {
    prompt: text,
    max_tokens: 256,
  });
  return result.response;
}
