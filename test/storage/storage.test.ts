import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { StorageError } from "../../lib/errors.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { storageError } from "../../lib/storage/local_errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { OverlayStorage } from "../../lib/storage/overlay.js";
import { compareUtf8 } from "../../lib/storage/path.js";
import { storageSuite } from "./suite.js";

const root = fs.mkdtempSync(join(tmpdir(), "tslake-storage-"));
let made = 0;
const folder = (): string => join(root, String(made++));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

storageSuite("memory", () => new MemoryStorage());
storageSuite("local", () => new LocalStorage(folder()));
storageSuite("local without hard links", () => new LocalStorage(folder(), { hardLinks: false }));

storageSuite("overlay", () => new OverlayStorage({ base: new MemoryStorage(), upper: new LocalStorage(folder()) }));
storageSuite("overlay of another time", () => {
  return new OverlayStorage({ base: new LocalStorage(folder()), upper: new MemoryStorage(), until: Date.now() });
});

const bytes = new TextEncoder().encode("{}");

describe("local files", () => {
  test("a crashed writer's leftovers are not listed and not in the way", async () => {
    const path = folder();
    const storage = new LocalStorage(path);
    await storage.put("log/0.json", bytes);
    fs.writeFileSync(join(path, "log", ".tslake-tmp-123-abc"), "half");
    expect((await storage.list("")).map((object) => object.path)).toEqual(["log/0.json"]);
    expect(await storage.putIfAbsent("log/1.json", bytes)).toBe(true);
  });

  test("what a writer killed days ago has left goes, what may be under way stays", async () => {
    const path = folder();
    const [old, recent] = [join(path, "log", ".tslake-tmp-123-old"), join(path, "log", ".tslake-tmp-456-new")];
    fs.mkdirSync(join(path, "log"), { recursive: true });
    for (const file of [old, recent]) fs.writeFileSync(file, "half");
    const daysAgo = Date.now() / 1000 - 2 * 86_400;
    fs.utimesSync(old, daysAgo, daysAgo);
    await new LocalStorage(path).put("log/0.json", bytes);
    expect([fs.existsSync(old), fs.existsSync(recent)]).toEqual([false, true]);
  });

  test("nothing temporary is left after success, a lost race, or failure", async () => {
    const path = folder();
    for (const hardLinks of [true, false]) {
      const storage = new LocalStorage(path, { hardLinks });
      await storage.put("x", bytes);
      await storage.putIfAbsent("x", bytes);
      fs.mkdirSync(join(path, "d", "x"), { recursive: true });
      await expect(storage.put("d", bytes)).rejects.toThrow(StorageError);
      expect(fs.readdirSync(path).sort()).toEqual(["d", "x"]);
    }
  });

  test("a file where a folder is needed says so", async () => {
    const storage = new LocalStorage(folder());
    await storage.put("t", bytes);
    await expect(storage.put("t/x", bytes)).rejects.toThrow(/file stands where a folder|EEXIST|ENOTDIR/);
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "permission denied tells what to do",
    async () => {
      const path = folder();
      fs.mkdirSync(path, { mode: 0o500 });
      const error = await new LocalStorage(path).put("x", bytes).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(StorageError);
      expect((error as StorageError).message).toContain("permission denied");
      expect((error as StorageError).remedy).toContain("permission");
    },
  );

  test("a full disk is a StorageError with a remedy", () => {
    const cause = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    const error = storageError("write", "/lake", "x", cause);
    expect(error.message).toBe("Could not write x in /lake: the disk is full");
    expect(error.remedy).toContain("Free space");
    expect(error.transient).toBe(false);
  });
});

describe("UTF-8 order", () => {
  test("equals the order of the encoded bytes", () => {
    const texts = [
      "",
      "a",
      "ab",
      "\u007f",
      "\u0080",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "\u{10000}",
      "\u{10ffff}",
      "é",
      "e\u0301",
    ];
    for (const a of texts) {
      for (const b of texts) {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }
    }
  });
});
