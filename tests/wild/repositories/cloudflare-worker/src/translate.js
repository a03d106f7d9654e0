export default {
  async fetch(request, env) {
    const { text, to } = await request.json();
    const out = await env.AI.run("@cf/meta/m2m100-1.2b", { text, target_lang: to });
    const polish = await env.AI.run("@cf/meta/llama-3.3-70b-instruct-fp8-fast", {
      prompt: `Polish this ${to} text: ${out.translated_text}`,
    });
    return Response.json(polish);
  },
};
