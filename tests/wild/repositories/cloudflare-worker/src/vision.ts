export async function describe(ai: Ai, image: number[]): Promise<string> {
  const result = await ai.run("@cf/meta/llama-3.2-11b-vision-instruct", {
    prompt: "Describe the picture in a sentence.",
    image,
  });
  return result.response ?? "";
}

export function isLarge(image: number[]): boolean {
  return image.length > 1_000_000;
}
