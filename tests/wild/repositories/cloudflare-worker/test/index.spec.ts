import { env } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import app from "../src/index";

describe("chat", () => {
  it("asks the model", async () => {
    const run = vi.spyOn(env.AI, "run").mockResolvedValue({ response: "hi" });
    await app.request("/chat", { method: "POST", body: JSON.stringify({ messages: [] }) }, env);
    expect(run).toHaveBeenCalledWith("@cf/meta/llama-3.1-8b-instruct-fp8", expect.anything());
  });
});
