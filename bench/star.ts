import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { Catalog, Lake, LocalStorage } from "tslake";
import { bronze, gold, silver, warehouse } from "tslake/tables";
import { createTable } from "../lib/delta/create_table.js";
import type { NewFile } from "../lib/delta/transaction.js";
import { DuckdbWarehouse } from "../lib/warehouse/duckdb/warehouse.js";
import { StarLoad } from "../lib/warehouse/star_load.js";
import { clock, type TaskResult } from "./measure.js";

/** Sales of the star; a customer has five. */
const SALES = 5_000_000;
const PER_CUSTOMER = 5;
const NEW_SALES = 10_000;

/** A lake whose gold sales are this many, in files of a million rows. */
async function prepareSales(workdir: string, scale: number): Promise<void> {
  const folder = goldFolder(workdir);
  if (fs.existsSync(folder)) return;
  const making = `${folder}.making`;
  fs.rmSync(making, { recursive: true, force: true });
  const rows = Math.round(SALES * scale);
  await writeSales(join(making, "gold", "vendas"), 0, rows, rows);
  await commitFiles(making, fs.readdirSync(join(making, "gold", "vendas")));
  fs.renameSync(making, folder);
}

/** The same with its star loaded. */
export async function prepareStar(workdir: string, scale: number): Promise<void> {
  const folder = `${goldFolder(workdir)}-loaded`;
  if (fs.existsSync(folder)) return;
  await prepareSales(workdir, scale);
  const making = `${folder}.making`;
  fs.rmSync(making, { recursive: true, force: true });
  execFileSync("cp", ["-al", goldFolder(workdir), making]);
  await load(making);
  fs.renameSync(making, folder);
}

/** Everything into a new file: keys, dimensions, facts, checks. */
export async function starDuckdb(workdir: string, work: string): Promise<TaskResult> {
  const folder = join(work, "lake");
  fs.mkdirSync(work, { recursive: true });
  execFileSync("cp", ["-al", goldFolder(workdir), folder]);
  const stop = clock();
  await load(folder);
  return { lap: stop(), checksum: () => checksum(join(folder, "warehouse.duckdb")) };
}

/** The same rows from Parquet files by DuckDB alone. */
export async function bulkLoad(workdir: string, work: string): Promise<TaskResult> {
  const tables = ["fato_vendas", ...warehouse.vendas.dimensions.map(({ name }) => name)];
  const loaded = join(`${goldFolder(workdir)}-loaded`, "warehouse.duckdb");
  const parquet = join(work, "parquet");
  fs.mkdirSync(parquet, { recursive: true });
  await withDatabase(loaded, { access_mode: "READ_ONLY" }, async (run) => {
    for (const table of tables)
      await run(`COPY ${table} TO '${join(parquet, `${table}.parquet`)}' (FORMAT parquet, COMPRESSION uncompressed)`);
  });
  const file = join(work, "warehouse.duckdb");
  const stop = clock();
  await withDatabase(file, {}, async (run) => {
    for (const table of tables)
      await run(`CREATE TABLE ${table} AS SELECT * FROM read_parquet('${join(parquet, `${table}.parquet`)}')`);
  });
  return { lap: stop(), checksum: () => checksum(file) };
}

/** 10,000 more sales, most of known customers, one in ten late. */
export async function starDaily(workdir: string, work: string, scale: number): Promise<TaskResult> {
  const folder = join(work, "lake");
  fs.mkdirSync(work, { recursive: true });
  execFileSync("cp", ["-al", `${goldFolder(workdir)}-loaded`, folder]);
  await addSales(folder, work, scale);
  const stop = clock();
  await load(folder);
  return { lap: stop(), checksum: () => checksum(join(folder, "warehouse.duckdb")) };
}

/** 10,000 more sales in the lake in a folder. */
export async function addSales(folder: string, work: string, scale: number): Promise<void> {
  const rows = Math.round(SALES * scale);
  const added = join(work, "added");
  await writeSales(added, rows, rows + NEW_SALES, rows);
  const [name = ""] = fs.readdirSync(added);
  fs.renameSync(join(added, name), join(folder, "gold", "vendas", name));
  const lake = openLake(folder);
  const snapshot = await lake.snapshot(gold.vendas.name);
  const transaction = snapshot?.transaction({ operation: "WRITE" });
  transaction?.addFile(addOf(join(folder, "gold", "vendas"), name, NEW_SALES));
  await transaction?.commit();
}

async function load(folder: string): Promise<void> {
  const lake = openLake(folder);
  const star = new DuckdbWarehouse(join(folder, "warehouse.duckdb"), lake.engine);
  await (await StarLoad.begin(lake, warehouse.vendas, star)).commit();
}

export function openLake(folder: string): Lake {
  const tables = [bronze, silver, gold].flatMap((layer) => Object.values(layer));
  const catalog = new Catalog(tables, [warehouse.vendas]);
  return new Lake({ storage: new LocalStorage(folder), catalog, timeZone: "UTC" });
}

export function goldFolder(workdir: string): string {
  return join(workdir, "star");
}

/** Sales from one number to another, as Parquet files of up to a million. One customer in twenty changes the telephone once. */
async function writeSales(folder: string, from: number, to: number, all: number): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  const customers = Math.max(1, Math.round(all / PER_CUSTOMER));
  for (let first = from; first < to; first += 1_000_000) {
    const end = Math.min(to, first + 1_000_000);
    const file = join(folder, `part-${String(first).padStart(8, "0")}.parquet`);
    await withDatabase(":memory:", {}, (run) =>
      run(`COPY (${salesSql(first, end, customers)}) TO '${file}' (FORMAT parquet)`),
    );
  }
}

function salesSql(first: number, end: number, customers: number): string {
  const pick = (salt: number, among: number): string => `CAST(hash(i * 31 + ${salt}) % ${among} AS BIGINT)`;
  return `SELECT
  TIMESTAMP '2021-01-01' + to_seconds(CAST(hash(i * 31 + 9) % 94608000 AS BIGINT)) AS timestamp_do_registro,
  (['Madrugada', 'Manhã', 'Tarde', 'Noite'])[1 + i % 4] AS turno_compra,
  'Cliente ' || c AS nome_completo,
  'cliente' || c || '@exemplo' || c % 50 || '.com.br' AS email,
  'exemplo' || c % 50 || '.com.br' AS dominio_email,
  '(11) 9' || c + CASE WHEN c % 20 = 0 AND i % 2 = 0 THEN 1 ELSE 0 END AS telefone,
  'Produto ' || ${pick(1, 300)} AS produto_adquirido,
  CAST(${pick(2, 1_000_000)} / 100 AS DECIMAL(18,2)) AS valor_da_compra,
  CAST(i % 16 / 100 AS DECIMAL(9,6)) AS desconto_oferecido,
  CAST(${pick(2, 1_000_000)} / 100 * 0.9 AS DECIMAL(18,2)) AS valor_com_desconto,
  'Canal ' || ${pick(3, 8)} AS canal,
  'Plataforma ' || ${pick(4, 12)} AS plataforma_de_interacao,
  'Campanha ' || ${pick(5, 40)} AS campanha_de_marketing,
  'Vendedor ' || ${pick(6, 500)} AS vendedor,
  'CODIGO' || i % 16 AS codigo_de_desconto_usado,
  '20231231_000000_registros_' || i // 100000 AS arquivo_de_origem,
  CAST(2021 + i % 3 AS INTEGER) AS ano,
  '20231231_000000_registros_' || i // 100000 || '.csv:' || i % 100000 + 2 AS venda_id
FROM (SELECT i, ${pick(7, customers)} AS c FROM range(${first}, ${end}) AS numbers(i)) AS sales`;
}

async function commitFiles(lakeFolder: string, names: readonly string[]): Promise<void> {
  const storage = openLake(lakeFolder).tableStorage(gold.vendas.name);
  const transaction = await createTable(storage, { schema: gold.vendas.schema }, { operation: "CONVERT" });
  for (const name of names) transaction.addFile(addOf(join(lakeFolder, "gold", "vendas"), name, undefined));
  await transaction.commit();
}

function addOf(folder: string, name: string, rows: number | undefined): NewFile {
  return {
    path: name,
    partitionValues: {},
    size: fs.statSync(join(folder, name)).size,
    ...(rows === undefined ? {} : { stats: JSON.stringify({ numRecords: rows }) }),
  };
}

/** Facts, cents, customers' versions, sum of their keys in the facts. */
async function checksum(file: string): Promise<string> {
  let result = "";
  await withDatabase(file, { access_mode: "READ_ONLY" }, async (run) => {
    const sql =
      "SELECT count(*), sum(valor_com_desconto), sum(cliente_id), (SELECT count(*) FROM dim_cliente) FROM fato_vendas";
    result = (await run(sql))[0]?.map(String).join(":").replace(".", "") ?? "";
  });
  return result;
}

type Run = (sql: string) => Promise<readonly (readonly unknown[])[]>;

export async function withDatabase(
  path: string,
  options: Readonly<Record<string, string>>,
  work: (run: Run) => Promise<unknown>,
): Promise<void> {
  const instance = await DuckDBInstance.create(path, options);
  const connection = await instance.connect();
  await work(async (sql) => (await connection.runAndReadAll(sql)).getRows());
  connection.closeSync();
  instance.closeSync();
}
