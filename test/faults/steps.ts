import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { history } from "../../lib/delta/history.js";
import type { Lake } from "../../lib/lake/lake.js";
import type { Storage } from "../../lib/storage/storage.js";
import { csv, extra, item, jan, purchase } from "../oracle/feed.js";
import { SALES_HEADER } from "../oracle/vendas.js";
import { LakeInProcess } from "../support/lake_in_process.js";

/** A file that lands for a source. */
export interface Arrival {
  readonly source: string;
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** What lands before a run, and the run's day. */
export interface Delivery {
  readonly date: string;
  readonly files: readonly Arrival[];
}

/** A subject area: the steps that build it, in order, and two runs' worth of files. */
export interface Area {
  readonly steps: readonly string[];
  readonly first: Delivery;
  readonly second: Delivery;
}

const sale = (name: string, value: string, discount = "", seller = ""): string =>
  `2014-05-01 08:10:00,${name},Lima,${name}@x.br,1,Mesa,${value},Loja,Site,Natal,${seller},${discount},`;
const sales = (name: string, ...lines: readonly string[]): Arrival => ({
  source: "vendas",
  name,
  content: `${SALES_HEADER.join(",")}\n${lines.join("\n")}\n`,
});

export const SALES: Area = {
  steps: ["bronze.vendas", "silver.vendas", "gold.vendas"],
  first: {
    date: jan(5),
    files: [
      sales(
        "registros_a.csv",
        sale("Ana", "1.00"),
        sale("Ana", "1.00"),
        sale("Bia", "2.50", "11%"),
        sale("Caio", "-3"),
      ),
      sales("registros_b.csv", sale("Ana", "1.00"), sale("Davi", "7", "", "Rui"), "2014-05-01 08:10:00,broken"),
    ],
  },
  second: {
    date: jan(6),
    files: [
      sales("registros_b.csv", sale("Davi", "7", "", "Rui"), sale("Eva", "8"), sale("Eva", "um")),
      sales("registros_c.csv", sale("Ana", "1.00"), sale("Caio", "-3"), sale("Ivo", "9", "150%")),
    ],
  },
};

const event = (file: ReturnType<typeof csv>, name: string): Arrival => ({
  source: file.table,
  name,
  content: file.content,
});

export const EVENTS: Area = {
  steps: [
    "bronze.purchase",
    "bronze.product_item",
    "bronze.purchase_extra_info",
    "silver.purchase",
    "silver.product_item",
    "silver.purchase_extra_info",
    "gold.gvm",
  ],
  first: {
    date: jan(5),
    files: [
      event(
        csv("purchase", purchase(2, "1"), purchase(3, "2", { released: false }), purchase(5, "3"), purchase(7, "4")),
        "p1.csv",
      ),
      event(
        csv(
          "product_item",
          item(2, "1", "70", "10.00"),
          item(4, "2", "70", "20.00"),
          item(5, "3", "71", "5.50"),
          item(2, "9", "x", "1"),
        ),
        "i1.csv",
      ),
      event(csv("purchase_extra_info", extra(3, "1", "nacional"), extra(3, "1", "nacional")), "e1.csv"),
    ],
  },
  second: {
    date: jan(8),
    files: [
      event(
        csv("purchase", purchase(4, "2", { order: 3 }), purchase(6, "1", { released: false }), purchase(2, "1")),
        "p2.csv",
      ),
      event(
        csv("product_item", item(3, "1", "70", "12.00", 9), item(7, "4", "70", "30.00"), item(9, "3", "71", "6.00")),
        "i2.csv",
      ),
      event(csv("purchase_extra_info", extra(4, "2", "internacional"), extra(8, "4", "nacional")), "e2.csv"),
    ],
  },
};

/** Puts files into a landing zone. */
export function land(landing: string, files: readonly Arrival[]): void {
  const workspace = new LakeInProcess(dirname(landing));
  for (const { source, name, content } of files) workspace.land(source, name, content);
}

/** Runs steps as the pipeline does, in this process, with a lake of its own. */
export async function runSteps(
  folder: string,
  steps: readonly string[],
  date: string,
  wrap: (storage: Storage) => Storage = (storage) => storage,
): Promise<void> {
  const workspace = new LakeInProcess(folder, wrap);
  for (const step of steps) {
    Object.assign(process.env, { TSLAKE_RUN_ID: "test", TSLAKE_STEP: step, TSLAKE_CODE_HASH: "code" });
    try {
      await workspace.run([step], { date });
    } finally {
      for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP", "TSLAKE_CODE_HASH"]) delete process.env[name];
    }
  }
}

const scratch: string[] = [];

/** A new folder, removed by `removeFolders`. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tslake-faults-"));
  scratch.push(folder);
  return folder;
}

/** A copy of a lake with its landing zone. */
export function copyOf(folder: string): string {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

export function removeFolders(): void {
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** The rows of all tables of a lake, without what the clock decides: moments of arrival, and what archived names have before and behind them. */
export async function contentsOf(lake: Lake): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const name of await storedTables(lake)) {
    const rows = await (await lake.readStored(name)).collect();
    found[name] = rows.map((row) => JSON.stringify(timeless(row))).sort();
  }
  return found;
}

/** Names of the stored tables but for the record of runs. */
async function storedTables(lake: Lake): Promise<readonly string[]> {
  const objects = await lake.storage.list("");
  const names = objects.flatMap(({ path }) => {
    const [, layer, name] = /^(bronze|silver|gold)\/([^/]+)\/_delta_log\//.exec(path) ?? [];
    return name === undefined ? [] : [`${layer}.${name}`];
  });
  return [...new Set(names)];
}

/** Sums of what the commits of a table have counted. */
export async function countsOf(lake: Lake, table: string): Promise<Readonly<Record<string, number>>> {
  const sums: Record<string, number> = {};
  for (const { operationMetrics } of await history(lake.tableStorage(table))) {
    for (const [name, value] of Object.entries(operationMetrics ?? {})) sums[name] = (sums[name] ?? 0) + Number(value);
  }
  return sums;
}

function timeless(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { _ingested_at: _, ...rest } = row;
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      typeof value === "bigint" ? String(value) : withoutMoment(name, value),
    ]),
  );
}

function withoutMoment(name: string, value: unknown): unknown {
  const named = ["_file", "venda_id", "arquivo_de_origem"].includes(name);
  return named && typeof value === "string" ? value.replace(/^\d{8}_\d{6}_/, "").replace(/_\d+(?=\.csv|$)/, "") : value;
}
