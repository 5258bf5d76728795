import { spawn } from "node:child_process";
import fs, { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StorageError, WarehouseError } from "../../lib/errors.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { cloneWarehouse } from "../../lib/warehouse/open_warehouse.js";
import { ENGINE } from "./driver_suite.js";

let folder: string;
let path: string;
let warehouse: DuckdbWarehouse;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslake-duckdb-"));
  path = join(folder, "warehouse.duckdb");
  warehouse = new DuckdbWarehouse(path, ENGINE);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function put(number: number, options: { readonly replaces?: string } = {}): Promise<void> {
  await warehouse.transaction(async (transaction) => {
    await transaction.execute(`CREATE OR REPLACE TABLE numero AS SELECT ${number} AS n`);
  }, options);
}

async function number(): Promise<unknown> {
  return (await warehouse.query("SELECT n FROM numero")).rows[0]?.["n"];
}

/** Opens the file in another process and keeps it open until told to end; fails where that may not open it. */
async function otherProcess(options: object, file = path): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const code = `const { DuckDBInstance } = require(${JSON.stringify(resolve("node_modules/@duckdb/node-api"))});
    DuckDBInstance.create(${JSON.stringify(file)}, ${JSON.stringify(options)}).then((i) => { globalThis.i = i; console.log("open"); setInterval(() => i, 1000); }, () => process.exit(1));`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done, failed) => {
    child.stdout.once("data", done);
    child.once("exit", failed);
  });
  return {
    pid: child.pid ?? 0,
    end: () =>
      new Promise((done) => {
        child.once("exit", () => done());
        child.kill("SIGKILL");
      }),
  };
}

describe("a DuckDB file", () => {
  test("has a reader keep the old rows until it connects again", async () => {
    await put(1);
    const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
    const reader = await instance.connect();
    await put(2);
    expect((await reader.runAndReadAll("SELECT n FROM numero")).getRows()).toEqual([[1]]);
    reader.closeSync();
    instance.closeSync();
    expect(await number()).toBe(2);
  });

  test("names the program that has it open for writing, and is as it was", async () => {
    await put(1);
    const writer = await otherProcess({});
    try {
      await expect(put(2)).rejects.toSatisfy((error: unknown) => {
        expect(error).toBeInstanceOf(StorageError);
        expect((error as StorageError).actual).toContain(String(writer.pid));
        return true;
      });
    } finally {
      await writer.end();
    }
    expect(await number()).toBe(1);
    await put(3);
    expect(await number()).toBe(3);
  });

  test.each([
    ["has written and gone", ""],
    ["has left a log beside it", `await c.run("SET checkpoint_threshold = '1GB'");`],
  ])(
    "that another program %s while it is loaded is not replaced: the next try begins with what is there",
    async (_, before) => {
      await put(1);
      const code = `const { DuckDBInstance } = require(${JSON.stringify(resolve("node_modules/@duckdb/node-api"))});
      DuckDBInstance.create(${JSON.stringify(path)}).then(async (i) => { const c = await i.connect(); ${before} await c.run("CREATE TABLE deles AS SELECT 7 AS sete"); ${before === "" ? "c.closeSync(); i.closeSync();" : 'process.kill(process.pid, "SIGKILL");'} });`;
      const overtaken = warehouse.transaction(async (transaction) => {
        await transaction.execute("UPDATE numero SET n = 2");
        await new Promise((done) => spawn(process.execPath, ["-e", code]).once("exit", done));
      });
      await expect(overtaken).rejects.toThrow(WarehouseError);
      await expect(overtaken).rejects.toMatchObject({ transient: true, where: { path } });
      expect(await number()).toBe(1);
      await put(3);
      expect((await warehouse.query("SELECT sete FROM deles")).rows).toEqual([{ sete: 7 }]);
    },
  );

  test("that another program makes or opens for writing while it is loaded is not replaced", async () => {
    const make = async (): Promise<void> => {
      const made = await DuckDBInstance.create(path);
      made.closeSync();
    };
    await expect(warehouse.transaction(make)).rejects.toThrow("another program has changed the warehouse meanwhile");
    await put(1);
    let writer: Awaited<ReturnType<typeof otherProcess>> | undefined;
    const opened = warehouse.transaction(async () => {
      writer = await otherProcess({});
    });
    await expect(opened).rejects.toMatchObject({
      message: "a program has the warehouse open for writing",
      transient: true,
    });
    await writer?.end();
    expect(await number()).toBe(1);
  });

  test("may be read by others while it is loaded", async () => {
    await put(1);
    const reader = await otherProcess({ access_mode: "READ_ONLY" });
    try {
      await put(2);
    } finally {
      await reader.end();
    }
    expect(await number()).toBe(2);
  });

  test("takes up what a writer that was killed has left beside it", async () => {
    await put(1);
    const code = `const { DuckDBInstance } = require(${JSON.stringify(resolve("node_modules/@duckdb/node-api"))});
      DuckDBInstance.create(${JSON.stringify(path)}).then(async (i) => { const c = await i.connect(); await c.run("SET checkpoint_threshold = '1GB'"); await c.run("CREATE TABLE deles AS SELECT 7 AS sete"); process.kill(process.pid, "SIGKILL"); });`;
    await new Promise((done) => spawn(process.execPath, ["-e", code]).once("exit", done));
    expect(fs.existsSync(`${path}.wal`)).toBe(true);
    await put(2, { replaces: "warehouse.x" });
    expect((await warehouse.query("SELECT sete FROM deles")).rows).toEqual([{ sete: 7 }]);
    expect(await number()).toBe(2);
  });

  test("is loaded by one process at a time: another one waits for its end", async () => {
    const lock = await otherProcess({}, `${path}.lock`);
    const opening = vi.spyOn(DuckDBInstance, "create");
    const settled = vi.fn();
    const loading = put(1).finally(settled);
    const refused = (): number => opening.mock.settledResults.filter(({ type }) => type === "rejected").length;
    try {
      await vi.waitFor(() => expect(refused()).toBeGreaterThan(1), { timeout: 10_000 });
      expect(settled).not.toHaveBeenCalled();
    } finally {
      opening.mockRestore();
      await lock.end();
    }
    await loading;
    expect(await number()).toBe(1);
  });

  test("that another process loads for longer than a minute is left to it: the error names the lock and what to do", async () => {
    const lock = await otherProcess({}, `${path}.lock`);
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const refused = expect(put(1)).rejects.toSatisfy((error: unknown) => {
        expect(error).toBeInstanceOf(WarehouseError);
        expect(error).toMatchObject({
          transient: true,
          message: "another load of this warehouse is running",
          where: { path: `${path}.lock` },
          remedy: "wait for its end, then try again",
        });
        expect((error as WarehouseError).actual).toContain(String(lock.pid));
        return true;
      });
      await sleep(100);
      vi.advanceTimersByTime(60_000);
      await refused;
    } finally {
      vi.useRealTimers();
      await lock.end();
    }
  });

  test.each([
    ["is empty", Buffer.alloc(0)],
    ["is half made", "half"],
    ["is something else", "not a database ".repeat(2000)],
  ])("whose lock %s is loaded, by one process at a time", async (_, content) => {
    const lock = `${path}.lock`;
    await put(1);
    fs.writeFileSync(lock, content === "half" ? fs.readFileSync(lock).subarray(0, 5000) : content);
    await put(2);
    expect(await number()).toBe(2);
    fs.writeFileSync(lock, "");
    let other: Awaited<ReturnType<typeof otherProcess>> | undefined;
    await warehouse.transaction(async () => {
      other = await otherProcess({}, lock).catch(() => undefined);
    });
    expect(other).toBeUndefined();
  });

  test.each([
    "IO Error: Cannot open file: Too many open files",
    "IO Error: Could not write file: No space left on device",
    "IO Error: Could not read from file: Input/output error",
  ])("whose lock is one, but cannot be opened, leaves it as it is: %s", async (message) => {
    await put(1);
    const lock = `${path}.lock`;
    fs.appendFileSync(lock, "as it was");
    const before = fs.readFileSync(lock);
    const opening = vi.spyOn(DuckDBInstance, "create").mockRejectedValueOnce(new Error(message));
    try {
      await expect(put(2)).rejects.toMatchObject({
        message: "the warehouse cannot be locked",
        where: { path: lock },
        cause: { message },
      });
    } finally {
      opening.mockRestore();
    }
    expect(fs.readFileSync(lock)).toEqual(before);
    await put(3);
    expect(await number()).toBe(3);
  });

  test("whose spoiled lock cannot be mended tells what is wrong with it, then why", async () => {
    await put(1);
    fs.writeFileSync(`${path}.lock`, "");
    const writing = vi.spyOn(fs.promises, "writeFile").mockRejectedValueOnce(new Error("ENOSPC: no space left"));
    try {
      await expect(put(2)).rejects.toMatchObject({
        message: "the warehouse cannot be locked",
        cause: { message: expect.stringContaining("not a valid"), cause: { message: "ENOSPC: no space left" } },
      });
    } finally {
      writing.mockRestore();
    }
  });

  test("whose lock cannot be mended names it", async () => {
    fs.mkdirSync(`${path}.lock`);
    await expect(put(1)).rejects.toMatchObject({
      message: "the warehouse cannot be locked",
      where: { path: `${path}.lock` },
      remedy: expect.stringContaining("delete"),
    });
  });

  test("keeps what others have put into it, also when everything of a star is replaced", async () => {
    await put(1, { replaces: "warehouse.x" });
    await warehouse.transaction(async (transaction) => {
      await transaction.execute("CREATE VIEW deles AS SELECT n + 1 AS m FROM numero");
      await transaction.execute("CREATE MACRO dobro(x) AS 2 * x");
    });
    await put(5, { replaces: "warehouse.x" });
    expect((await warehouse.query("SELECT m, dobro(m) AS d FROM deles")).rows).toEqual([{ m: 6, d: 12 }]);
  });

  test("leaves nothing beside it after a load, and no half-made copy after one that failed", async () => {
    await put(1);
    await expect(
      warehouse.transaction(async (transaction) => {
        await transaction.execute("INSERT INTO numero VALUES (2)");
        await transaction.execute("INSERT INTO nada VALUES (2)");
      }),
    ).rejects.toThrow("it is as it was");
    expect(fs.readdirSync(folder).sort()).toEqual(["warehouse.duckdb", "warehouse.duckdb.lock"]);
    fs.writeFileSync(`${path}.next`, "half a copy");
    await put(3);
    expect(await number()).toBe(3);
  });

  test("whose disk does not confirm the new star's place says that it is there", async () => {
    await put(1);
    const failing = vi.spyOn(fs, "fsyncSync").mockImplementation(() => {
      throw Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    });
    try {
      await expect(put(2)).rejects.toMatchObject({
        message: "the new warehouse is in its place, but the disk has not confirmed it",
        where: { path },
      });
    } finally {
      failing.mockRestore();
    }
    expect(await number()).toBe(2);
  });

  test.each([
    ["DATE 'infinity'", "infinity"],
    ["DATE '-infinity'", "-infinity"],
    ["TIMESTAMP 'infinity'", "infinity"],
    ["[TIMESTAMPTZ '2024-01-01 00:30:00+00']", "[2024-01-01 00:30:00+00]"],
    ["{'a': [TIMESTAMPTZ '2024-01-01 00:30:00+00']}", "{'a': [2024-01-01 00:30:00+00]}"],
    ["MAP {'a': TIMESTAMPTZ '2024-01-01 00:30:00+00'}", "{'a': 2024-01-01 00:30:00+00}"],
    ["TIMESTAMPTZ '2024-01-01 00:30:00+00'", "2024-01-01T00:30:00Z"],
    ["TIMESTAMPTZ 'infinity'", "infinity"],
  ])("tells %s as %s, whatever the machine's time zone", async (sql, text) => {
    await put(1);
    expect((await warehouse.query(`SELECT ${sql} AS v`)).rows).toEqual([{ v: text }]);
  });

  test("that is none is refused, with its path", async () => {
    fs.writeFileSync(path, "not a database, but long enough to be looked at ".repeat(100));
    const refused = { where: { path }, remedy: expect.stringContaining("the next run makes it anew") };
    await expect(put(1)).rejects.toMatchObject(refused);
    await expect(number()).rejects.toMatchObject(refused);
    expect(fs.readFileSync(path, "utf8")).toMatch(/^not a database/);
  });

  test("is copied for those who explore; a server's database is not", async () => {
    await put(1);
    const options = { folder, engine: ENGINE };
    const clone = join(folder, "clone");
    fs.mkdirSync(clone);
    const copy = cloneWarehouse({ ...options, address: undefined }, clone);
    await copy.transaction(async (transaction) => {
      await transaction.execute("UPDATE numero SET n = 2");
    });
    expect([await number(), (await copy.query("SELECT n FROM numero")).rows]).toEqual([1, [{ n: 2 }]]);
    // A second look at the clone finds what the first has written.
    const again = cloneWarehouse({ ...options, address: `duckdb:${path}` }, clone);
    expect((await again.query("SELECT n FROM numero")).rows).toEqual([{ n: 2 }]);
    const other = join(folder, "other");
    fs.mkdirSync(other);
    expect(await cloneWarehouse({ ...options, address: "postgres://a:secret@b/c" }, other).loads()).toEqual([]);
  });

  test("says what it was loaded with without being opened, as long as nobody has changed it", async () => {
    await put(1);
    expect(await warehouse.loads()).toEqual([]);
    const cache = `${path}.loads.json`;
    expect(fs.existsSync(cache)).toBe(true);
    fs.writeFileSync(cache, fs.readFileSync(cache, "utf8").replace('"loads":[]', '"loads":["cached"]'));
    expect(await warehouse.loads()).toEqual(["cached"]);
    await put(2);
    expect(await warehouse.loads()).toEqual([]);
  });
});
