import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { date, decimal, long, text } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable } from "../../lib/contract/define_table.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import { type ReportSources, reportFolder, updateReport, writeReport } from "../../lib/report/report.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { HostileLake, step } from "./hostile_lake.js";

const TABLES = 500;
const RUNS = 1_000;
/** Twice what it takes, of this process, so that a busy machine does not matter. */
const CPU_SECONDS = 15;

const fixture = new HostileLake();
let sources: ReportSources;

/** A lake whose tables are copies of one, and runs that each changed twenty of them. */
beforeAll(async () => {
  const columns = {
    id: long().notNull(),
    dia: date(),
    valor: decimal(18, 2),
    ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`c${i}`, text().describe("A text")])),
  };
  const tables: AnyTable[] = [];
  for (let i = 0; i < TABLES; i++) {
    const layer = i < 150 ? "bronze" : i < 350 ? "silver" : "gold";
    const reads = tables.length < 150 ? [] : tables.slice(i - 150, i - 148);
    tables.push(defineTable(`${layer}.t${i}`, { description: `Table ${i}`, grain: "one row", reads, columns }));
  }
  const { lakeFolder } = fixture;
  const lake = new Lake({ storage: new LocalStorage(lakeFolder), catalog: new Catalog(tables), timeZone: "UTC" });
  const rows = Array.from({ length: 200 }, (_, i) => [
    String(i),
    "2024-01-01",
    `${i}.50`,
    ...Array.from({ length: 12 }, (_, k) => `v${i % (k + 2)}`),
  ]);
  const [first, ...others] = tables;
  if (first === undefined) return;
  for (let i = 0; i < 3; i++) await lake.write(first, scan({ kind: "values", rows }, first.schema.fields, lake));
  const folder = (table: AnyTable): string => join(lakeFolder, table.name.replace(".", "/"));
  for (const table of others) cpSync(folder(first), folder(table), { recursive: true });
  for (let i = 0; i < RUNS; i++) {
    const steps = Array.from({ length: 20 }, (_, k) => ({
      ...step(tables[(i * 7 + k) % TABLES]?.name ?? ""),
      notebook: null,
    }));
    fixture.addRun(runId(i), "succeeded", steps);
  }
  sources = { ...fixture.sources, lake };
});
afterAll(() => fixture.remove());

function runId(number: number): string {
  return `20240101T${String(number).padStart(6, "0")}Z-0000aaaa`;
}

async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

test(`a report of ${TABLES} tables and ${RUNS} runs is quick, and its pages are small`, async () => {
  expect(await cpuSeconds(() => writeReport(sources))).toBeLessThan(CPU_SECONDS);
  const folder = reportFolder(fixture.lakeFolder);
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  expect(pages.length).toBeGreaterThan(TABLES + RUNS);
  expect(pages.filter((name) => statSync(join(folder, name)).size >= 1_000_000)).toEqual([]);
  expect(readFileSync(join(folder, "index.html"), "utf8")).toContain("500 of 500 built");
});

test("a large lake has a picture of its kinds of tables, and of those that need attention", async () => {
  const failed = "20240131T000000Z-0000ffff";
  const step400 = { ...step("gold.t400"), status: "failed", error: "no", notebook: null };
  fixture.addRun(failed, "failed", [step400]);
  expect(await cpuSeconds(() => updateReport(sources, failed))).toBeLessThan(1.5);
  const page = readFileSync(join(reportFolder(fixture.lakeFolder), "index.html"), "utf8");
  const [kinds = "", attention = ""] = page.match(/<figure class="picture".*?<\/figure>/gs) ?? [];
  expect(kinds).toMatch(/bronze\n150 tables.*silver\n200 tables.*gold\n150 tables, 90,000 rows\n1 last run failed/s);
  expect(attention.match(/href="tables\/[^"]*"/g)).toEqual(
    ["silver.t250", "silver.t251", "gold.t400"].map((name) => `href="tables/${name}.html"`),
  );
  expect(readFileSync(join(reportFolder(fixture.lakeFolder), "tables", "gold.t400.html"), "utf8")).toContain("<figure");
});

test("a run that found nothing to do costs the same in a large lake", async () => {
  const idle = "20240201T000000Z-0000aaaa";
  fixture.addRun(idle, "succeeded", []);
  expect(await cpuSeconds(() => updateReport(sources, idle))).toBeLessThan(0.5);
});
