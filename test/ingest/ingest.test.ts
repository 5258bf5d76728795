import fs from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, describe, expect, test } from "vitest";
import { DISPLAY } from "../../lib/display.js";
import { IngestResult, SALES_SOURCE } from "../../lib/ingest/ingest_result.js";
import { listen } from "../../lib/run.js";
import { killedAt } from "./fault.js";
import { HEADER, people, TestLake } from "./test_lake.js";

const lakes: TestLake[] = [];

function lakeOf(...args: ConstructorParameters<typeof TestLake>): TestLake {
  const lake = new TestLake(...args);
  lakes.push(lake);
  return lake;
}

afterEach(() => {
  for (const lake of lakes.splice(0)) lake.remove();
});

const NOW = BigInt(Date.UTC(2024, 1, 3, 4, 5, 6)) * 1000n + 7n;

describe("a file that is taken", () => {
  test("becomes rows that know where they came from, and moves to the archive", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n\n2,"José, o\nvelho"\n3,\n`);
    const result = await lake.ingest(NOW);
    expect(result.files).toEqual([
      {
        name: "people_1.csv",
        status: "taken",
        format: "csv",
        bytes: 46,
        rows: 3,
        corrupt: 0,
        unknown: [],
        archived: "20240203_040506_people_1.csv",
        replaces: [],
      },
    ]);
    const from = { _rescued: null, _corrupt_record: null, _file: "20240203_040506_people_1.csv" };
    const at = { _ingested_at: "2024-02-03 04:05:06.000007Z" };
    expect(await lake.rows()).toEqual([
      { id: "1", nome: "Ana", ...from, _row: 2n, ...at },
      { id: "2", nome: "José, o\nvelho", ...from, _row: 4n, ...at },
      { id: "3", nome: null, ...from, _row: 6n, ...at },
    ]);
    expect(lake.landed()).toEqual([]);
    expect(lake.archived()).toEqual(["20240203_040506_people_1.csv"]);
  });

  test("may have its columns in any order, with spaces around their names and accents composed or not", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `\uFEFF ${"Nome Próprio".normalize("NFD")} ,id\r\nAna,1\r\n`);
    await lake.ingest();
    expect(await lake.values("id", "nome")).toEqual([["1", "Ana"]]);
  });

  test("may be zipped, in every format", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv.gz", gzipSync(`${HEADER}1,Ana\n`));
    lake.land("b.ndjson.gz", gzipSync('{"id":2,"Nome Próprio":"Bia"}\n'));
    lake.land("c.parquet.gz", gzipSync(Buffer.from(parquet({ id: ["3"], "Nome Próprio": ["Caio"] }))));
    const result = await lake.ingest(NOW);
    expect(result.files.map((file) => [file.status, file.format])).toEqual([
      ["taken", "ndjson"],
      ["taken", "parquet"],
      ["taken", "csv"],
    ]);
    expect(await lake.values("id", "nome")).toEqual([
      ["2", "Bia"],
      ["3", "Caio"],
      ["1", "Ana"],
    ]);
    expect(lake.archived()).toContain("20240203_040506_people_1.csv.gz");
    expect(lake.archived()).toHaveLength(3);
  });

  test("keeps a row that does not fit the header as it came", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n2\n3,Caio,"x\ny"\n4,Davi\n`);
    const result = await lake.ingest();
    expect(result.totals).toMatchObject({ rows: 4, corrupt: 2 });
    expect(result.messages).toEqual(["people_1.csv: 2 rows do not fit the header"]);
    expect(await lake.values("id", "nome", "_corrupt_record", "_row")).toEqual([
      ["1", "Ana", null, 2n],
      [null, null, "2", 3n],
      [null, null, '3,Caio,"x\ny"', 4n],
      ["4", "Davi", null, 6n],
    ]);
  });

  test("keeps values that other readers take apart differently", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Monitor 27" curvo\n2,a\rb\n3,"x"y\n4,""\n`);
    await lake.ingest();
    expect(await lake.values("id", "nome", "_corrupt_record", "_row")).toEqual([
      ["1", 'Monitor 27" curvo', null, 2n],
      ["2", "a\rb", null, 3n],
      [null, null, '3,"x"y', 4n],
      ["4", null, null, 5n],
    ]);
  });

  test("may hold a header only", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", HEADER);
    expect((await lake.ingest()).files).toMatchObject([{ status: "taken", rows: 0 }]);
    expect(await lake.rows()).toEqual([]);
    expect(lake.archived()).toHaveLength(1);
  });

  test("comes in one commit with the other small ones; rows of a later run arrive later, whatever the clock says", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    lake.land("people_2.csv", `${HEADER}2,Bia\n`);
    expect(await lake.ingest(NOW)).toMatchObject({ version: 0 });
    lake.land("people_3.csv", `${HEADER}3,Caio\n`);
    expect(await lake.ingest(NOW - 1_000_000n)).toMatchObject({ version: 1 });
    expect(await lake.values("id", "_ingested_at")).toEqual([
      ["1", "2024-02-03 04:05:06.000007Z"],
      ["2", "2024-02-03 04:05:06.000007Z"],
      ["3", "2024-02-03 04:05:06.000008Z"],
    ]);
  });
});

describe("columns that the contract does not know", () => {
  const csv = 'id,extra,Nome Próprio,\n1,"a ""b""\n",Ana,\n2,,Bia,x\n';

  test("are rescued", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", csv);
    const result = await lake.ingest();
    expect(result.messages).toEqual(["people_1.csv: unknown columns: extra, column 4"]);
    expect(await lake.values("id", "_rescued", "_row")).toEqual([
      ["1", '{"extra":"a \\"b\\"\\n"}', 2n],
      ["2", '{"column 4":"x"}', 4n],
    ]);
  });

  test("are rescued from Parquet too, as text", async () => {
    const lake = lakeOf();
    lake.land(
      "a.parquet",
      parquet({ id: ["1", "2"], n: [12, 13], "Nome Próprio": ["Ana", "Bia"], t: ['\\"\u0001é', undefined] }),
    );
    await lake.ingest();
    const rows = await lake.values("_rescued");
    expect(rows.map(([json]) => JSON.parse(String(json)))).toEqual([{ n: "12", t: '\\"\u0001é' }, { n: "13" }]);
  });

  test("reject the file when the contract says so", async () => {
    const lake = lakeOf(people("fail"));
    lake.land("people_1.csv", csv);
    lake.land("b.ndjson", '{"id":1,"Nome Próprio":"Ana"}\n{"id":2,"zzz":1}\n');
    expect((await lake.ingest()).files).toMatchObject([
      { status: "rejected", line: 2 },
      { status: "rejected", line: 1 },
    ]);
    expect(lake.explanation("people_1.csv")).toMatchObject({ reason: 'unknown columns "extra", "column 4"' });
    expect(lake.explanation("b.ndjson")).toMatchObject({ reason: 'unknown column "zzz"', line: 2 });
  });

  test("become columns when the contract says so", async () => {
    const lake = lakeOf(people("evolve"));
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    lake.land("people_2.csv", "id,Nome Próprio,É Válido?\n2,Bia,sim\n");
    await lake.ingest(NOW);
    lake.land("x.ndjson", '{"id":3,"Nome Próprio":"Caio","É Válido?":true,"novo":[1]}\n');
    await lake.ingest(NOW);
    lake.land("people_3.csv", `${HEADER}4,Davi\n`);
    await lake.ingest(NOW);
    expect(await lake.values("id", "e_valido", "novo", "_rescued")).toEqual([
      ["1", null, null, null],
      ["2", "sim", null, null],
      ["4", null, null, null],
      ["3", "true", "[1]", null],
    ]);
  });
});

describe("NDJSON", () => {
  test("keeps every value as the text that it has in the file", async () => {
    const lake = lakeOf();
    lake.land(
      "a.ndjson",
      [
        '{"id":9007199254740993,"Nome Próprio":"Ana \\u00e9 \\"x\\""}',
        "",
        '{ "Nome Próprio" : null , "id" : 1.10 }',
        '{"id":true,"Nome Próprio":{"a": [1, "}"]},"n":{"k":1.50},"gone":null}\r',
        '{"id":""}',
      ].join("\n"),
    );
    await lake.ingest();
    expect(await lake.values("id", "nome", "_rescued", "_row")).toEqual([
      ["9007199254740993", 'Ana é "x"', null, 1n],
      ["1.10", null, null, 3n],
      ["true", '{"a": [1, "}"]}', '{"n":{"k":1.50}}', 4n],
      ["", null, null, 5n],
    ]);
  });

  test("keeps lines that are no objects as they came", async () => {
    const lake = lakeOf();
    const broken = ['{"id":2,', "[1]", '{"id":1,"id":2}', '{"id":"\\ud800"}', "null", '{"id":1,"id ":2}'];
    lake.land("a.ndjson", `{"id":1}\n${broken.join("\n")}\n`);
    expect((await lake.ingest()).messages).toEqual([
      "a.ndjson: 6 lines are no JSON objects, have a name twice or half of a surrogate pair",
    ]);
    expect(await lake.values("id", "_corrupt_record")).toEqual([["1", null], ...broken.map((line) => [null, line])]);
  });

  test("keeps a first line with a bracket as it came, as any other that is no object", async () => {
    const lake = lakeOf();
    lake.land("a.ndjson", '[debug] {"id":0}\n{"id":1}\n{"id":2}\n');
    lake.land("b.ndjson", '[{"id":0}]\n{"id":3}\n');
    await lake.ingest();
    expect(await lake.values("id", "_corrupt_record")).toEqual([
      [null, '[debug] {"id":0}'],
      ["1", null],
      ["2", null],
      [null, '[{"id":0}]'],
      ["3", null],
    ]);
  });

  test("objects without members are told from those with other ones", async () => {
    const lake = lakeOf();
    lake.land("a.ndjson", "{}\n");
    expect((await lake.ingest()).messages).toEqual([
      "a.ndjson: rejected, no object has a column of the table, found no member at all; check that this is the right file; moved to _rejected/a.ndjson",
    ]);
  });

  test.each([
    ["a list", '[{"id":1},\n{"id":2}]\n', "the first line opens a JSON list", 1],
    ["a list that is cut off", '[\n{"id":1},\n{"id":2}', "the first line opens a JSON list", 1],
    ["a list in one line, without line end", '[{"id":1},{"id":2}]', "no line is a JSON object", 1],
    [
      "a list with brackets on lines of their own",
      '\n[\n{"id":1},\n{"id":2}\n]\n',
      "the first line opens a JSON list",
      2,
    ],
    ["lists", "[1]\n[2]\n", "no line is a JSON object", 1],
    [
      "a line cut off",
      '{"id":1}\n{"id":2,"No',
      "the last line is cut off: it has neither a line end nor the end of its object",
      2,
    ],
    ["other columns", '{"a":1}\n', "no object has a column of the table", null],
    ["Latin-1", Buffer.from('{"id":"é"}\n', "latin1"), "the file is not UTF-8", 1],
  ])("rejects %s", async (_, content, reason, line) => {
    const lake = lakeOf();
    lake.land("a.ndjson", content);
    await lake.ingest();
    expect(lake.explanation("a.ndjson")).toMatchObject({ reason, line });
  });
});

test("no byte at all is rejected where a format needs some, also when an empty file of another was taken", async () => {
  const lake = lakeOf();
  lake.land("a.ndjson", "");
  lake.land("people_b.csv", "");
  lake.land("c.parquet", "");
  await lake.ingest();
  lake.land("people_d.csv", "");
  await lake.ingest();
  expect(lake.landed()).toEqual([]);
  expect(lake.rejected().filter((name) => !name.endsWith(".json"))).toEqual([
    "c.parquet",
    "people_b.csv",
    "people_d.csv",
  ]);
});

describe("Parquet", () => {
  test("values become exact text", async () => {
    const lake = lakeOf();
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: "id", data: [9007199254740993n, 2n], type: "INT64" },
        { name: "Nome Próprio", data: [new Date("2024-02-03T04:05:06.120Z"), new Date(0)], type: "TIMESTAMP" },
        { name: "vazio", data: ["", "x"], type: "STRING" },
      ],
    });
    lake.land("a.parquet", new Uint8Array(buffer));
    await lake.ingest();
    expect(await lake.values("id", "nome", "_rescued", "_row")).toEqual([
      ["9007199254740993", "2024-02-03 04:05:06.12", '{"vazio":""}', 1n],
      ["2", "1970-01-01 00:00:00", '{"vazio":"x"}', 2n],
    ]);
  });

  test.each([
    ["no Parquet at all", Buffer.from("id,Nome Próprio\n1,Ana\n"), /^the Parquet file is broken$/],
    ["an empty one", Buffer.alloc(0), /^the Parquet file is broken$/],
    [
      "one without its end",
      Buffer.from(parquet({ id: ["1"], "Nome Próprio": ["Ana"] })).subarray(0, -20),
      /^the Parquet file is broken$/,
    ],
    ["one with broken pages", brokenPages(), /^the Parquet file is broken$/],
    ["a missing column", Buffer.from(parquet({ id: ["1"] })), /^missing column "Nome Próprio"$/],
  ])("rejects %s, and takes the others", async (_, content, reason) => {
    const lake = lakeOf();
    lake.land("a.parquet", content);
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    expect((await lake.ingest()).files.map((file) => file.status)).toEqual(["rejected", "taken"]);
    expect(lake.explanation("a.parquet")["reason"]).toMatch(reason);
    expect(await lake.values("id")).toEqual([["1"]]);
    expect(lake.archived()).toHaveLength(1);
  });
});

test("a Parquet file that is too short to be one is told by its size", async () => {
  const lake = lakeOf();
  lake.land("a.parquet", "");
  lake.land("b.parquet", "PAR1");
  await lake.ingest();
  expect(["a", "b"].map((name) => lake.explanation(`${name}.parquet`)["actual"])).toEqual(["0 bytes", "4 bytes"]);
});

describe("the same content again", () => {
  test("adds no row under any name, and goes from landing", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    await lake.ingest(NOW);
    lake.land("people_2.csv", `${HEADER}1,Ana\n`);
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    const again = await lake.ingest();
    expect(again.files).toMatchObject([
      { name: "people_1.csv", status: "already taken", archived: "20240203_040506_people_1.csv" },
      { name: "people_2.csv", status: "already taken", note: "same content as 20240203_040506_people_1.csv" },
    ]);
    expect(again.version).toBe(0);
    expect(await lake.rows()).toHaveLength(1);
    expect(lake.landed()).toEqual([]);
    expect(lake.archived()).toHaveLength(1);
  });

  test("in one run counts once", async () => {
    const lake = lakeOf();
    for (const name of ["people_1.csv", "people_2.csv", "people_3.csv"]) lake.land(name, `${HEADER}1,Ana\n`);
    expect((await lake.ingest(NOW)).files.map((file) => [file.status, file.archived])).toEqual([
      ["taken", "20240203_040506_people_1.csv"],
      ["already taken", "20240203_040506_people_1.csv"],
      ["already taken", "20240203_040506_people_1.csv"],
    ]);
    expect(await lake.rows()).toHaveLength(1);
    expect(lake.landed()).toEqual([]);
  });

  test("is archived anew when the archive has lost it", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    await lake.ingest(NOW);
    fs.rmSync(join(lake.archive, "20240203_040506_people_1.csv"));
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    expect((await lake.ingest(NOW + 60_000_000n)).files).toMatchObject([{ archived: "20240203_040606_people_1.csv" }]);
    expect(await lake.rows()).toHaveLength(1);
  });

  test("other content under a name already taken is taken, and the earlier file is named", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    await lake.ingest(NOW);
    lake.land("people_1.csv", `${HEADER}1,Ana\n2,Bia\n`);
    const [file] = (await lake.ingest(NOW)).files;
    expect(file).toMatchObject({
      status: "taken",
      archived: "20240203_040506_people_1_2.csv",
      replaces: ["20240203_040506_people_1.csv"],
    });
    expect(await lake.rows()).toHaveLength(3);
  });
});

describe("files of one second whose names differ in their extension only", () => {
  test("have archived names that differ without it", async () => {
    const lake = lakeOf();
    for (const rows of ["1,Ana", "2,Bia", "3,Caio"]) {
      lake.land("people_1.csv", `${HEADER}${rows}\n`);
      lake.land("people_1.csv.gz", gzipSync(`${HEADER}${rows}s\n`));
      await lake.ingest(NOW);
    }
    const names = ["1.csv", "1_2.csv.gz", "1_3.csv", "1_4.csv.gz", "1_5.csv", "1_6.csv.gz"];
    expect(lake.archived()).toEqual(names.map((name) => `20240203_040506_people_${name}`));
  });

  test("are found again when a killed run has archived them", async () => {
    for (let n = 1, reached = true; reached; n++) {
      const lake = lakeOf();
      lake.land("people_1.csv", `${HEADER}1,Ana\n`);
      lake.land("people_1.csv.gz", gzipSync(`${HEADER}2,Bia\n`));
      reached = await killedAt(n, "before", () => lake.ingest(NOW));
      await lake.ingest(NOW);
      expect(await lake.values("id", "_file"), `killed before change ${n}`).toEqual([
        ["1", "20240203_040506_people_1.csv"],
        ["2", "20240203_040506_people_1_2.csv.gz"],
      ]);
      expect([lake.landed(), lake.archived().length]).toEqual([[], 2]);
    }
  }, 60_000);
});

describe("a file of sales that may be meant to replace another", () => {
  test("comes with the command that withdraws the older one", () => {
    const replaces = ["20240203_040506_registros_a.csv", "20240204_040506_o'b c.csv"];
    const files = [{ name: "a.csv", status: "taken", replaces } as const];
    const [message] = new IngestResult({ table: SALES_SOURCE, version: 1, files }).messages;
    expect(message).toContain("npx tslake withdraw 20240203_040506_registros_a.csv;");
    expect(message).toMatch(/npx tslake withdraw '20240204_040506_o'\\''b c\.csv'$/);
    const [other] = new IngestResult({ table: "bronze.purchase", version: 1, files }).messages;
    expect(other).toBe(`a.csv: other content under this name was taken as ${replaces.join(", ")}`);
  });
});

describe("a run with nothing to take", () => {
  test("makes the table, and is content without a landing folder", async () => {
    const lake = lakeOf();
    fs.rmSync(lake.landing, { recursive: true });
    expect(await lake.ingest()).toMatchObject({ version: 0, files: [] });
    expect(await lake.ingest()).toMatchObject({ version: 0, files: [] });
    expect(await lake.rows()).toEqual([]);
  });

  test("records that the step has other code", async () => {
    const lake = lakeOf();
    const run = { TSLAKE_RUN_ID: "r", TSLAKE_STEP: "bronze.people", TSLAKE_CODE_HASH: "one" };
    Object.assign(process.env, run);
    try {
      expect(await lake.ingest()).toMatchObject({ version: 0 });
      expect(await lake.ingest()).toMatchObject({ version: 0 });
      process.env["TSLAKE_CODE_HASH"] = "two";
      expect(await lake.ingest()).toMatchObject({ version: 1 });
    } finally {
      for (const name of Object.keys(run)) delete process.env[name];
    }
  });
});

describe("the result", () => {
  test("is shown as a table and reported to the runner", async () => {
    const lake = lakeOf();
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    lake.land("people_2.csv", "");
    lake.land("<b>.csv", "");
    const reported: unknown[] = [];
    listen((metrics) => reported.push(metrics));
    const result = await lake.ingest(NOW);
    listen(() => undefined);
    expect(String(result)).toMatch(
      /^bronze\.people version 0: 1 rows from 1 file, 1 rejected, 1 left in landing\n\nfile +status/,
    );
    const { "text/html": html } = result[DISPLAY]() as { readonly "text/html": string };
    expect(html).toContain("&lt;b&gt;.csv");
    expect(html).not.toContain("<b>");
    expect(reported.at(-1)).toMatchObject({ read: 1, files: 1, rejected: 1, skipped: 1, resent: 0 });
    expect((reported.at(-1) as { readonly messages: string }).messages).toBe(
      "people_2.csv: rejected, the file is empty: it has no header (line 1); have the file exported again; moved to _rejected/people_2.csv",
    );
  });
});

function parquet(columns: Readonly<Record<string, readonly unknown[]>>): Uint8Array {
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data: [...data] }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function brokenPages(): Buffer {
  const names = Array.from({ length: 2000 }, (_, i) => `name ${i} ${"x".repeat(i % 50)}`);
  const bytes = Buffer.from(parquet({ id: names, "Nome Próprio": names }));
  return bytes.fill(0xa5, 8, 4000);
}
