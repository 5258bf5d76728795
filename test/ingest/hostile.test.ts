import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { text } from "../../lib/contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { StorageError } from "../../lib/errors.js";
import { vendas } from "../../lib/tables/bronze/index.js";
import { mounted } from "../support/mounted.js";
import { withHooks } from "./fault.js";
import { HEADER, TestLake } from "./test_lake.js";

const lakes: TestLake[] = [];

function lakeOf(...args: ConstructorParameters<typeof TestLake>): TestLake {
  const lake = new TestLake(...args);
  lakes.push(lake);
  return lake;
}

afterEach(() => {
  for (const lake of lakes.splice(0)) lake.remove();
});

const GOOD = `${HEADER}1,Ana\n`;

/** Content, reason and remedy of files that cannot be taken, with the line where they break. */
const BROKEN: readonly (readonly [string, string | Uint8Array, Readonly<Record<string, unknown>>])[] = [
  ["empty", "", { reason: "the file is empty: it has no header", line: 1 }],
  [
    "no header",
    "1,Ana\n2,Bia\n",
    {
      reason: 'missing columns "id", "Nome Próprio"',
      actual: "1, Ana",
      remedy: "put the header in the first line, or check that this is the right file",
    },
  ],
  [
    "a missing column",
    "id\n1\n",
    {
      reason: 'missing column "Nome Próprio"',
      line: 1,
      column: "Nome Próprio",
      expected: "id, Nome Próprio",
      actual: "id",
    },
  ],
  [
    "a misspelt column",
    "id,nome proprio\n1,Ana\n",
    { reason: 'missing column "Nome Próprio"', remedy: 'rename the column "nome proprio" to "Nome Próprio"' },
  ],
  [
    "a twice encoded header",
    Buffer.from(Buffer.from(GOOD).toString("latin1")),
    { remedy: expect.stringContaining("encoded a second time") },
  ],
  [
    "semicolons",
    "id;Nome Próprio\n1;Ana\n",
    { remedy: "separate the fields by commas; this file seems to use semicolons" },
  ],
  ["tabs", "id\tNome Próprio\n1\tAna\n", { remedy: "separate the fields by commas; this file seems to use tabs" }],
  ["carriage returns only", "id,Nome Próprio\r1,Ana\r", { remedy: expect.stringContaining("carriage returns only") }],
  [
    "a column twice",
    "id,Nome Próprio,id \n1,Ana,2\n",
    { reason: 'the header has the column "id" more than once', line: 1, actual: "in places 1 and 3" },
  ],
  [
    "an open quote",
    `${HEADER}1,Ana\n2,"Bia\n3,Caio\n`,
    { reason: "a quoted field is still open at the end of the file", line: 3 },
  ],
  [
    "a last line cut off",
    `${HEADER}1,Ana\n2`,
    {
      reason: "the last line is cut off: it has neither a line end nor all its fields",
      line: 3,
      expected: "2 fields",
      actual: "1",
    },
  ],
  [
    "Latin-1",
    Buffer.from(`${HEADER.replace("ó", "o")}1,Jos\xe9\n`, "latin1"),
    { reason: "the file is not UTF-8", line: 2 },
  ],
  [
    "Latin-1 below the header",
    Buffer.concat([Buffer.from(HEADER), Buffer.from("1,Ana\n2,Jos\xe9\n", "latin1")]),
    {
      reason: "the file is not UTF-8",
      line: 3,
      column: 6,
      actual: 'byte 0xE9, which is "é" in Latin-1, at byte 6 of its line',
    },
  ],
  ["UTF-16", Buffer.from(`\uFEFF${GOOD}`, "utf16le"), { reason: "the file is UTF-16 text, not UTF-8 text", line: 1 }],
  [
    "UTF-16 without mark",
    Buffer.from(GOOD, "utf16le"),
    {
      reason: "the file has a NUL byte, which no text has",
      line: 1,
      column: 2,
      remedy: "have the file sent again, complete; UTF-16 text is converted so: iconv -f UTF-16LE -t UTF-8",
    },
  ],
  [
    "an end inside a character",
    Buffer.from(`${HEADER}1,é`).subarray(0, -1),
    { reason: "the file is not UTF-8", line: 2, column: 3 },
  ],
  [
    "gzip under another name",
    gzipSync(GOOD),
    { reason: "the file is gzip, not UTF-8 text", remedy: "let its name end in .gz" },
  ],
  [
    "a spreadsheet",
    Buffer.from("PK\x03\x04 xl/workbook.xml", "latin1"),
    { reason: "the file is a zip archive or a spreadsheet, not UTF-8 text" },
  ],
];

describe("a file that cannot be taken", () => {
  test.each(BROKEN)("%s: is moved away with its reason, and the others go on", async (_, content, explanation) => {
    const lake = lakeOf();
    lake.land("people_1.csv", content);
    lake.land("people_2.csv", `${HEADER}2,Bia\n`);
    const result = await lake.ingest();
    expect(result.files.map((file) => file.status)).toEqual(["rejected", "taken"]);
    expect(lake.explanation("people_1.csv")).toMatchObject({
      file: "people_1.csv",
      source: "people",
      table: "bronze.people",
      ...explanation,
    });
    expect(lake.rejected()).toEqual(["people_1.csv", "people_1.csv.error.json"]);
    expect(fs.readFileSync(join(lake.landing, "_rejected/people_1.csv"))).toEqual(Buffer.from(content));
    expect(await lake.values("id")).toEqual([["2"]]);
    expect([lake.landed(), lake.archived().length]).toEqual([[], 1]);
    expect((await lake.ingest()).files).toEqual([]);
  });

  test("a file that lacks columns is not told to separate others", async () => {
    const lake = lakeOf(
      defineTable("bronze.people", {
        description: "People as they come",
        grain: "one line of a file",
        landing: { source: "people", files: ["*.csv"] },
        write: "append",
        drift: "rescue",
        columns: { id: text(), nome: text(), email: text(), ...LANDING_COLUMNS },
      }),
    );
    lake.land("a.csv", "id,nome\n1,Ana\n");
    lake.land("b.csv", "id;nome\n1;Ana\n");
    expect((await lake.ingest()).totals.rejected).toBe(2);
    expect(lake.explanation("a.csv")["remedy"]).toBe("have the file sent with all columns");
    expect(lake.explanation("b.csv")["remedy"]).toContain("this file seems to use semicolons");
  });

  test.each([
    ["cut off", gzipSync(GOOD.repeat(100)).subarray(0, -12)],
    ["changed on its way", Buffer.from(gzipSync(GOOD.repeat(100))).fill(0, 20, 30)],
    ["without a byte", Buffer.alloc(0)],
    ["not zipped at all", Buffer.from(GOOD)],
  ])("a gzip file %s is rejected", async (_, content) => {
    const lake = lakeOf();
    lake.land("people_1.csv.gz", content);
    expect((await lake.ingest()).totals.rejected).toBe(1);
    expect(lake.explanation("people_1.csv.gz")).toMatchObject({
      reason: "the gzip file is broken",
      remedy: "have the file sent again, complete",
    });
  });

  test("a line of 200 MB is refused with little memory", async () => {
    const lake = lakeOf();
    const path = lake.land("people_1.csv", `${GOOD}2,`);
    const mebibyte = Buffer.alloc(1 << 20, "x");
    for (let i = 0; i < 200; i++) fs.appendFileSync(path, mebibyte);
    lake.age(path);
    const before = process.memoryUsage().rss;
    await lake.ingest();
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
    expect(lake.explanation("people_1.csv")).toMatchObject({ reason: "a record is longer than 16 MiB", line: 3 });
  });

  test("replaces no other one of its name, and the same one again needs no second place", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", "id\n1\n");
    await lake.ingest();
    lake.land("people_1.csv", "id\n2\n");
    const second = await lake.ingest();
    expect(second.files).toMatchObject([{ status: "rejected", movedTo: "_rejected/people_1_2.csv" }]);
    lake.land("people_1.csv", "id\n2\n");
    await lake.ingest();
    expect(lake.rejected()).toEqual([
      "people_1.csv",
      "people_1.csv.error.json",
      "people_1_2.csv",
      "people_1_2.csv.error.json",
    ]);
    expect(fs.readFileSync(join(lake.landing, "_rejected/people_1.csv"), "utf8")).toBe("id\n1\n");
  });

  test("a shipped table names its own headers", async () => {
    const lake = lakeOf(vendas);
    fs.mkdirSync(join(lake.landing, "vendas"));
    fs.writeFileSync(join(lake.landing, "vendas/registros_1.csv"), "Nome,Sobrenome\nAna,Souza\n");
    await lake.ingest();
    expect(lake.explanation("registros_1.csv")["reason"]).toMatch(/^missing columns "Timestamp do Registro", "Email"/);
  });
});

describe("what is no file for the table stays, with a warning", () => {
  test("other names, folders, links, pipes; hidden and unfinished ones without", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", GOOD);
    for (const name of ["other.csv", "PEOPLE_2.CSV", ".hidden.csv", "_people.csv", "people_2.csv.part", "people_2.tmp"])
      lake.land(name, GOOD);
    fs.mkdirSync(join(lake.landing, "people/people_3.csv"));
    fs.symlinkSync(join(lake.landing, "people/people_1.csv"), join(lake.landing, "people/people_4.csv"));
    fs.symlinkSync("/nowhere", join(lake.landing, "people/people_5.csv"));
    const patterns = "bronze.people takes people*.csv, *.ndjson, *.jsonl, *.parquet";
    const result = await lake.ingest();
    expect(result.files.filter((file) => file.status === "skipped").map(({ name, note }) => [name, note])).toEqual([
      ["PEOPLE_2.CSV", `${patterns}: upper and lower case count`],
      ["other.csv", patterns],
      ["people_3.csv", "a folder, not a file; files inside folders are not taken"],
      ["people_4.csv", "a symbolic link, not a file; put the file itself here"],
      ["people_5.csv", "a symbolic link, not a file; put the file itself here"],
    ]);
    expect(result.totals).toMatchObject({ files: 1, rejected: 0 });
    expect(lake.landed()).toHaveLength(9);
  });

  test.skipIf(process.platform === "win32")("a socket", async () => {
    const lake = lakeOf();
    const server = net.createServer().listen(join(lake.landing, "people/people_1.csv"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect((await lake.ingest()).files).toMatchObject([{ status: "skipped", note: "not a regular file" }]);
    server.close();
  });

  test.skipIf(process.platform === "win32")("names that are hard to write", async () => {
    const lake = lakeOf();
    const long = `people_${"é".repeat(120)}.csv`;
    const names = ["people_\n1.csv", "people_a:b?.csv", "people_a\\b.csv", long];
    names.forEach((name, i) => void lake.land(name, `${HEADER}${i},Ana\n`));
    const result = await lake.ingest(0n);
    expect(result.totals.files).toBe(4);
    expect(lake.archived().slice(0, 3)).toEqual([
      "19700101_000000_people__1.csv",
      "19700101_000000_people_a_b.csv",
      "19700101_000000_people_a_b_.csv",
    ]);
    expect(Buffer.byteLength(lake.archived()[3] ?? "")).toBeLessThan(255);
    expect(await lake.rows()).toHaveLength(4);
  });
});

describe("a file that somebody still writes to", () => {
  test("is left for the next run", async () => {
    const lake = lakeOf();
    const path = join(lake.landing, "people/people_1.csv");
    fs.writeFileSync(path, HEADER);
    lake.land("people_2.csv", `${HEADER}2,Bia\n`);
    const writer = setInterval(() => fs.appendFileSync(path, "1,Ana\n"), 10);
    const first = await lake.ingest();
    clearInterval(writer);
    expect(first.files).toMatchObject([
      { name: "people_1.csv", status: "skipped", note: "it changes while it is read; left for the next run" },
      { name: "people_2.csv", status: "taken" },
    ]);
    await lake.ingest();
    const archived = lake.archived().find((name) => name.endsWith("people_1.csv"));
    const written = fs.readFileSync(join(lake.archive, archived ?? ""), "utf8").split("\n").length - 2;
    expect(await lake.rows()).toHaveLength(written + 1);
  });

  test("is left also when the writer pauses", async () => {
    const lake = lakeOf();
    const path = join(lake.landing, "people/people_1.csv");
    fs.writeFileSync(path, GOOD);
    const writer = setInterval(() => fs.appendFileSync(path, "1,Ana\n"), 1000);
    const first = await lake.ingest();
    clearInterval(writer);
    expect(first.files).toMatchObject([{ status: "skipped" }]);
    expect(await lake.rows()).toEqual([]);
  });

  test("is not rejected for what it lacks", async () => {
    const lake = lakeOf();
    const path = join(lake.landing, "people/people_1.csv");
    fs.writeFileSync(path, `${HEADER}1`);
    const writer = setTimeout(() => fs.appendFileSync(path, ",Ana\n"), 250);
    expect((await lake.ingest()).files).toMatchObject([{ status: "skipped" }]);
    clearTimeout(writer);
    expect((await lake.ingest()).files).toMatchObject([{ status: "taken", rows: 1 }]);
  });

  test("up to the commit is not taken; after it, it stays for the next run", async () => {
    const append = (into: string) => ({
      after: ({ name, args }: { readonly name: string; readonly args: readonly unknown[] }) => {
        const path = join(lake.landing, "people/people_1.csv");
        if (name === "linkSync" && dirname(String(args[1])).endsWith(into)) fs.appendFileSync(path, "2,Bia\n");
      },
    });
    const lake = lakeOf();
    lake.land("people_1.csv", GOOD);
    expect((await withHooks(append("people"), () => lake.ingest())).files).toMatchObject([{ status: "skipped" }]);
    expect(await lake.rows()).toEqual([]);
    const late = await withHooks(append("_delta_log"), () => lake.ingest());
    expect(late.files).toMatchObject([
      { status: "taken", rows: 2, note: "changed after it was taken; the next run looks at it again" },
    ]);
    expect(lake.landed()).toEqual(["people_1.csv"]);
    expect((await lake.ingest()).files).toMatchObject([{ status: "taken", rows: 3 }]);
    const files = new Set((await lake.values("_file")).map(String));
    expect(files.size).toBe(2);
  });
});

test("a file whose producer holds it open is archived as it was taken, whatever is written to it afterwards", async () => {
  const lake = lakeOf();
  const path = lake.land("people_1.csv", GOOD);
  const held = fs.openSync(path, "r+");
  try {
    expect((await lake.ingest()).files).toMatchObject([{ status: "taken" }]);
    fs.writeSync(held, "id,something else\n");
  } finally {
    fs.closeSync(held);
  }
  expect(fs.readFileSync(join(lake.archive, lake.archived()[0] ?? ""), "utf8")).toBe(GOOD);
});

const isRoot = process.getuid?.() === 0;

/** Runs as a user without privileges, as nobody may read everything. */
async function unprivileged<T>(folder: string, action: () => Promise<T>): Promise<T> {
  if (!isRoot) return action();
  const everyone = (path: string): void => {
    fs.chownSync(path, 65534, 65534);
    if (fs.statSync(path).isDirectory()) for (const name of fs.readdirSync(path)) everyone(join(path, name));
  };
  everyone(folder);
  process.setegid?.(65534);
  process.seteuid?.(65534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

describe.skipIf(process.platform === "win32")("without permission", () => {
  test("to read a file: it stays, and the others go on", async () => {
    const lake = lakeOf();
    fs.chmodSync(lake.land("people_1.csv", GOOD), 0o000);
    lake.land("people_2.csv", `${HEADER}2,Bia\n`);
    const result = await unprivileged(lake.folder, () => lake.ingest());
    expect(result.files).toMatchObject([
      { status: "skipped", note: "cannot be read: permission denied" },
      { status: "taken", rows: 1 },
    ]);
  });

  test("to delete from landing: the rows are there once, and the run says so", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", GOOD);
    fs.chmodSync(join(lake.landing, "people"), 0o555);
    const result = await unprivileged(lake.folder, () => lake.ingest());
    expect(result.files[0]?.note).toMatch(/^still in landing. .*permission denied/);
    const again = await unprivileged(lake.folder, () => lake.ingest());
    expect(again.files).toMatchObject([{ status: "already taken" }]);
    expect(again.messages[0]).toMatch(/^people_1.csv: already taken, still in landing. Could not delete .*denied$/);
    expect(await lake.rows()).toHaveLength(1);
    fs.chmodSync(join(lake.landing, "people"), 0o755);
    expect((await lake.ingest()).files).toMatchObject([{ status: "already taken" }]);
    expect([lake.landed(), lake.archived().length]).toEqual([[], 1]);
  });

  test("to delete from landing: a file that is then written over in place is another one", async () => {
    const lake = lakeOf();
    const path = lake.land("people_1.csv", GOOD);
    fs.chmodSync(join(lake.landing, "people"), 0o555);
    await unprivileged(lake.folder, () => lake.ingest());
    fs.writeFileSync(path, `${HEADER}2,Bia\n`);
    lake.age(path);
    expect((await unprivileged(lake.folder, () => lake.ingest())).files).toMatchObject([{ status: "taken" }]);
    const contents = lake.archived().map((name) => fs.readFileSync(join(lake.archive, name), "utf8"));
    expect(contents.sort()).toEqual([GOOD, `${HEADER}2,Bia\n`]);
    expect(await lake.values("id")).toEqual([["1"], ["2"]]);
  });

  test("to write the archive: nothing is lost or rejected", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", GOOD);
    fs.mkdirSync(lake.archive, { recursive: true });
    fs.chmodSync(lake.archive, 0o555);
    const failing = unprivileged(lake.folder, () => lake.ingest());
    await expect(failing).rejects.toThrow(StorageError);
    await expect(failing).rejects.toThrow(
      expect.objectContaining({
        message: "bronze.people: 1 of 1 files could not be taken",
        actual: expect.stringMatching(/^people_1.csv: .*permission denied/),
      }),
    );
    expect([lake.landed(), lake.rejected()]).toEqual([["people_1.csv"], []]);
    fs.chmodSync(lake.archive, 0o755);
    expect((await lake.ingest()).totals.files).toBe(1);
  });

  test("to write rejected files: the broken one stays, and the others go on", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", "id\n");
    lake.land("people_2.csv", GOOD);
    fs.mkdirSync(join(lake.landing, "_rejected"));
    fs.chmodSync(join(lake.landing, "_rejected"), 0o555);
    await expect(unprivileged(lake.folder, () => lake.ingest())).rejects.toThrow("1 of 2 files could not be taken");
    expect(lake.landed()).toEqual(["people_1.csv"]);
    expect(await lake.rows()).toHaveLength(1);
  });
});

describe("a full disk", () => {
  test("loses nothing, rejects nothing, and does not stop smaller files", async ({ skip }) => {
    const parent = fs.mkdtempSync(join(process.env["TMPDIR"] ?? "/tmp", "tslake-full-"));
    if (!mounted(parent, "3m")) return skip("no file system can be mounted here");
    try {
      const lake = new TestLake(undefined, parent);
      const names = Array.from({ length: 50_000 }, (_, i) => `${i},${((i * 2654435761) >>> 0).toString(36)}\n`).join(
        "",
      );
      lake.land("people_1.csv", HEADER + names);
      lake.land("people_2.csv", `${HEADER}2,Bia\n`);
      fs.writeFileSync(join(parent, "ballast"), Buffer.alloc(1_700_000));
      await expect(lake.ingest()).rejects.toThrow(
        expect.objectContaining({ message: expect.stringMatching(/of 2 files could not be taken/) }),
      );
      expect(lake.rejected()).toEqual([]);
      expect(lake.landed()).toContain("people_1.csv");
      fs.rmSync(join(parent, "ballast"));
      await lake.ingest();
      expect(await lake.rows()).toHaveLength(50_001);
      expect([lake.landed(), lake.archived().length]).toEqual([[], 2]);
    } finally {
      execFileSync("umount", [parent]);
      fs.rmdirSync(parent);
    }
  });
});
