import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { warehouse as stars } from "../../lib/tables/index.js";
import { PostgresWarehouse } from "../../lib/warehouse/postgres/warehouse.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { ChildScript, ended } from "../support/child_script.js";
import { describeWith } from "../support/partners.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { GoldLake, type Sale } from "./gold_lake.js";
import { contentOf } from "./sample_star.js";

const ROUNDS = Number(process.env["TSLAKE_FAULT_ROUNDS"] ?? 2);

/** Sales of a delivery, of customers who come again with other telephones. */
function sales(delivery: number): readonly Sale[] {
  return Array.from({ length: 3_000 }, (_, i) => ({
    id: `f${delivery}:${i + 2}`,
    at: `202${delivery}-0${1 + (i % 9)}-1${i % 10} 10:00:${10 + (i % 50)}`,
    email: `c${i % 700}@x.br`,
    phone: String(delivery + (i % 3)),
    value: `${i}.0${delivery}`,
  }));
}

describeWith("postgres", "a load into PostgreSQL that is killed at any instant", () => {
  let server: PostgresServer;
  let script: ChildScript;
  const lake = new GoldLake();
  beforeAll(async () => {
    server = await startPostgres();
    script = await ChildScript.of("test/warehouse/load_process.ts");
  });
  afterAll(async () => {
    script.remove();
    lake.remove();
    await server.stop();
  });

  test("has changed nothing or everything; the next one ends with the same star", async () => {
    const address = await server.database();
    const reader = new PostgresWarehouse(address, lake.lake.engine);
    const duckdb = lake.duckdb();
    const seen = async (): Promise<string> => {
      if ((await reader.loads()).length === 0) return "nothing";
      const { rows } = await reader.query(
        "SELECT (SELECT COUNT(*) FROM vw_vendas) AS vendas, (SELECT SUM(valor_com_desconto) FROM fato_vendas) AS receita, (SELECT COUNT(*) FROM dim_cliente) AS clientes",
      );
      return Object.values(rows[0] ?? {}).join(" ");
    };
    let before = "nothing";
    for (const delivery of [1, 2]) {
      await lake.sell(...sales(delivery));
      await (await StarLoad.begin(lake.lake, stars.vendas, duckdb)).commit();
      const start = performance.now();
      await script.run([lake.folder, await server.database()]);
      const millis = performance.now() - start;
      const states = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const child = script.start([lake.folder, address, ...(round % 2 === 1 ? ["full"] : [])]);
        const end = ended(child);
        const deadline = performance.now() + millis * (0.3 + 0.7 * Math.random());
        while (performance.now() < deadline) states.add(await seen());
        child.kill("SIGKILL");
        await end;
        await sleep(20);
        states.add(await seen());
      }
      await script.run([lake.folder, address]);
      const after = await seen();
      expect([before, after]).toEqual(expect.arrayContaining([...states]));
      expect(await contentOf(reader, stars.vendas)).toEqual(await contentOf(duckdb, stars.vendas));
      before = after;
    }
    await reader.close();
  }, 300_000);
});
