import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";

const client = new BedrockRuntimeClient({});

/** MODEL_ID is for example us.meta.llama3-1-8b-instruct-v1:0. */
export async function handler(event) {
  const command = new ConverseCommand({
    modelId: process.env.MODEL_ID,
    messages: [{ role: "user", content: [{ text: event.question }] }],
    inferenceConfig: { maxTokens: 512 },
  });
  const answer = await client.send(command);
  return { answer: answer.output.message.content[0].text };
}
