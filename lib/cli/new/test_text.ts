import type { ColumnSpec } from "../../contract/column_spec.js";
import type { AnyTable } from "../../contract/define_table.js";
import { sourceColumns } from "../../ingest/intake.js";
import { formatOf } from "../../ingest/landing.js";
import { decimalOf } from "../../types.js";
import { quote } from "./contract_text.js";
import { fullName, type TableDraft } from "./table_draft.js";

/** The test of a new table, for `test/tables/<layer>/<name>.test.ts`; to be formatted. It runs the notebook on a lake of its own. */
export function testText(draft: TableDraft): string {
  const [source] = draft.from;
  const layers = [...new Set([draft.layer, ...draft.from.map(({ layer }) => layer)])].sort();
  const tests =
    source === undefined
      ? bronzeTests(draft)
      : source.layer === "bronze"
        ? silverTests(draft, source)
        : derivedTests(draft, source);
  return `import { afterEach, beforeEach, expect, test } from "vitest";
import { ${layers.join(", ")} } from "../../../lib/tables/index.js";
import { LakeInProcess } from "../../support/lake_in_process.js";

let workspace: LakeInProcess;
beforeEach(() => {
  workspace = new LakeInProcess();
});
afterEach(() => workspace.remove());

${tests}`;
}

function bronzeTests(draft: TableDraft): string {
  const table = fullName(draft);
  const row = Object.fromEntries(Object.keys(draft.columns).map((name) => [name, `${name} 1`]));
  return `const row = ${object(row)};

test("takes the rows of a file as they are, and the same file once", async () => {
  for (const _ of [1, 2]) {
    workspace.deliver(${table}, "linhas", [row, row]);
    await workspace.run([${quote(table)}]);
  }
  expect(await workspace.lake.read(${table}).collect()).toMatchObject([row, row]);
});
`;
}

function silverTests(draft: TableDraft, source: AnyTable): string {
  const table = fullName(draft);
  const { place } = draft;
  const second = secondLine(source);
  const names = sourceColumns(source).map(({ name }) => name);
  const examples = names.map((name) => [name, exampleOf(name, draft.columns[name])] as const);
  const row = Object.fromEntries(examples.map(([name, { written }]) => [name, written]));
  const read = examples.map(([name, { read: value }]) => `${name}: ${value}`).join(", ");
  const typed = names.find((name) => draft.columns[name]?.parse.rule !== "text");
  const faulty =
    typed === undefined
      ? ""
      : `
test("keeps a row that cannot be read apart, with the reason", async () => {
  workspace.deliver(${source.name}, "linhas", [row, { ...row, ${typed}: "?" }]);
  await workspace.run([${quote(source.name)}, ${quote(table)}]);
  expect(await workspace.lake.read(${table}).count()).toBe(1);
  const refused = await workspace.lake.readStored("${table}_quarantine");
  expect(await refused.collect()).toMatchObject([{ ${typed}: "?", _row: ${second}n }]);
});
`;
  const taking =
    place === undefined || draft.key.includes(place)
      ? `test("reads each different row once", async () => {
  workspace.deliver(${source.name}, "linhas", [row, row]);
  await workspace.run([${quote(source.name)}, ${quote(table)}]);
  expect(await workspace.lake.read(${table}).collect()).toMatchObject([{ ${read} }]);
});
`
      : `test("keeps the last row of each key, within a run and from run to run", async () => {
  const last = async () => {
    await workspace.run([${quote(source.name)}, ${quote(table)}]);
    return workspace.lake.read(${table}).collect();
  };
  workspace.deliver(${source.name}, "linhas", [row, row]);
  expect(await last()).toMatchObject([{ ${read}, ${place}: expect.stringMatching(/:${second}$/) }]);
  workspace.deliver(${source.name}, "linhas", [row]);
  expect(await last()).toMatchObject([{ ${read}, ${place}: expect.stringMatching(/:${second - 1}$/) }]);
});
`;
  return `const row = ${object(row)};

${taking}${faulty}`;
}

/** The line on which the second row of a delivered file stands: only CSV has a header above its rows. */
function secondLine({ landing }: AnyTable): number {
  const delivered = landing?.files.find((name) => formatOf(name).format !== "parquet");
  return delivered !== undefined && formatOf(delivered).format === "csv" ? 3 : 2;
}

function derivedTests(draft: TableDraft, first: AnyTable): string {
  const table = fullName(draft);
  const fills = draft.from.map((source) => {
    const examples = source.columnNames.map((name) => [name, exampleOf(name, source.columns[name])] as const);
    const row = Object.fromEntries(examples.map(([name, { stored }]) => [name, stored]));
    return `await workspace.fill(${source.name}, [${object(row)}]);`;
  });
  const expected = Object.keys(draft.columns).map((name) => {
    const source = draft.from.find((table) => Object.hasOwn(table.columns, name));
    return `${name}: ${exampleOf(name, source?.columns[name]).read}`;
  });
  return `test("has a row for each of ${first.name}", async () => {
  ${fills.join("\n  ")}
  await workspace.run([${quote(table)}]);
  expect(await workspace.lake.read(${table}).collect()).toEqual([{ ${expected.join(", ")} }]);
});
`;
}

/** One value of a column: as a file has it, as it is stored from text, and the code of what is read back. */
interface Example {
  readonly written: string;
  readonly stored: string;
  readonly read: string;
}

function exampleOf(name: string, spec: ColumnSpec | undefined): Example {
  const same = (text: string): Example => ({ written: text, stored: text, read: quote(text) });
  if (spec === undefined) return same(name);
  const { type, parse } = spec;
  const decimal = decimalOf(type);
  if (decimal !== undefined) {
    const share = parse.rule === "percent";
    const stored = decimal.scale === 0 ? "7" : (share ? "0.12" : "7.").padEnd(2 + decimal.scale, "0");
    return { written: share ? "12%" : "7", stored, read: quote(stored) };
  }
  switch (type) {
    case "long":
      return { written: "7", stored: "7", read: "7n" };
    case "integer":
    case "double":
      return { written: "7", stored: "7", read: "7" };
    case "boolean":
      return { written: "true", stored: "true", read: "true" };
    case "date":
      return dated("2024-12-31", parse);
    case "timestamp_ntz":
      return dated("2024-12-31 23:59:58", parse);
    default:
      return same(`${name} 1`);
  }
}

/** A day or time in the form that a file has it in. */
function dated(stored: string, parse: ColumnSpec["parse"]): Example {
  const parts: Readonly<Record<string, string>> = { Y: "2024", m: "12", d: "31", H: "23", M: "59", S: "58", f: "0" };
  const format = "formats" in parse ? parse.formats[0] : undefined;
  const written = format?.replaceAll(/%([YmdHMSf])/g, (_, part: string) => parts[part] ?? part) ?? stored;
  return { written, stored, read: quote(stored) };
}

function object(row: Readonly<Record<string, string>>): string {
  return `{ ${Object.entries(row)
    .map(([name, value]) => `${name}: ${quote(value)}`)
    .join(", ")} }`;
}
