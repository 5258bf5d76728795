import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "../../lib/cli/main.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { scan } from "../../lib/relation/relation.js";
import { field } from "../../lib/types.js";

const root = mkdtempSync(join(tmpdir(), "tslake-table-commands-"));
let folder = root;
let count = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FIELDS = [field("id", "long"), field("price", "double"), field("ano", "integer", true, { comment: "Year" })];

/** A table of three commits of two rows each, and a row that a fourth took away. */
beforeEach(async () => {
  folder = join(root, `table-${count++}`);
  const table = await DeltaTable.create(folder, { fields: FIELDS, partitionBy: ["ano"], description: "Sales" });
  for (const id of [1n, 3n, 5n]) {
    await table.append([
      { id, price: 1.5, ano: 2014 },
      { id: id + 1n, price: 2.5, ano: 2015 },
    ]);
  }
  await table.delete("id = 6");
});

/** Runs a command; the answer is its status and what it printed. */
async function tslake(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const printed = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    }),
  );
  try {
    return { status: await main(argv), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

async function succeeds(...argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await tslake(...argv);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

const ids = async (): Promise<readonly string[]> =>
  (await succeeds("show", folder, "--format", "csv"))
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",")[0] ?? "")
    .sort();

describe("a Delta table anywhere", () => {
  test("is shown, also as it was", async () => {
    expect(await ids()).toEqual(["1", "2", "3", "4", "5"]);
    expect(await succeeds("show", folder, "--version", "1", "--format", "json")).toContain(
      '{"id":1,"price":1.5,"ano":2014}',
    );
    expect((await succeeds("show", folder, "--version", "3")).split("\n").at(-2)).toContain("6 rows");
    const { status, stderr } = await tslake("show", folder, "--timestamp", "1999-01-01T00:00:00Z");
    expect(status).toBe(1);
    expect(stderr).toContain("no version that old");
  });

  test("is described by its log", async () => {
    await succeeds("properties", folder, "--set", "delta.checkpointInterval=5");
    const text = await succeeds("describe", folder);
    expect(text).toContain(": Sales");
    expect(text).toMatch(/stored {9}version 5, 5 rows, \d files, /);
    expect(text).toMatch(/partitioned by +ano/);
    expect(text).toMatch(/protocol +reader 1, writer 2/);
    expect(text).toMatch(/^ano +integer +Year$/m);
    expect(text).toMatch(/^delta\.checkpointInterval +5$/m);
  });

  test("has a history and changes", async () => {
    const lines = (await succeeds("history", folder, "--format", "csv")).trimEnd().split("\n");
    expect(lines.map((line) => line.split(",")[2])).toEqual([
      "operation",
      "DELETE",
      "WRITE",
      "WRITE",
      "WRITE",
      "CREATE TABLE",
    ]);
    expect(await succeeds("changes", folder, "--since", "3", "--format", "csv")).toBe(
      "_change_type,id,price,ano\ndelete,6,2.5,2015\n",
    );
  });
});

test("changes across a widening compare values, and a column that was added was null", async () => {
  const wide = `${folder}-wide`;
  const narrow = [field("id", "integer"), field("price", "decimal(5,2)")];
  const table = await DeltaTable.create(wide, { fields: narrow });
  await table.append([
    { id: 1, price: "1.50" },
    { id: 2, price: "2.50" },
  ]);
  const rows = [
    ["1", "1.5000", null],
    ["2", "2.5001", null],
    ["3", "3.0000", "new"],
  ];
  const fields = [field("id", "long"), field("price", "decimal(12,4)"), field("name", "string")];
  await table.overwrite(scan({ kind: "values", rows }, fields), { schemaMode: "overwrite" });
  const lines = (await succeeds("changes", wide, "--since", "1", "--format", "csv")).trimEnd().split("\n");
  expect(lines.sort()).toEqual([
    "_change_type,id,price,name",
    "delete,2,2.5000,",
    "insert,2,2.5001,",
    "insert,3,3.0000,new",
  ]);
});

test("changes are those that the table has recorded, where it does", async () => {
  const recording = `${folder}-recording`;
  const table = await DeltaTable.create(recording, {
    fields: FIELDS,
    properties: { "delta.enableChangeDataFeed": "true" },
  });
  await table.append([
    { id: 1n, price: 1, ano: 2014 },
    { id: 2n, price: 2, ano: 2014 },
  ]);
  await table.update({ price: "price + 1" }, "id = 2");
  const lines = (await succeeds("changes", recording, "--since", "1", "--format", "csv")).trimEnd().split("\n");
  expect(lines[0]).toBe("id,price,ano,_change_type,_commit_version,_commit_timestamp");
  expect(
    lines
      .slice(1)
      .map((line) => line.split(",").slice(0, 5).join(","))
      .sort(),
  ).toEqual(["2,2,2014,update_preimage,2", "2,3,2014,update_postimage,2"]);
  expect(await succeeds("changes", recording, "--since", "2", "--format", "json")).toBe("[]\n");
});

describe("optimize and vacuum", () => {
  test("say what they did, and deletion waits for --yes", async () => {
    expect(await succeeds("optimize", folder, "--partition", "ano=2014")).toMatch(
      /version 5 has 1 files .* in place of 3 /,
    );
    expect(await succeeds("optimize", folder, "--partition", "ano=2014")).toContain("nothing to do, version 5 stays");
    expect(await succeeds("optimize", folder, "--z-order", "id,price")).toContain("version 6 has 2 files");
    const old = new Date("2020-01-01T00:00:00Z");
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".parquet")) utimesSync(join(folder, name), old, old);
    expect(await succeeds("vacuum", folder)).toContain("no file is older than the retention");
    const { status, stderr } = await tslake("vacuum", folder, "--retention-hours", "0");
    expect(status).toBe(2);
    expect(stderr).toContain("--no-retention-check");
    const hasty = ["vacuum", folder, "--retention-hours", "0", "--no-retention-check"];
    const listed = await succeeds(...hasty);
    expect(listed).toMatch(/would be deleted: ano=2014\/part-/);
    expect(listed).toContain("nothing was deleted");
    expect(await succeeds(...hasty, "--yes")).toMatch(/: deleted \d+ files, /);
    expect(await ids()).toEqual(["1", "2", "3", "4", "5"]);
    const gone = await tslake("restore", folder, "--version", "2");
    expect(gone.status).toBe(1);
    expect(gone.stderr).toMatch(/missing: ano=201\d\/part-/);
  });
});

test("restore brings a version back", async () => {
  expect(await succeeds("restore", folder, "--version", "1")).toMatch(
    /version 5 has the state of version 1 \(\d files came back, \d went\)/,
  );
  expect(await ids()).toEqual(["1", "2"]);
  expect(await succeeds("restore", folder, "--version", "1")).toContain("already");
});

test("convert makes a table of a folder of Parquet files", async () => {
  const plain = join(root, `plain-${count}`);
  for (const name of readdirSync(folder))
    if (!name.startsWith("_")) cpSync(join(folder, name), join(plain, name), { recursive: true });
  expect((await tslake("show", plain)).stderr).toContain(`npx tslake convert ${plain}`);
  expect(await succeeds("convert", plain, "--partition-type", "ano=string", "--name", "sales")).toMatch(
    /a Delta table of \d rows in \d files/,
  );
  expect(await succeeds("describe", plain)).toMatch(/^ano +string/m);
  expect((await tslake("convert", plain)).stderr).toContain("is a Delta table already");
});

test("convert takes texts that a dictionary holds", async () => {
  const plain = join(root, "dictionary");
  cpSync(join(import.meta.dirname, "../ingest/parquet/dictionary_alone.parquet"), join(plain, "a.parquet"));
  await succeeds("convert", plain);
  expect(await succeeds("show", plain, "--format", "csv")).toBe('id\na\n""\n');
});

test("constraints are listed, added when every row satisfies them, enforced, dropped", async () => {
  expect(await succeeds("constraints", folder)).toContain("has no constraints");
  expect(await succeeds("constraints", folder, "--add", "positive=price > 0")).toBe("positive: price > 0\n");
  const broken = await tslake("constraints", folder, "--add", "dear=price > 2");
  expect(broken.status).toBe(1);
  expect(broken.stderr).toMatch(/rows of the table break it[\s\S]*price = 1.5/);
  const table = await DeltaTable.open(folder);
  await expect(table.append([{ id: 9n, price: -1, ano: 2014 }])).rejects.toThrow("positive");
  const typo = await tslake("constraints", folder, "--add", "typo=price > ");
  expect(typo).toMatchObject({ status: 2, stderr: expect.stringContaining("its condition is not understood") });
  expect((await tslake("constraints", folder, "--drop", "negative")).stderr).toMatch(/expected: positive/);
  expect(await succeeds("constraints", folder, "--drop", "positive")).toContain("has no constraints");
});

test("properties are listed, set and taken away", async () => {
  expect(await succeeds("properties", folder, "--set", "delta.appendOnly=true", "--set", "x=y")).toBe(
    "delta.appendOnly=true\nx=y\n",
  );
  expect((await tslake("restore", folder, "--version", "1")).stderr).toContain("append-only");
  expect(await succeeds("properties", folder, "--unset", "delta.appendOnly")).toBe("x=y\n");
  for (const [setting, message] of [
    ["delta.apendOnly=true", /no table property delta\.apendOnly/],
    ["delta.logRetentionDuration=soon", /interval/],
    ["delta.enableChangeDataFeed=banana", /enableChangeDataFeed is true or false/],
    ["delta.appendOnly=1", /appendOnly is true or false/],
    ["delta.minReaderVersion=99", /versions of a table's protocol/],
    ["delta.constraints.a=b", /npx tslake constraints/],
    ["x", /needs a name and a value/],
  ] as const) {
    const { status, stderr } = await tslake("properties", folder, "--set", setting);
    expect(stderr).toMatch(message);
    expect(status).not.toBe(0);
  }
});

describe("wrong input", () => {
  test("names what is there instead of a table", async () => {
    const empty = join(root, "empty");
    mkdirSync(empty, { recursive: true });
    for (const [place, message] of [
      [empty, "no files there"],
      [join(root, "absent"), "no files there"],
      [root, "Name one of them, for instance"],
      [join(folder, "_delta_log"), "Name the folder above it"],
      ["gs://bucket/table", "gs:"],
    ] as const) {
      for (const command of ["show", "describe", "history", "optimize", "vacuum", "constraints", "properties"]) {
        const { status, stderr } = await tslake(command, place);
        expect(stderr).toContain(message);
        expect(stderr).not.toMatch(/^\s+at .*\.[tj]s/m);
        expect(status).toBe(2);
      }
    }
    expect((await tslake("convert", empty)).stderr).toContain("no Parquet file");
  });

  test.each([
    [["optimize", "--cluster-by", "nome"], /no column nome/],
    [["optimize", "--partition", "mes=1"], /not partitioned by mes/],
    [["optimize", "--partition", "2014"], /ano=2014/],
    [["optimize", "--target-size", "big"], /not a size/],
    [["optimize", "--z-order", ","], /not a list of columns/],
    [["optimize", "--z-order", "id", "--purge"], /One run either/],
    [["vacuum", "--retention-hours", "-1"], /not a number/],
    [["restore"], /--version or --timestamp/],
    [["restore", "--version", "99"], /expected: version 0 to 4\n {2}actual: {3}99\n {2}to do: /],
    [["restore", "--version", "1", "--timestamp", "2026-01-01T00:00:00Z"], /not by both/],
    [["show", "--as-known", "2026-01-01"], /needs a contract/],
    [["changes", "--since", "99"], /has no version 99/],
  ])("%j", async ([command = "", ...flags], message) => {
    const { status, stdout, stderr } = await tslake(command, folder, ...flags);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).not.toBe(0);
    expect((await DeltaTable.open(folder)).version).toBe(4);
  });

  test("a broken log names file and line", async () => {
    const commit = join(folder, "_delta_log", "00000000000000000003.json");
    expect(existsSync(commit)).toBe(true);
    writeFileSync(commit, '{"commitInfo":{"timest');
    for (const command of ["show", "describe", "history", "optimize", "vacuum"]) {
      const { status, stderr } = await tslake(command, folder);
      expect(status).toBe(1);
      expect(stderr).toMatch(/00000000000000000003\.json[\s\S]*line 1/);
    }
  });
});
