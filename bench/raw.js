#!/usr/bin/env node
/**
 * The benchmark's tasks in plain nodejs-polars and plain Parquet: no table format, no contract, no check. What the engine
 * below tslake can do by itself.
 *
 *     node bench/raw.js <task> --workdir DIR
 */

const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const pl = require("nodejs-polars");

const { col, lit, when } = pl;
const SALES_COLUMNS = [
  "timestamp_do_registro",
  "nome",
  "sobrenome",
  "email",
  "telefone",
  "produto_adquirido",
  "valor_da_compra",
  "canal",
  "plataforma_de_interacao",
  "campanha_de_marketing",
  "vendedor",
  "desconto_oferecido",
  "codigo_de_desconto_usado",
];

const TASKS = { startup_sample: () => sales("sales_seed"), sales: () => sales("sales"), gvm };

const { values, positionals } = parseArgs({ options: { workdir: { type: "string" } }, allowPositionals: true });
const [task = ""] = positionals;
const data = path.join(values.workdir ?? ".", "data");
const out = path.join(values.workdir ?? ".", "out", `raw-${task}-${process.pid}`);

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});

async function main() {
  const run = TASKS[task];
  if (run === undefined) throw new Error(`no task ${task}; one of ${Object.keys(TASKS).join(", ")}`);
  fs.mkdirSync(out, { recursive: true });
  try {
    const [start, cpuStart] = [performance.now(), cpuSeconds()];
    const checksum = await run();
    const [seconds, cpu, age] = [(performance.now() - start) / 1000, cpuSeconds() - cpuStart, processAge()];
    const whole = task === "startup_sample";
    const measured = {
      engine: "nodejs-polars",
      task,
      seconds: whole ? age : seconds,
      cpu_seconds: whole ? cpuSeconds() : cpu,
      process_seconds: age,
      process_cpu_seconds: cpuSeconds(),
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
      result_checksum: await checksum(),
    };
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
}

async function sales(folder) {
  const source = path.join(data, folder);
  const files = fs.readdirSync(source).map((name) => pl.scanCSV(path.join(source, name), { inferSchemaLength: 0 }));
  const headers = files[0].columns;
  const rows = pl
    .concat(files)
    .select(...headers.map((header, i) => col(header).alias(SALES_COLUMNS[i])))
    .unique({ maintainOrder: false });
  const silver = path.join(out, "silver.parquet");
  await write(
    rows
      .withColumns(
        col("timestamp_do_registro")
          .str.strptime(pl.Datetime("ms"), "%d/%m/%Y %H:%M:%S")
          .alias("timestamp_do_registro"),
        col("valor_da_compra").str.replaceAll(".", "", true).str.replace(",", "", true).cast(pl.Int64).alias("cents"),
        col("desconto_oferecido")
          .str.replace("%", "", true)
          .cast(pl.Int64)
          .fillNull(lit(0))
          .alias("desconto_oferecido"),
        col("codigo_de_desconto_usado").fillNull(lit("NÃO DISPONÍVEL")).alias("codigo_de_desconto_usado"),
        col("vendedor").fillNull(lit("NÃO INFORMADO")).alias("vendedor"),
      )
      .withColumns(
        fixed(col("cents"), 2).alias("valor_da_compra"),
        col("timestamp_do_registro").dt.year().cast(pl.Int32).alias("ano"),
      ),
    silver,
  );
  const hour = col("timestamp_do_registro").dt.hour();
  const gold = pl
    .scanParquet(silver)
    .withColumns(
      pl.concatString({ exprs: [capital("nome"), capital("sobrenome")], sep: " " }).alias("nome_completo"),
      col("email").str.extract("@(.*)$", 1).alias("dominio_email"),
      when(hour.lt(6))
        .then(lit("Madrugada"))
        .when(hour.lt(12))
        .then(lit("Manhã"))
        .when(hour.lt(18))
        .then(lit("Tarde"))
        .otherwise(lit("Noite"))
        .alias("turno"),
      fixed(col("cents").multiplyBy(lit(100).minus(col("desconto_oferecido"))), 4).alias("valor_com_desconto"),
    )
    .drop("nome", "sobrenome", "cents");
  const years = (await pl.scanParquet(silver).select(col("ano").unique()).collect()).getColumn("ano").toArray();
  for (const year of years) {
    const folderOfYear = path.join(out, "gold", `ano=${year}`);
    fs.mkdirSync(folderOfYear, { recursive: true });
    await write(gold.filter(col("ano").eq(year)), path.join(folderOfYear, "part.parquet"));
  }
  return async () => {
    const totals = pl
      .scanParquet(path.join(out, "gold", "*", "*.parquet"))
      .select(
        rowCount(),
        unscaledSum("valor_da_compra", 100),
        unscaledSum("valor_com_desconto", 10_000),
        col("turno").eq(lit("Noite")).cast(pl.Int64).sum().alias("noite"),
        col("nome_completo").str.encode("hex").str.lengths().cast(pl.Int64).sum().div(2).cast(pl.Int64).alias("bytes"),
        col("ano").cast(pl.Int64).sum().alias("anos"),
      );
    return (await totals.collect()).row(0).join(":");
  };
}

async function gvm() {
  const result = path.join(out, "gvm.parquet");
  const totals = lastOf("purchase", "order_date", "release_date")
    .filter(col("release_date").isNotNull())
    .join(lastOf("product_item", "purchase_value"), { on: "purchase_id", how: "inner" })
    .join(lastOf("purchase_extra_info", "subsidiary"), { on: "purchase_id", how: "left" })
    .withColumn(col("subsidiary").fillNull(lit("NAO_INFORMADO")).alias("subsidiary"))
    .groupBy(["order_date", "subsidiary"])
    .agg(col("purchase_value").sum().alias("gmv"), pl.len().alias("purchases"));
  await write(totals, result);
  return async () => {
    const days = col("order_date").nUnique().cast(pl.Int64).alias("days");
    return (await pl.scanParquet(result).select(rowCount(), unscaledSum("gmv", 100), days).collect()).row(0).join(":");
  };
}

/** The last state of each purchase that an event table knows. */
function lastOf(table, ...columns) {
  return pl
    .scanParquet(path.join(data, "events", `${table}.parquet`))
    .select("purchase_id", "transaction_datetime", ...columns)
    .sort("transaction_datetime")
    .unique({ subset: ["purchase_id"], keep: "last", maintainOrder: false })
    .drop("transaction_datetime");
}

function write(rows, file) {
  return rows.sinkParquet(file, { compression: "snappy", maintainOrder: false }).collect({ streaming: true });
}

/** Whole numbers as a decimal with so many places. */
function fixed(numbers, scale) {
  const exact = numbers.cast(pl.Decimal(20, scale));
  return exact.div(lit(10 ** scale).cast(pl.Decimal(scale + 3, 0))).cast(pl.Decimal(18, scale));
}

function capital(name) {
  const letters = col(name).str;
  return pl.concatString({
    exprs: [letters.slice(0, 1).str.toUpperCase(), letters.slice(1).str.toLowerCase()],
    sep: "",
  });
}

function rowCount() {
  return pl.len().cast(pl.Int64).alias("rows");
}

function unscaledSum(name, scale) {
  return col(name).cast(pl.Float64).mul(scale).round(0).cast(pl.Int64).sum();
}

/** Seconds since the kernel started this process. */
function processAge() {
  try {
    const stat = fs.readFileSync("/proc/self/stat", "utf8");
    const start = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]) / 100;
    return Number(fs.readFileSync("/proc/uptime", "utf8").split(" ")[0]) - start;
  } catch {
    return process.uptime();
  }
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
