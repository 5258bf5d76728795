import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyTable } from "../../lib/contract/define_table.js";
import { withdraw } from "../../lib/quality/withdraw.js";
import type { Row, Shape } from "../../lib/relation/relation.js";
import { listen } from "../../lib/run.js";
import { bronze, gold, silver } from "../../lib/tables/index.js";
import type { LandedFile } from "../oracle/landing.js";
import { salesOracle } from "../oracle/vendas.js";
import { LakeInProcess } from "../support/lake_in_process.js";
import { salesHistories } from "../support/sales.js";

const RUNS = Number(process.env["TSLAKE_PROPERTY_RUNS"] ?? 12);
const STEPS = ["bronze.vendas", "silver.vendas", "gold.vendas"];

describe("the sales tables equal a naive calculation", () => {
  test("for random histories of files", async () => {
    await fc.assert(
      fc.asyncProperty(salesHistories(), async (runs) => compare(runs)),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 600_000);

  test("for the samples, and a second run adds nothing", async () => {
    const folder = "samples/landing/vendas";
    const files = readdirSync(folder).map((name) => ({ name, content: readFileSync(join(folder, name)) }));
    await compare([files, []]);
  });
});

const header =
  "Timestamp do Registro,Nome,Sobrenome,Email,Telefone,Produto Adquirido,Valor da Compra,Canal,Plataforma de Interação,Campanha de Marketing,Vendedor,Desconto Oferecido,Código de Desconto Usado\n";
const sale = (value: string): string => `2014-05-01 08:10:00,Ana,Lima,ana@x.br,1,Mesa,${value},Loja,Site,Natal,,,\n`;

describe("a bronze table that was deleted and built again", () => {
  test("makes silver and gold anew; what was withdrawn under names that are not there any more is told", async () => {
    const workspace = new LakeInProcess();
    const messages: unknown[] = [];
    try {
      const first = header + sale("1.00") + sale("2.00");
      const second = header + sale("2.00") + sale("3.00");
      workspace.land("vendas", "registros_a.csv", first);
      workspace.land("vendas", "registros_b.csv", second);
      await workspace.run(STEPS);
      const rows = await workspace.lake.read(bronze.vendas).collect();
      const gone = String(rows.find(({ valor_da_compra }) => valor_da_compra === "3.00")?._file);
      await withdraw(workspace.lake, { source: bronze.vendas, silver: silver.vendas, gold: [gold.vendas] }, gone);
      rmSync(join(workspace.folder, "lake", "bronze"), { recursive: true });
      workspace.land("vendas", "registros_e.csv", second);
      await workspace.run(["bronze.vendas"]);
      workspace.land("vendas", "registros_c.csv", first);
      listen((metrics) => messages.push(metrics["messages"]));
      await workspace.run(STEPS);
      for (const table of [silver.vendas, gold.vendas]) {
        expect(await values(workspace, table)).toEqual(["1.00", "2.00", "3.00"]);
      }
      expect(messages.join("")).toContain(gone);
      messages.length = 0;
      workspace.land("vendas", "registros_d.csv", header + sale("1.00") + sale("4.00"));
      await workspace.run(STEPS);
      expect(await values(workspace, gold.vendas)).toEqual(["1.00", "2.00", "3.00", "4.00"]);
      expect(messages.join("")).toBe("");
    } finally {
      listen(() => undefined);
      workspace.remove();
    }
  });
});

describe("a withdrawal", () => {
  test("takes a file's sales away but those that another file holds, and no rebuild brings them back", async () => {
    const workspace = new LakeInProcess();
    try {
      workspace.land("vendas", "registros_a.csv", header + sale("1.00") + sale("2.00"));
      workspace.land("vendas", "registros_b.csv", header + sale("2.00") + sale("3.00"));
      await workspace.run(STEPS);
      const file = (await workspace.lake.read(silver.vendas).collect()).find(
        (row) => row.valor_da_compra === "1.00",
      )?.venda_id;
      const done = await withdraw(
        workspace.lake,
        { source: bronze.vendas, silver: silver.vendas, gold: [gold.vendas] },
        String(file).replace(/:\d+$/, ""),
      );
      expect(done.removed).toEqual({ "gold.vendas": 1, "silver.vendas": 1 });
      expect(await values(workspace, gold.vendas)).toEqual(["2.00", "3.00"]);
      await workspace.run(STEPS);
      expect(await values(workspace, gold.vendas)).toEqual(["2.00", "3.00"]);
      process.env["TSLAKE_RUN_ID"] = "rebuild";
      for (const name of ["silver.vendas", "gold.vendas"]) {
        Object.assign(process.env, { TSLAKE_STEP: name, TSLAKE_CODE_HASH: "another" });
        await workspace.run([name]);
        expect(await values(workspace, workspace.lake.catalog.table(name))).toEqual(["2.00", "3.00"]);
      }
    } finally {
      for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP", "TSLAKE_CODE_HASH"]) delete process.env[name];
      workspace.remove();
    }
  });
});

async function compare(runs: readonly (readonly LandedFile[])[]): Promise<void> {
  const expected = await salesOracle(runs);
  const workspace = new LakeInProcess();
  try {
    for (const run of runs) {
      for (const { name, content } of run) workspace.land("vendas", name, content);
      await workspace.run(STEPS);
    }
    await compareTable(workspace, silver.vendas, expected.silver);
    await compareTable(workspace, gold.vendas, expected.gold);
    const quarantined =
      expected.quarantined.length === 0
        ? 0
        : await (await workspace.lake.readStored("silver.vendas_quarantine")).count();
    expect(quarantined).toBe(expected.quarantined.length);
  } finally {
    workspace.remove();
  }
}

async function compareTable(workspace: LakeInProcess, table: AnyTable, expected: readonly object[]): Promise<void> {
  const columns = table.columnNames.filter((name) => name !== "venda_id" && name !== "arquivo_de_origem");
  const rows = (await workspace.lake.read(table).collect()) as readonly Row<Shape>[];
  const place = (row: Row<Shape>): string =>
    String(row["venda_id"])
      .replace(/^\d{8}_\d{6}_/, "")
      .replace(/(_\d+)?(\.csv(\.gz)?:)/, "$2");
  const found = rows.map((row) => [place(row), ...columns.map((name) => text(row[name]))]);
  const wanted = expected.map((row) => {
    const { file, line } = row as { readonly file: string; readonly line: number };
    return [
      `${file}:${line}`.replace(/(_\d+)?(\.csv(\.gz)?:)/, "$2"),
      ...columns.map((name) => text((row as Record<string, unknown>)[name])),
    ];
  });
  expect(sorted(found)).toEqual(sorted(wanted));
}

async function values(workspace: LakeInProcess, table: AnyTable): Promise<readonly string[]> {
  const rows = (await workspace.lake.read(table).collect()) as readonly Row<Shape>[];
  return rows.map((row) => String(row["valor_da_compra"])).sort();
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function sorted(rows: readonly (readonly (string | null)[])[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
