import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { LocalStorage } from "../../lib/storage/local.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { OverlayStorage } from "../../lib/storage/overlay.js";
import type { Storage } from "../../lib/storage/storage.js";

const root = fs.mkdtempSync(join(tmpdir(), "tslake-overlay-"));
let made = 0;
const folder = (): string => join(root, String(made++));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = async (storage: Storage, path: string): Promise<string | undefined> => {
  const found = await storage.read(path);
  return found && new TextDecoder().decode(found);
};
const paths = async (storage: Storage, prefix = ""): Promise<string[]> =>
  (await storage.list(prefix)).map(({ path }) => path);

async function contents(storage: Storage): Promise<Record<string, string | undefined>> {
  const entries = (await paths(storage)).map(async (path) => [path, await textOf(storage, path)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

describe("an overlay", () => {
  test("shows the base, takes all writes and leaves the base as it is", async () => {
    const base = new LocalStorage(folder());
    for (const path of ["t/a", "t/b", "u/c"]) await base.put(path, bytes(path));
    const before = await contents(base);
    const overlay = new OverlayStorage({ base, upper: new LocalStorage(folder()) });
    expect(await contents(overlay)).toEqual(before);
    await overlay.put("t/a", bytes("new"));
    await overlay.delete("t/b");
    await overlay.at("u").delete("c");
    expect(await overlay.putIfAbsent("t/a", bytes("lost"))).toBe(false);
    expect(await overlay.at("u").putIfAbsent("c", bytes("again"))).toBe(true);
    expect(await contents(overlay)).toEqual({ "t/a": "new", "u/c": "again" });
    expect(await overlay.head("t/b")).toBeUndefined();
    expect(await contents(base)).toEqual(before);
  });

  test("leads an engine to where an object lies", async () => {
    const [base, upper] = [new LocalStorage(folder()), new LocalStorage(folder())];
    await base.put("t/a", bytes("a"));
    const overlay = new OverlayStorage({ base, upper });
    expect((await overlay.at("t").locate("a", "read")).url).toBe(join(base.uri, "t", "a"));
    const { url } = await overlay.at("t").locate("b");
    expect(url).toBe(join(upper.uri, "t", "b"));
    fs.writeFileSync(url, "b");
    expect(await overlay.at("t").settle("b")).toBe(1);
    expect((await overlay.locate("t/b", "read")).url).toBe(url);
  });

  test("is found again as it was left", async () => {
    const [base, upper] = [new MemoryStorage(), new LocalStorage(folder())];
    await base.put("a", bytes("a"));
    const first = new OverlayStorage({ base, upper });
    await first.delete("a");
    await first.put("b", bytes("b"));
    expect(await contents(new OverlayStorage({ base, upper }))).toEqual({ b: "b" });
  });

  test("does not see what the base gets later", async () => {
    const path = folder();
    const base = new LocalStorage(path);
    await base.put("log/1", bytes("1"));
    const until = Date.now() + 1;
    await base.put("log/2", bytes("2"));
    const later = until / 1000 + 60;
    fs.utimesSync(join(path, "log", "2"), later, later);
    const overlay = new OverlayStorage({ base, upper: new MemoryStorage(), until });
    expect(await paths(overlay, "log/")).toEqual(["log/1"]);
    expect(await overlay.read("log/2")).toBeUndefined();
    expect(await overlay.head("log/2")).toBeUndefined();
    expect(await overlay.putIfAbsent("log/2", bytes("mine"))).toBe(true);
    expect(await textOf(overlay, "log/2")).toBe("mine");
    expect(await textOf(base, "log/2")).toBe("2");
  });

  test("is, whatever is done, what a copy of the base would be", async () => {
    const name = fc.constantFrom("a", "b", "t/a", "t/b", "t/c");
    const step = fc.record({ act: fc.constantFrom("put", "putIfAbsent", "delete"), name, text: fc.string() });
    await fc.assert(
      fc.asyncProperty(fc.array(name), fc.array(step), async (present, steps) => {
        const [base, copy] = [new MemoryStorage(), new MemoryStorage()];
        for (const storage of [base, copy]) for (const path of present) await storage.put(path, bytes(`base ${path}`));
        const upper = new MemoryStorage();
        for (const { act, name: path, text } of steps) {
          const answers: unknown[] = [];
          for (const storage of [copy, new OverlayStorage({ base, upper })]) {
            if (act === "delete") answers.push(await storage.delete(path));
            else if (act === "put") answers.push(await storage.put(path, bytes(text)));
            else answers.push(await storage.putIfAbsent(path, bytes(text)));
          }
          expect(answers[1]).toEqual(answers[0]);
        }
        expect(await contents(new OverlayStorage({ base, upper }))).toEqual(await contents(copy));
      }),
      { numRuns: Number(process.env["TSLAKE_PROPERTY_RUNS"] ?? 50) },
    );
  });
});
