import { Hono } from "hono";

type Env = { AI: Ai };
const app = new Hono<{ Bindings: Env }>();

// was @cf/meta/llama-3-8b-instruct, then @cf/meta/llama-3.1-8b-instruct-awq
const MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8";
/* The vision route is @cf/meta/llama-3.2-11b-vision-instruct, see vision.ts. */

app.post("/chat", async (c) => {
  const { messages } = await c.req.json();
  const answer = await c.env.AI.run(MODEL, { messages, max_tokens: 512 });
  return c.json(answer);
});

app.post("/quick", async (c) =>
  c.json(await c.env.AI.run("@cf/meta/llama-3.1-8b-instruct-fast", { prompt: await c.req.text() })),
);

export default app;
