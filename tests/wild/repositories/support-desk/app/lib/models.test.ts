import { describe, expect, it } from "vitest";
import { FAST_MODEL } from "../routes/ask.server";
import { label } from "./label";

describe("models", () => {
  it("is the approved one", () => expect(FAST_MODEL).toBe("llama-3.1-8b-instant"));
  it("has a label", () => {
    expect(label("meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo")).toBe("Llama 3.1 405B");
    expect(label("@cf/meta/llama-3.2-3b-instruct")).toBe("Llama 3.2 3B");
  });
});
