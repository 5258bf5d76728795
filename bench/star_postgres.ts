import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from } from "pg-copy-streams";
import type { Lake } from "tslake";
import { warehouse } from "tslake/tables";
import { POSTGRES } from "../lib/warehouse/postgres/dialect.js";
import { PostgresWarehouse } from "../lib/warehouse/postgres/warehouse.js";
import { StarLoad } from "../lib/warehouse/star_load.js";
import { tablesOf } from "../lib/warehouse/star_tables.js";
import { clock, type TaskResult } from "./measure.js";
import { SUPERUSER, startCluster } from "./postgres_server.js";
import { addSales, goldFolder, openLake, withDatabase } from "./star.js";

/** Everything into an empty database: keys, dimensions, facts, checks, indexes. */
export function starPostgres(workdir: string, work: string): Promise<TaskResult> {
  return onServer(workdir, work, async (lake, address) => {
    const stop = clock();
    await load(lake, address);
    return stop();
  });
}

/** 10,000 more sales. */
export function starPostgresDaily(workdir: string, work: string, scale: number): Promise<TaskResult> {
  return onServer(workdir, work, async (lake, address, folder) => {
    await load(lake, address);
    await addSales(folder, work, scale);
    const stop = clock();
    await load(openLake(folder), address);
    return stop();
  });
}

/** The same rows from CSV files by COPY alone, into the same tables with the same keys. */
export function copyPostgres(workdir: string, work: string): Promise<TaskResult> {
  return onServer(workdir, work, async (_lake, address) => {
    const tables = tablesOf(warehouse.vendas);
    const file = (name: string): string => join(work, `${name}.csv`);
    await withDatabase(
      join(`${goldFolder(workdir)}-loaded`, "warehouse.duckdb"),
      { access_mode: "READ_ONLY" },
      async (run) => {
        for (const { name } of tables) await run(`COPY ${name} TO '${file(name)}' (FORMAT csv, HEADER false)`);
      },
    );
    const client = new pg.Client({ connectionString: address, ssl: false });
    await client.connect();
    const stop = clock();
    await client.query("BEGIN");
    for (const table of tables) {
      for (const sql of POSTGRES.createTable(table)) await client.query(sql);
      const copy = client.query(from(`COPY ${table.name} FROM STDIN WITH (FORMAT csv)`));
      await pipeline(fs.createReadStream(file(table.name), { highWaterMark: 1 << 18 }), copy);
    }
    for (const table of tables) for (const sql of POSTGRES.afterLoad(table)) await client.query(sql);
    await client.query("COMMIT");
    const lap = stop();
    await client.end();
    return lap;
  });
}

async function load(lake: Lake, address: string): Promise<void> {
  const star = new PostgresWarehouse(address, lake.engine);
  await (await StarLoad.begin(lake, warehouse.vendas, star)).commit();
  await star.close();
}

/** A lake of the sales, and a new database in a server of its own. */
async function onServer(
  workdir: string,
  work: string,
  run: (lake: Lake, address: string, folder: string) => Promise<TaskResult["lap"]>,
): Promise<TaskResult> {
  const folder = join(work, "lake");
  fs.mkdirSync(work, { recursive: true });
  execFileSync("cp", ["-al", goldFolder(workdir), folder]);
  const server = await startCluster();
  try {
    const address = `postgres://${SUPERUSER}@127.0.0.1:${server.port}/postgres?sslmode=disable`;
    const lap = await run(openLake(folder), address, folder);
    const [row = {}] = await server.admin(
      "SELECT count(*) AS n, sum(valor_com_desconto) AS v, sum(cliente_id) AS c, (SELECT count(*) FROM dim_cliente) AS d FROM fato_vendas",
    );
    return { lap, checksum: () => Promise.resolve(Object.values(row).join(":").replace(".", "")) };
  } finally {
    await server.stop();
  }
}
