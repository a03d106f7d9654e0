import Groq from "groq-sdk";
import Together from "together-ai";

const groq = new Groq();
const together = new Together();
// "llama-3.1-70b-versatile" was switched off in January
export const FAST_MODEL = "llama-3.1-8b-instant";

export async function ask(question: string, careful: boolean) {
  const messages = [{ role: "user" as const, content: question }];
  if (!careful) return groq.chat.completions.create({ model: FAST_MODEL, messages });
  return together.chat.completions.create({
    model: "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo",
    messages,
  });
}
