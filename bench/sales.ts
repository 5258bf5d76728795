import fs from "node:fs";
import { join } from "node:path";
import { arrivals, concatWith, countRows, examine, ingest, lake, lit, originals, when, writeChecked } from "tslake";
import { bronze } from "tslake/tables";
import { clock, type TaskResult } from "./measure.js";
import { goldSales, silverSales } from "./sales_tables.js";

/**
 * CSV files to bronze, silver and gold, as the shipped notebooks do it: each file once, ragged rows found, identical rows
 * counted once, values read by the contract, broken rows quarantined, every row accounted for.
 * @param source folder with the CSV files; they stay there
 */
export async function sales(source: string, work: string): Promise<TaskResult> {
  land(source, join(work, "landing", "vendas"));
  process.env["TSLAKE_LANDING"] = join(work, "landing");
  process.env["TSLAKE_LAKE"] = join(work, "lake");
  const stop = clock();
  const { totals } = await ingest(bronze.vendas);
  if (totals.rejected + totals.skipped > 0) throw new Error("a file of the benchmark was not taken");
  await buildSilver();
  await buildGold();
  return { lap: stop(), checksum };
}

async function buildSilver(): Promise<void> {
  const arrived = await arrivals(lake, silverSales, bronze.vendas);
  const { unique, duplicates } = await originals(lake, silverSales, arrived);
  const { accepted, faulty } = examine(unique, silverSales);
  const rows = accepted.extend((t) => ({ ano: t.timestamp_do_registro.year() })).select(silverSales.columnNames);
  await writeChecked(lake, silverSales, rows, faulty, { read: await arrived.rows.count(), duplicates }, arrived);
}

async function buildGold(): Promise<void> {
  const rows = lake
    .read(silverSales)
    .extend((t) => ({
      turno: when(t.timestamp_do_registro.hour().lt(6), "Madrugada")
        .when(t.timestamp_do_registro.hour().lt(12), "Manhã")
        .when(t.timestamp_do_registro.hour().lt(18), "Tarde")
        .otherwise("Noite"),
      nome_completo: concatWith(" ", t.nome, t.sobrenome).titleCase(),
      dominio_email: t.email.splitPart("@", 2),
      valor_com_desconto: t.valor_da_compra.times(lit(1).minus(t.desconto_oferecido)).round(4).cast("decimal(18,4)"),
    }))
    .select(goldSales.columnNames);
  await lake.write(goldSales, rows);
}

/** Rows, cents before and ten-thousandths after discount, night sales, bytes of all names, sum of the years. */
async function checksum(): Promise<string> {
  const rows = lake.read(goldSales);
  const [totals] = await rows
    .groupBy()
    .aggregate((t) => ({
      rows: countRows(),
      before: t.valor_da_compra.sum(),
      after: t.valor_com_desconto.sum(),
      night: when(t.turno.eq("Noite"), 1n).otherwise(0n).sum(),
      years: t.ano.sum(),
    }))
    .collect();
  const names = await rows
    .groupBy("nome_completo")
    .aggregate(() => ({ rows: countRows() }))
    .collect();
  const bytes = names.reduce((sum, row) => sum + Buffer.byteLength(String(row.nome_completo)) * Number(row.rows), 0);
  const unscaled = (decimal: unknown): string => String(decimal).replace(".", "");
  return [totals?.rows, unscaled(totals?.before), unscaled(totals?.after), totals?.night, bytes, totals?.years].join(
    ":",
  );
}

function land(source: string, landing: string): void {
  fs.mkdirSync(landing, { recursive: true });
  for (const name of fs.readdirSync(source)) fs.linkSync(join(source, name), join(landing, name));
}
