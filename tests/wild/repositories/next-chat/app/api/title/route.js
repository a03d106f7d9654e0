import OpenAI from "openai";

const client = new OpenAI({ baseURL: "https://openrouter.ai/api/v1", apiKey: process.env.OPENROUTER_API_KEY });

export async function POST(req) {
  const { text } = await req.json();
  const done = await client.chat.completions.create({
    model: "meta-llama/llama-3.2-3b-instruct",
    messages: [{ role: "user", content: `A title for: ${text}` }],
    max_tokens: 16,
  });
  return Response.json({ title: done.choices[0].message.content });
}
