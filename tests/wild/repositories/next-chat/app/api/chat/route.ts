import { streamText } from "ai";
import { createGroq } from "@ai-sdk/groq";

const groq = createGroq({ apiKey: process.env.GROQ_API_KEY });
export const maxDuration = 30;

export async function POST(request: Request) {
  const { messages } = await request.json();
  const result = streamText({
    model: groq("llama-3.3-70b-versatile"),
    system: "You are a helpful assistant.",
    messages,
  });
  return result.toDataStreamResponse();
}
