import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { SAMPLE_SEED, sampleFiles } from "../../samples/generate.mjs";
import { EVENT_TABLES, eventOracle } from "../oracle/events.js";
import { gvmAsKnown, gvmRows } from "../oracle/gvm.js";
import { salesOracle } from "../oracle/vendas.js";

const LANDING = join(import.meta.dirname, "../../samples/landing");
const files = sampleFiles(SAMPLE_SEED);

function landed(source: string): { readonly name: string; readonly content: Uint8Array }[] {
  return [...files]
    .filter(([path]) => dirname(path) === source)
    .map(([path, content]) => ({ name: basename(path), content }));
}

function events(to: string): ReturnType<typeof eventOracle> {
  const all = EVENT_TABLES.flatMap((table) => landed(table).map((file) => ({ ...file, table })));
  return eventOracle([{ to, files: all }]);
}

test("the files in the repository are what the generator gives, byte by byte, and small", () => {
  const present = readdirSync(LANDING, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${basename(entry.parentPath)}/${entry.name}`);
  expect(present.toSorted()).toEqual([...files.keys()].toSorted());
  for (const [path, bytes] of files) expect(readFileSync(join(LANDING, path)).equals(bytes), path).toBe(true);
  expect([...files.values()].reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(2_000_000);
});

test("another seed gives other files", () => {
  const other = sampleFiles(SAMPLE_SEED + 1);
  for (const [path, bytes] of files) expect(Buffer.from(bytes).equals(other.get(path) ?? bytes), path).toBe(false);
});

describe("the sales samples", () => {
  test("have repeats in and across files, broken rows of every kind and no rejected file", async () => {
    const { runs, quarantined, silver, gold } = await salesOracle([landed("vendas")]);
    expect(runs).toMatchObject([
      { read: 693, written: 626, duplicates: 59, quarantined: 8, rejected: [], resent: [], left: [] },
    ]);
    expect(quarantined.map(({ file, line, reasons }) => [file, line, reasons.map((reason) => reason.problem)])).toEqual(
      [
        ["registros_2014.csv", 143, ["not exactly one @"]],
        ["registros_2014.csv", 144, ["not a number"]],
        ["registros_2014.csv", 145, ["not a timestamp"]],
        ["registros_2015.csv", 177, ["not a timestamp"]],
        ["registros_2015.csv", 178, ["negative"]],
        ["registros_2015.csv", 179, ["not exactly one @", "not a number", "not between 0 and 100%"]],
        ["registros_2015.csv", 180, ["too many fields"]],
        ["registros_2015.csv", 181, ["too few fields"]],
      ],
    );
    expect([...new Set(silver.map((sale) => sale.ano))].toSorted()).toEqual([2012, 2013, 2014, 2015, 2016]);
    expect(silver.some((sale) => sale.produto_adquirido?.includes("\n"))).toBe(true);
    expect(silver.some((sale) => sale.vendedor === "NÃO INFORMADO")).toBe(true);
    expect(new Set(gold.map((sale) => sale.turno_compra)).size).toBe(4);
  });
});

describe("the marketplace samples", () => {
  test("are thousands of purchases with repeats, in which each table knows the last day and no event is broken", async () => {
    const answer = await events("2023-06-30");
    for (const table of EVENT_TABLES) {
      const { history, runs, waiting, quarantined } = answer[table];
      expect(new Set(history.map((event) => event.values["purchase_id"])).size).toBeGreaterThan(3_500);
      expect(runs[0]?.duplicates).toBeGreaterThan(20);
      expect(history.some((event) => event.values["transaction_date"] === "2023-06-30")).toBe(true);
      expect([waiting, quarantined]).toEqual([[], []]);
    }
  });

  test("change what is known of a past day: late subsidiaries, cancellations and corrections", async () => {
    const answer = await events("2023-06-30");
    const march15 = (known: string): string[] =>
      gvmAsKnown(answer, known)
        .filter((row) => row.date === "2023-03-15")
        .map((row) => `${row.product_id} ${row.subsidiary} ${row.total_value}`);
    expect(march15("2023-03-15").length).toBeGreaterThan(20);
    expect(march15("2023-03-31")).not.toEqual(march15("2023-03-15"));
    expect(march15("2023-06-30")).not.toEqual(march15("2023-03-31"));

    const rows = gvmRows(await events("2023-02-15"));
    expect(Math.max(...rows.map((row) => row.version))).toBeGreaterThan(3);
    expect(rows.some((row) => row.purchases === 0)).toBe(true);
  });
});
