import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StorageError } from "../../lib/errors.js";
import type { Location, Storage } from "../../lib/storage/storage.js";

const utf8 = new TextEncoder();
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** As an engine writes: a file, or a file that is then uploaded. */
async function write(location: Location, content: string): Promise<void> {
  if (location.upload === undefined) return fs.writeFileSync(location.url, content);
  const folder = fs.mkdtempSync(join(tmpdir(), "tslake-upload-"));
  fs.writeFileSync(join(folder, "staged"), content);
  await location.upload(join(folder, "staged"));
  fs.rmSync(folder, { recursive: true });
}

/** What every storage promises, run against one implementation. `make` answers a new, empty storage each time. */
export function storageSuite(name: string, make: () => Storage): void {
  describe(name, () => {
    test("an absent object is undefined, never an error", async () => {
      const storage = make();
      await storage.put("a/b", utf8.encode("x"));
      for (const path of ["nothing", "a", "a/c", "a/b/c", "no/such/folder"]) {
        expect(await storage.read(path)).toBeUndefined();
        expect(await storage.readRange(path, 0, 4)).toBeUndefined();
        expect(await storage.head(path)).toBeUndefined();
        await storage.delete(path === "a" ? "nothing" : path);
      }
      expect(await storage.list("no/such/")).toEqual([]);
    });

    test("put writes and replaces; head tells size and time", async () => {
      const storage = make();
      await storage.put("t/x.json", utf8.encode("one"));
      await storage.put("t/x.json", utf8.encode("three"));
      expect(text(await storage.read("t/x.json"))).toBe("three");
      const meta = await storage.head("t/x.json");
      expect(meta).toMatchObject({ path: "t/x.json", size: 5 });
      expect(meta?.modifiedAt).toBeGreaterThan(1_600_000_000_000);
      expect(Number.isInteger(meta?.modifiedAt)).toBe(true);
    });

    test("what was read belongs to the reader", async () => {
      const storage = make();
      const bytes = utf8.encode("abc");
      await storage.put("x", bytes);
      bytes[0] = 0;
      const first = await storage.read("x");
      if (first !== undefined) first[1] = 0;
      expect(text(await storage.read("x"))).toBe("abc");
    });

    test("objects larger than one write survive", async () => {
      const storage = make();
      const bytes = new Uint8Array(3 << 20).map((_, i) => i % 251);
      await storage.put("large", bytes);
      expect(Buffer.compare((await storage.read("large")) ?? new Uint8Array(), bytes)).toBe(0);
    });

    test("readRange takes start inclusive and end exclusive, cut at the end", async () => {
      const storage = make();
      await storage.put("x", utf8.encode("0123456789"));
      expect(text(await storage.readRange("x", 2, 5))).toBe("234");
      expect(text(await storage.readRange("x", 8, 50))).toBe("89");
      expect(text(await storage.readRange("x", 5, 5))).toBe("");
    });

    test("putIfAbsent writes once", async () => {
      const storage = make();
      expect(await storage.putIfAbsent("log/0", utf8.encode("first"))).toBe(true);
      expect(await storage.putIfAbsent("log/0", utf8.encode("second"))).toBe(false);
      expect(text(await storage.read("log/0"))).toBe("first");
      await storage.delete("log/0");
      expect(await storage.putIfAbsent("log/0", utf8.encode("third"))).toBe(true);
    });

    test("of many concurrent putIfAbsent exactly one wins, and its bytes are there", async () => {
      const storage = make();
      for (let round = 0; round < 10; round++) {
        const path = `log/${round}`;
        const won = await Promise.all(
          Array.from({ length: 8 }, (_, i) => storage.putIfAbsent(path, utf8.encode(`writer ${i}`))),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(text(await storage.read(path))).toBe(`writer ${won.indexOf(true)}`);
      }
    });

    test("list takes a prefix, goes below it, in UTF-8 order, after startAfter", async () => {
      const storage = make();
      const paths = ["a/1", "a/10", "a/2", "a/b/c", "ab", "b", "é", "\uFF5E", "\u{1F600}", "a/{", "Z"];
      for (const path of paths) await storage.put(path, utf8.encode(path));
      const listed = async (prefix: string, startAfter?: string): Promise<string[]> =>
        (await storage.list(prefix, startAfter === undefined ? {} : { startAfter })).map((object) => object.path);
      const sorted = [...paths].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      expect(await listed("")).toEqual(sorted);
      expect(await listed("a/")).toEqual(["a/1", "a/10", "a/2", "a/b/c", "a/{"]);
      expect(await listed("a")).toEqual(["a/1", "a/10", "a/2", "a/b/c", "a/{", "ab"]);
      expect(await listed("a/1")).toEqual(["a/1", "a/10"]);
      expect(await listed("a/", "a/10")).toEqual(["a/2", "a/b/c", "a/{"]);
      expect(await listed("a/b")).toEqual(["a/b/c"]);
      expect((await storage.list("a/b/"))[0]).toMatchObject({ size: 5 });
    });

    test("listing equals a simple model", async () => {
      const part = fc.constantFrom("a", "b", "a-", "a.", "ab", "a1");
      const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join("/")}/f`);
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(path, { maxLength: 8 }),
          fc.constantFrom("", "a", "a/", "a/b/", "ab/a"),
          async (paths, prefix) => {
            const storage = make();
            for (const one of paths) await storage.put(one, new Uint8Array(1));
            const expected = paths.filter((one) => one.startsWith(prefix)).sort();
            expect((await storage.list(prefix)).map((object) => object.path)).toEqual(expected);
          },
        ),
        { numRuns: 25 },
      );
    });

    test("at roots a storage at a folder", async () => {
      const storage = make();
      const table = storage.at("silver").at("vendas");
      await table.put("_delta_log/0", utf8.encode("x"));
      expect((await storage.list("silver/"))[0]?.path).toBe("silver/vendas/_delta_log/0");
      expect((await table.list("_delta_log/"))[0]?.path).toBe("_delta_log/0");
      expect(table.uri).toBe(`${storage.uri}/silver/vendas`);
      expect(text(await storage.read("silver/vendas/_delta_log/0"))).toBe("x");
      expect(await storage.at("silver").list("vend")).toHaveLength(1);
      expect(await storage.at("sil").list("")).toEqual([]);
    });

    test("an engine writes at a location; settle makes it an object", async () => {
      const storage = make();
      await write(await storage.locate("t/part.parquet"), "data");
      expect(await storage.settle("t/part.parquet")).toBe(4);
      expect(text(await storage.read("t/part.parquet"))).toBe("data");
      await storage.put("t/other", utf8.encode("bytes"));
      const { url, cloudOptions } = await storage.locate("t/other", "read");
      if (cloudOptions === undefined) expect(fs.readFileSync(url, "utf8")).toBe("bytes");
      else expect(url).toBe(`${storage.uri}/t/other`);
      await expect(storage.settle("t/never-written")).rejects.toThrow(StorageError);
    });

    test("paths that leave the root or that no platform holds are refused", async () => {
      const storage = make();
      for (const path of ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\\b", "a\0b"]) {
        await expect((async () => storage.put(path, new Uint8Array()))()).rejects.toThrow(StorageError);
        await expect((async () => storage.read(path))()).rejects.toThrow(StorageError);
      }
      expect(() => storage.at("..")).toThrow(StorageError);
    });

    test("paths with spaces, accents and percent signs are taken as they are", async () => {
      const storage = make();
      for (const path of ["a b/ç ã.txt", "p=%20x/f", "x+y&z#.json", "ano=2014/__HIVE__"]) {
        await storage.put(path, utf8.encode(path));
        expect(text(await storage.read(path))).toBe(path);
        expect((await storage.list(path))[0]?.path).toBe(path);
      }
    });
  });
}
