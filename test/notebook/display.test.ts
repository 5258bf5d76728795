import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DISPLAY, display, displayBundle } from "../../lib/display.js";

const write = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
afterEach(() => write.mockClear());

const written = () => write.mock.calls.map(([text]) => text).join("");

describe("outside notebooks, display", () => {
  test("prints a value's text", async () => {
    await display({ [DISPLAY]: () => Promise.resolve({ "text/plain": "rich", "text/html": "<b>rich</b>" }) });
    await display("text");
    await display({ a: 1 });
    expect(written()).toBe(`rich\ntext\n${inspect({ a: 1 })}\n`);
  });

  test("says which forms there are when none is text", () => {
    displayBundle({ "image/png": "AQI=", "text/html": "x" });
    expect(written()).toBe("[image/png, text/html]\n");
  });
});
