import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Lake } from "../../lib/lake/lake.js";
import { formatType } from "../../lib/types.js";
import { openWorkspace } from "../../lib/workspace.js";
import { canonicalLines, digestOf } from "../support/canonical_rows.js";
import { type Reading, readAll } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";

/** Logical days of two runs over the samples: the second adds versions to what the first made. */
const DAYS = ["2023-03-31", "2023-06-30"];
const LAYERS = ["bronze", "silver", "gold", "ops"];

const scratch = mkdtempSync(join(tmpdir(), "tslake-engines-"));
const folder = join(scratch, "lake");

/** What one engine sees in one version of a table. */
interface Sight {
  readonly table: string;
  readonly version: number;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly digest: string;
}

describeWith("deltalake", "the tables that the pipeline writes", () => {
  let lake: Lake;
  let names: readonly string[] = [];

  beforeAll(() => {
    const landing = join(scratch, "landing");
    cpSync("samples/landing", landing, { recursive: true });
    for (const day of DAYS) pipeline("--landing", landing, "--lake", folder, "--date", day);
    lake = openWorkspace({ cwd: process.cwd(), flags: { landing, lake: folder } }).lake;
    names = LAYERS.flatMap(tablesOf);
  }, 120_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test("are all there", () => {
    const stored = lake.catalog.tables.filter(({ layer }) => layer !== "warehouse").map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...stored, "ops.steps"]));
    expect(names).toContain("silver.vendas_quarantine");
  });

  test("are read by deltalake as by us, in every version", { timeout: 120_000 }, async () => {
    const targets = names.flatMap((name) => versionsOf(name).map((version) => [name, version] as const));
    expect(targets.length).toBeGreaterThan(names.length);
    const readings = await readAll(
      "deltalake",
      targets.map(([name, version]) => `${folderOf(name)}@${version}`),
    );
    const ours = await Promise.all(targets.map(([name, version]) => ourSight(lake, name, version)));
    expect(readings.map(theirSight)).toEqual(ours);
  });

  describeWith("spark", "newest version", () => {
    test("is read by Spark as by us", { timeout: 600_000 }, async () => {
      const readings = await readAll("spark", names.map(folderOf));
      const ours = await Promise.all(names.map((name) => ourSight(lake, name, Math.max(...versionsOf(name)))));
      expect(readings.map(theirSight)).toEqual(ours);
    });
  });

  test("lose no file where rows are only ever added", () => {
    const appended = lake.catalog.tables.filter((table) => table.write === "append").map((table) => table.name);
    expect(appended).toContain("gold.gvm");
    expect(appended.filter((name) => logOf(name).some((action) => "remove" in action))).toEqual([]);
  });
});

async function ourSight(lake: Lake, table: string, version: number): Promise<Sight> {
  const relation = await lake.readStored(table, { version });
  const lines = canonicalLines(relation.fields, await relation.collect());
  const columns = relation.fields.map((field) => `${field.name} ${formatType(field.type)}`);
  return { table, version, columns, rows: lines.length, digest: digestOf(lines) };
}

function theirSight(reading: Reading): Sight | string {
  if (reading.error !== undefined) return reading.error;
  const table = reading.folder.slice(folder.length + 1).replace("/", ".");
  const columns = reading.columns.map(([name, type]) => `${name} ${named(type)}`);
  return { table, version: reading.version, columns, rows: reading.rows, digest: reading.digest };
}

/** A nested type comes as JSON. */
function named(type: string): string {
  return type.startsWith("{") ? formatType(JSON.parse(type)) : type;
}

function pipeline(...argv: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve("bin/pipeline.js"), ...argv], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the pipeline ended with status ${status}\n${stdout}\n${stderr}`);
}

function tablesOf(layer: string): string[] {
  const tables = existsSync(join(folder, layer)) ? readdirSync(join(folder, layer)) : [];
  return tables
    .map((table) => `${layer}.${table}`)
    .filter((name) => existsSync(join(folderOf(name), "_delta_log")))
    .sort();
}

function folderOf(name: string): string {
  return join(folder, name.replace(".", "/"));
}

function versionsOf(name: string): number[] {
  const commits = readdirSync(join(folderOf(name), "_delta_log")).filter((file) => /^\d{20}\.json$/.test(file));
  return commits.map((file) => Number.parseInt(file, 10)).sort((a, b) => a - b);
}

/** Every action of a table's commits. */
function logOf(name: string): readonly object[] {
  const log = join(folderOf(name), "_delta_log");
  const commits = readdirSync(log).filter((file) => file.endsWith(".json") && /^\d/.test(file));
  return commits.flatMap((file) =>
    readFileSync(join(log, file), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
}
