import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lake } from "../../lib/lake/lake.js";
import { canonicalLines, digestOf } from "../support/canonical_rows.js";
import { type Reading, readAll } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";
import { EXTREMES, PARTITIONS, recordsOf } from "./extreme_values.js";
import { runPipeline } from "./pipeline_lake.js";
import { CLEANED, writeTables } from "./written_lake.js";

const APPENDED = [
  "bronze.product_item",
  "bronze.purchase",
  "bronze.purchase_extra_info",
  "bronze.vendas",
  ...["campanha", "canal", "cliente", "desconto", "plataforma", "produto", "vendedor"].map((of) => `gold.chaves_${of}`),
  "gold.gvm",
  "ops.runs",
  "ops.steps",
  "silver.product_item",
  "silver.purchase",
  "silver.purchase_extra_info",
];
const CHANGED = ["gold.vendas", "silver.vendas", "silver.vendas_quarantine"];
const WRITTEN = [
  "gold.summary",
  "silver.events",
  "silver.items",
  "silver.partitions",
  "silver.types",
  ...Object.keys(CLEANED),
];

const scratch = mkdtempSync(join(tmpdir(), "tslake-partners-"));
const folders = { pipeline: join(scratch, "pipeline", "lake"), written: join(scratch, "written") };
const lakes: Partial<Record<keyof typeof folders, Lake>> = {};

beforeAll(async () => {
  lakes.pipeline = runPipeline(join(scratch, "pipeline"));
  lakes.written = await writeTables(folders.written);
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("what the pipeline writes", () => {
  test("is these tables and no others", () => {
    expect(tablesIn(folders.pipeline)).toEqual([...APPENDED, ...CHANGED].sort());
    expect(tablesIn(folders.written)).toEqual([...WRITTEN].sort());
  });

  test.each(APPENDED)(
    "%s says that rows are only added, in every version, and no commit removes a file",
    async (name) => {
      const log = join(folders.pipeline, name.replace(".", "/"), "_delta_log");
      const actions = readdirSync(log)
        .filter((file) => file.endsWith(".json"))
        .flatMap((file) => readFileSync(join(log, file), "utf8").trimEnd().split("\n"))
        .map((line) => JSON.parse(line) as { remove?: unknown; metaData?: { configuration: Record<string, string> } });
      expect(actions.filter(({ remove }) => remove !== undefined)).toEqual([]);
      const properties = actions.flatMap(({ metaData }) => metaData?.configuration["delta.appendOnly"] ?? []);
      expect(new Set(properties)).toEqual(new Set(["true"]));
      expect(await (await lakes.pipeline?.snapshot(name))?.tombstones()).toEqual([]);
    },
  );

  test("changes with the second run and the withdrawal", async () => {
    // The second run's files bring new customers, and no other members of dimensions.
    const same = /^silver\.vendas_quarantine$|^gold\.chaves_(?!cliente)/;
    for (const name of [...APPENDED, ...CHANGED].filter((table) => !same.test(table))) {
      expect({ name, version: await newest("pipeline", name) }).toEqual({
        name,
        version: expect.toSatisfy((v) => v > 0),
      });
    }
  });
});

describe("what the library writes", () => {
  test("is what was handed to it, at the edges of every type", async () => {
    const typed = await ourLines("written", "silver.types", 0);
    const values = recordsOf(EXTREMES).map(({ bytes, name, ...row }) => ({
      ...row,
      name,
      bytes: bytes === null ? null : Buffer.from(bytes, "hex"),
      labels: name === null ? [] : [name, name.toUpperCase()],
    }));
    expect(typed.lines).toEqual(canonicalLines(typed.columns, values));
  });

  test("is what was handed to it as partition values; an empty text among them is null", async () => {
    const partitioned = await ourLines("written", "silver.partitions", 0);
    const values = recordsOf(PARTITIONS).map((row) => ({ ...row, name: row.name === "" ? null : row.name }));
    expect(partitioned.lines).toEqual(canonicalLines(partitioned.columns, values));
  });
});

for (const engine of ["deltalake", "spark"] as const) {
  describeWith(engine, `${engine} reads the same rows and columns as we do`, () => {
    const readings = new Map<string, Reading>();
    beforeAll(async () => {
      const targets: string[] = [];
      for (const name of [...APPENDED, ...CHANGED]) targets.push(...(await versions("pipeline", name)));
      for (const name of WRITTEN) targets.push(...(await versions("written", name)));
      const answers = await readAll(engine, targets);
      for (const [index, target] of targets.entries()) readings.set(target, answers[index] as Reading);
    }, 600_000);

    test.each([...APPENDED, ...CHANGED])("of the pipeline's %s, also in earlier versions", async (name) => {
      for (const target of await versions("pipeline", name))
        await compare("pipeline", name, target, readings.get(target));
    });
    test.each(WRITTEN)("of %s, also in earlier versions", async (name) => {
      for (const target of await versions("written", name))
        await compare("written", name, target, readings.get(target));
    });
  });
}

type Which = keyof typeof folders;

/** The newest version, the oldest that the log can tell, and one between. */
async function versions(which: Which, name: string): Promise<readonly string[]> {
  const last = await newest(which, name);
  const first = CLEANED[name] ?? 0;
  const chosen = new Set([first, Math.ceil((first + last) / 2), last]);
  return [...chosen].map((version) => `${folderOf(which, name)}@${version}`);
}

async function newest(which: Which, name: string): Promise<number> {
  const snapshot = await lakes[which]?.snapshot(name);
  if (snapshot === undefined) throw new Error(`there is no table ${name}`);
  return snapshot.version;
}

function folderOf(which: Which, name: string): string {
  return join(folders[which], name.replace(".", "/"));
}

async function compare(which: Which, name: string, target: string, theirs: Reading | undefined): Promise<void> {
  const version = Number(target.split("@").at(-1));
  const { columns, lines } = await ourLines(which, name, version);
  const [ours, other] = [new Set(lines), new Set(theirs?.lines)];
  expect({
    target,
    error: theirs?.error,
    version: theirs?.version,
    columns: theirs?.columns?.map(([column, type, nullable]) => [column, parseType(type), nullable]),
    onlyOurs: lines.filter((line) => !other.has(line)).slice(0, 5),
    onlyTheirs: theirs?.lines?.filter((line) => !ours.has(line)).slice(0, 5),
    rows: theirs?.rows,
    digest: theirs?.digest,
  }).toEqual({
    target,
    error: undefined,
    version,
    columns: columns.map((field) => [field.name, field.type, field.nullable]),
    onlyOurs: [],
    onlyTheirs: [],
    rows: lines.length,
    digest: digestOf(lines),
  });
}

/** The rows of a version as we read them. */
async function ourLines(which: Which, name: string, version: number) {
  const relation = await lakes[which]?.readStored(name, { version });
  if (relation === undefined) throw new Error("the lake is not there");
  return { columns: relation.fields, lines: canonicalLines(relation.fields, await relation.collect()) };
}

/** A nested type comes as JSON. */
function parseType(type: string): unknown {
  return type.startsWith("{") ? JSON.parse(type) : type;
}

/** The Delta tables below a lake's layers, by name. */
function tablesIn(lake: string): readonly string[] {
  return ["bronze", "silver", "gold", "ops"]
    .filter((layer) => existsSync(join(lake, layer)))
    .flatMap((layer) => readdirSync(join(lake, layer)).map((name) => `${layer}.${name}`))
    .filter((name) => existsSync(join(lake, name.replace(".", "/"), "_delta_log")))
    .sort();
}
