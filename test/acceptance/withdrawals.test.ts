import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyTable } from "../../lib/contract/define_table.js";
import { UsageError } from "../../lib/errors.js";
import { consumedOf } from "../../lib/lake/consumed.js";
import { newRows } from "../../lib/lake/new_rows.js";
import { withdraw } from "../../lib/quality/withdraw.js";
import { bronze, gold, silver } from "../../lib/tables/index.js";
import { SALES_HEADER } from "../oracle/vendas.js";
import { LakeInProcess } from "../support/lake_in_process.js";

const RUNS = Number(process.env["TSLAKE_PROPERTY_RUNS"] ?? 12);
const STEPS = ["bronze.vendas", "silver.vendas", "gold.vendas"];
const TABLES = { source: bronze.vendas, silver: silver.vendas, gold: [gold.vendas] };

interface Withdrawal {
  readonly what: "withdraw file" | "withdraw sale";
  readonly nth: number;
}

type Step =
  | Withdrawal
  | { readonly what: "send"; readonly sales: readonly number[] }
  | { readonly what: "take files" | "run" | "rebuild" };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        what: fc.constant("send" as const),
        sales: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ what: fc.constant("withdraw file" as const), nth: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("withdraw sale" as const), nth: fc.nat(9) }) },
    {
      weight: 3,
      arbitrary: fc.record({ what: fc.constantFrom("take files" as const, "run" as const, "rebuild" as const) }),
    },
  ),
  { minLength: 3, maxLength: 12 },
);

describe("withdrawals", () => {
  test("leave what a naive calculation leaves, and what a rebuild makes", async () => {
    await fc.assert(
      fc.asyncProperty(steps, (history) => play(history)),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 600_000);

  test("of both files that hold a sale take it away, in either order", async () => {
    for (const nth of [0, 1]) {
      await play([
        { what: "send", sales: [3] },
        { what: "send", sales: [3, 4] },
        { what: "run" },
        { what: "withdraw file", nth },
        { what: "withdraw file", nth: 1 - nth },
        { what: "run" },
        { what: "rebuild" },
      ]);
    }
  });

  test("reach a sale that came again after its files were withdrawn", async () => {
    await play([
      { what: "send", sales: [1, 2, 3] },
      { what: "send", sales: [3, 4] },
      { what: "run" },
      { what: "withdraw file", nth: 0 },
      { what: "withdraw file", nth: 1 },
      { what: "send", sales: [1, 5] },
      { what: "run" },
      { what: "rebuild" },
      { what: "withdraw file", nth: 2 },
      { what: "rebuild" },
    ]);
  });

  test("do not hide from gold what silver has gained since", async () => {
    const workspace = new LakeInProcess();
    try {
      workspace.land("vendas", "registros_a.csv", csv([1]));
      await workspace.run(STEPS);
      workspace.land("vendas", "registros_b.csv", csv([1, 2]));
      await workspace.run(["bronze.vendas", "silver.vendas"]);
      workspace.land("vendas", "registros_c.csv", csv([3, 2]));
      await workspace.run(["bronze.vendas"]);
      const last = (await occurrences(workspace)).at(-1)?.file ?? "";
      await withdraw(workspace.lake, TABLES, last);
      await workspace.run(["silver.vendas", "gold.vendas"]);
      expect(await stored(workspace, gold.vendas)).toHaveLength(2);
    } finally {
      workspace.remove();
    }
  });

  test("leave gold in step with silver, but not where silver was put back and has grown again", async () => {
    for (const isPutBack of [false, true]) {
      const workspace = new LakeInProcess();
      try {
        const silverFolder = join(workspace.folder, "lake", "silver", "vendas");
        workspace.land("vendas", "registros_a.csv", csv([1, 2]));
        await workspace.run(["bronze.vendas", "silver.vendas"]);
        cpSync(silverFolder, join(workspace.folder, "copy"), { recursive: true });
        workspace.land("vendas", "registros_b.csv", csv([3]));
        await workspace.run(STEPS);
        if (isPutBack) {
          rmSync(silverFolder, { recursive: true });
          cpSync(join(workspace.folder, "copy"), silverFolder, { recursive: true });
          workspace.land("vendas", "registros_c.csv", csv([4]));
          await workspace.run(["bronze.vendas", "silver.vendas"]);
        }
        await withdraw(workspace.lake, TABLES, (await saleId(workspace, "1.00")) ?? "");
        const next = await newRows(workspace.lake, gold.vendas, silver.vendas);
        expect([next.rebuild, await next.rows.count()]).toEqual(isPutBack ? [true, 3] : [false, 0]);
        const target = await workspace.lake.snapshot(gold.vendas.name);
        const marked = target && (await consumedOf(target, [silver.vendas.name])).get(silver.vendas.name);
        if (!isPutBack) expect(marked?.commit).toBeDefined();
      } finally {
        workspace.remove();
      }
    }
  });

  test("of a file by its name without extension leave a zipped one of the same name and second", async () => {
    const workspace = new LakeInProcess();
    try {
      workspace.land("vendas", "registros_a.csv", csv([1]));
      workspace.land("vendas", "registros_a.csv.gz", gzipSync(csv([2])));
      await workspace.run(STEPS);
      const [origin] = (await stored(workspace, gold.vendas)).map((sale) => sale.split(" ").at(-1) ?? "");
      await withdraw(workspace.lake, TABLES, origin ?? "");
      expect(await stored(workspace, gold.vendas)).toEqual([expect.stringMatching(/^2\.00 /)]);
    } finally {
      workspace.remove();
    }
  });

  test("by a name that two files have without their extensions are refused", async () => {
    const workspace = new LakeInProcess();
    try {
      const names = ["20240105_081500_registros_a.csv", "20240105_081500_registros_a.csv.gz"];
      const row = { timestamp_do_registro: "2014-05-01 08:10:00", valor_da_compra: "1.00", email: "ana@x.br" };
      const at = { _row: "2", _ingested_at: "2024-01-05 08:15:00Z" };
      await workspace.fill(
        bronze.vendas,
        names.map((name) => ({ ...row, ...at, nome: name, _file: name })),
      );
      await workspace.run(["silver.vendas", "gold.vendas"]);
      await expect(withdraw(workspace.lake, TABLES, "20240105_081500_registros_a")).rejects.toThrow(
        expect.objectContaining({ actual: names.join(", "), remedy: "name one of them with its extension" }),
      );
      await withdraw(workspace.lake, TABLES, names[0] ?? "");
      expect(await stored(workspace, gold.vendas)).toHaveLength(1);
    } finally {
      workspace.remove();
    }
  });

  test("of a file outlive the same file, and end with a changed one", async () => {
    const workspace = new LakeInProcess();
    try {
      workspace.land("vendas", "registros_a.csv", csv([1]));
      await workspace.run(STEPS);
      await withdraw(workspace.lake, TABLES, (await occurrences(workspace))[0]?.file ?? "");
      workspace.land("vendas", "registros_a.csv", csv([1]));
      await workspace.run(STEPS);
      expect(await stored(workspace, gold.vendas)).toEqual([]);
      workspace.land("vendas", "registros_a.csv", `${csv([1])}\n`);
      await workspace.run(STEPS);
      expect(await stored(workspace, gold.vendas)).toHaveLength(1);
    } finally {
      workspace.remove();
    }
  });

  test("of a single sale reach its repetitions, until it is sent again", async () => {
    await play([
      { what: "send", sales: [1, 1, 2] },
      { what: "send", sales: [1] },
      { what: "run" },
      { what: "withdraw sale", nth: 0 },
      { what: "rebuild" },
      { what: "send", sales: [1, 2, 1] },
      { what: "run" },
      { what: "rebuild" },
    ]);
  });
});

/** One line of a file that was taken. */
interface Occurrence {
  readonly place: string;
  readonly file: string;
  readonly sale: string;
}

/** Goes through a history; whenever all files taken have reached the tables, these hold what the model says. */
async function play(history: readonly Step[]): Promise<void> {
  const workspace = new LakeInProcess();
  const gone = new Set<string>();
  try {
    await workspace.run(STEPS);
    let behind = false;
    for (const [at, step] of history.entries()) {
      if (step.what === "send") {
        workspace.land("vendas", `registros_${String(at).padStart(2, "0")}.csv`, csv(step.sales));
        continue;
      }
      if ("nth" in step) for (const name of await withdrawNth(workspace, step, gone)) gone.add(name);
      else if (step.what === "rebuild") await rebuild(workspace, at);
      else await workspace.run(step.what === "run" ? STEPS : ["bronze.vendas"]);
      behind = step.what === "take files" || (behind && !["run", "rebuild"].includes(step.what));
      if (behind) continue;
      const expected = salesOf(await occurrences(workspace), gone);
      expect(await stored(workspace, silver.vendas), `silver after step ${at}`).toEqual(expected);
      expect(await stored(workspace, gold.vendas), `gold after step ${at}`).toEqual(expected);
    }
  } finally {
    workspace.remove();
  }
}

/** Each sale once, by its first occurrence that counts. */
function salesOf(occurrences: readonly Occurrence[], gone: ReadonlySet<string>): readonly string[] {
  const sales = new Map<string, string>();
  for (const { place, file, sale } of occurrences) {
    if (!gone.has(place) && !sales.has(sale)) sales.set(sale, `${sale} ${place} ${file.replace(".csv", "")}`);
  }
  return [...sales.values()].sort();
}

/** Withdraws the file, or the sale, of this number; answers the file and the places that count no more. */
async function withdrawNth(workspace: LakeInProcess, { what, nth }: Withdrawal, gone: ReadonlySet<string>) {
  const all = await occurrences(workspace);
  const key = what === "withdraw file" ? "file" : "sale";
  const names = [...new Set(all.map((occurrence) => occurrence[key]))].sort();
  const name = names[nth % Math.max(names.length, 1)];
  const target = key === "file" ? name : await saleId(workspace, name);
  if (target === undefined) return [];
  const done = withdraw(workspace.lake, TABLES, target);
  if (gone.has(target)) await expect(done).rejects.toThrow(UsageError);
  else await done;
  const places = all.filter((occurrence) => occurrence[key] === name).map(({ place }) => place);
  return key === "file" ? [target, ...places] : places;
}

async function saleId({ lake }: LakeInProcess, sale: string | undefined): Promise<string | undefined> {
  const sales = await lake.read(silver.vendas).collect();
  return sales.find((row) => row.valor_da_compra === sale)?.venda_id ?? undefined;
}

/** By arrival, then file name, then line. */
async function occurrences({ lake }: LakeInProcess): Promise<readonly Occurrence[]> {
  const rows = await lake
    .read(bronze.vendas)
    .orderBy((t) => [t._ingested_at, t._file, t._row])
    .collect();
  return rows.map((row) => ({
    place: `${row._file}:${row._row}`,
    file: String(row._file),
    sale: String(row.valor_da_compra),
  }));
}

async function stored({ lake }: LakeInProcess, table: AnyTable): Promise<readonly string[]> {
  const rows = await lake.read(table).collect();
  return rows.map((row) => `${row["valor_da_compra"]} ${row["venda_id"]} ${row["arquivo_de_origem"]}`).sort();
}

/** Makes silver and gold anew. */
async function rebuild(workspace: LakeInProcess, at: number): Promise<void> {
  await workspace.run(["bronze.vendas"]);
  process.env["TSLAKE_RUN_ID"] = "rebuild";
  try {
    for (const name of ["silver.vendas", "gold.vendas"]) {
      Object.assign(process.env, { TSLAKE_STEP: name, TSLAKE_CODE_HASH: `other ${at}` });
      await workspace.run([name]);
    }
  } finally {
    for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP", "TSLAKE_CODE_HASH"]) delete process.env[name];
  }
}

function csv(sales: readonly number[]): string {
  const line = (sale: number): string => `2014-05-01 08:10:00,Ana,Lima,ana@x.br,1,Mesa,${sale}.00,Loja,Site,Natal,,,\n`;
  return `${SALES_HEADER.join(",")}\n${sales.map(line).join("")}`;
}
