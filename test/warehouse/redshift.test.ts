import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DuckdbEngine } from "../../lib/engine/duckdb/engine.js";
import { describeError, isTslakeError, UsageError, WarehouseError } from "../../lib/errors.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { type DataApi, dataApiSession } from "../../lib/warehouse/redshift/data_api.js";
import { copyParquet } from "../../lib/warehouse/redshift/dialect.js";
import { openRedshift } from "../../lib/warehouse/redshift/open_redshift.js";
import type { RedshiftSession } from "../../lib/warehouse/redshift/session.js";
import { RedshiftWarehouse } from "../../lib/warehouse/redshift/warehouse.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { GoldLake } from "./gold_lake.js";
import { RedshiftOnDuckdb } from "./redshift_on_duckdb.js";
import { contentOf } from "./sample_star.js";

const STAR = stars.vendas;

let lake: GoldLake;
beforeEach(() => {
  lake = new GoldLake();
});
afterEach(() => lake.remove());

async function load(warehouse: Warehouse): Promise<void> {
  await (await StarLoad.begin(lake.lake, STAR, warehouse)).commit();
}

function refusal(action: () => unknown): UsageError {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  throw new Error("it was not refused");
}

/** The statements that Redshift's grammar has and a load uses, each as the Developer Guide spells it ("SQL commands"). */
const NAME = `"[a-z_]+"`;
const TYPE = String.raw`(?:BOOLEAN|SMALLINT|INTEGER|BIGINT|REAL|DOUBLE PRECISION|DECIMAL\(\d+,\d+\)|VARCHAR\(65535\)|DATE|TIMESTAMP|TIMESTAMPTZ)`;
const COLUMN = `  ${NAME} ${TYPE} ENCODE (?:RAW|AZ64|ZSTD)(?: NOT NULL)?`;
const COLUMNS = String.raw`\(\n${COLUMN}(?:,\n${COLUMN})*(?:,\n  PRIMARY KEY \(${NAME}(?:, ${NAME})*\))?\n\)`;
const LIST = String.raw`\(${NAME}(?:, ${NAME})*\)`;
const GRAMMAR: readonly RegExp[] = [
  /^(?:BEGIN(?: READ ONLY)?|COMMIT|ROLLBACK)$/,
  new RegExp(`^LOCK ${NAME}$`),
  new RegExp(
    String.raw`^CREATE TABLE ${NAME} ${COLUMNS}\n(?:DISTSTYLE ALL|DISTSTYLE EVEN|DISTSTYLE KEY\nDISTKEY \(${NAME}\))(?:\nSORTKEY ${LIST})?$`,
  ),
  new RegExp(String.raw`^CREATE TEMP TABLE ${NAME} ${COLUMNS}\nDISTSTYLE EVEN$`),
  new RegExp(`^DROP (?:TABLE|VIEW) IF EXISTS ${NAME}$`),
  new RegExp(String.raw`^CREATE VIEW ${NAME} AS\nSELECT [\s\S]*$`),
  new RegExp(`^COMMENT ON (?:TABLE|VIEW) ${NAME} IS '(?:[^']|'')*'$`),
  new RegExp(String.raw`^COMMENT ON COLUMN ${NAME}\.${NAME} IS '(?:[^']|'')*'$`),
  new RegExp(String.raw`^COPY ${NAME}\nFROM 's3://[^']+'\nIAM_ROLE (?:default|'arn:[^']+')\nFORMAT AS PARQUET$`),
  new RegExp(String.raw`^INSERT INTO ${NAME}(?: ${LIST})? (?:VALUES \([\s\S]*\)|SELECT [\s\S]*)$`),
  new RegExp(String.raw`^DELETE FROM ${NAME}(?: WHERE [\s\S]*)?$`),
  new RegExp(String.raw`^UPDATE ${NAME} SET ${NAME} = s\.${NAME} FROM ${NAME} s WHERE [\s\S]*$`),
  new RegExp(`^ANALYZE ${NAME}$`),
  /^SELECT [\s\S]*$/,
];

/** What other engines take and Redshift does not, or takes with another meaning. */
const NOT_IN_REDSHIFT =
  /\b(?:ON CONFLICT|RETURNING|TRUNCATE|CREATE INDEX|CREATE UNIQUE|LATERAL|FILTER \(|DISTINCT ON|GROUPING SETS|TABLESAMPLE|generate_series|string_agg|array_agg|unnest|USING HASH|MERGE INTO|IDENTITY)\b|::|\$\$|;/i;

describe("a load into Redshift", () => {
  test("sends what its grammar takes, statement by statement", async () => {
    const redshift = new RedshiftOnDuckdb(join(lake.folder, "balde"));
    const warehouse = new RedshiftWarehouse(redshift.place, lake.lake.engine);
    await lake.sell(
      { id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" },
      { id: "f:3", at: "2023-01-05 10:00:00", email: "ana@x.br", phone: "2" },
    );
    await load(warehouse);
    await lake.sell({ id: "g:2", at: "2023-01-03 10:00:00", email: "ana@x.br", phone: "3" });
    await load(warehouse);
    await lake.withdraw("g:2");
    await load(warehouse);
    for (const sql of redshift.statements) {
      expect(
        GRAMMAR.some((statement) => statement.test(sql)),
        sql,
      ).toBe(true);
      expect(sql.replace(/'(?:[^']|'')*'/g, "''")).not.toMatch(NOT_IN_REDSHIFT);
      expect(Buffer.byteLength(sql)).toBeLessThan(100_000);
    }
    const shown = redshift.statements
      .map((sql) =>
        sql
          .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<uuid>")
          .replace(/TIMESTAMP '\d{4}-[^']*'/g, "TIMESTAMP '<now>'")
          .replace(/"(?:id|version)":(?:"[^"]*"|\d+)/g, "<source>")
          .replace(/":"[0-9a-f]{16}"/g, '":"<digest>"'),
      )
      .join(";\n\n");
    await expect(`${shown};\n`).toMatchFileSnapshot("redshift_load.sql");
    expect(await redshift.left()).toEqual([]);
  });

  test("gives the star that DuckDB has", async () => {
    const redshift = new RedshiftOnDuckdb(join(lake.folder, "balde"));
    const warehouses = [lake.duckdb(), new RedshiftWarehouse(redshift.place, lake.lake.engine)];
    const agree = async (): Promise<void> => {
      for (const warehouse of warehouses) await load(warehouse);
      const [first, second] = await Promise.all(warehouses.map((warehouse) => contentOf(warehouse, STAR)));
      expect(second).toEqual(first);
    };
    await lake.sell(
      { id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br", channel: null },
      { id: "f:3", at: "2023-01-05 10:00:00", email: "ana@x.br", phone: "2" },
    );
    await agree();
    await lake.sell({ id: "g:2", at: "2023-01-03 10:00:00", email: "ana@x.br", phone: "3" });
    await agree();
    await lake.withdraw("g:2");
    await agree();
  });

  test("that fails is undone, and leaves nothing in the bucket", async () => {
    const redshift = new RedshiftOnDuckdb(join(lake.folder, "balde"));
    const { openSession } = redshift.place;
    const failing = new RedshiftWarehouse(
      {
        ...redshift.place,
        openSession: async () => {
          const session = await openSession();
          const execute = (sql: string): Promise<number> =>
            sql.startsWith(`COPY "fato_vendas"`) ? Promise.reject(new WarehouseError("no")) : session.execute(sql);
          return { ...session, execute };
        },
      },
      lake.lake.engine,
    );
    await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
    await expect(load(failing)).rejects.toThrow("no");
    expect(redshift.statements.at(-1)).toBe("ROLLBACK");
    expect(await redshift.left()).toEqual([]);
    expect(await failing.loads()).toEqual([]);
  });

  test("is done also where its files cannot be deleted, and tells why COPY failed", async () => {
    const redshift = new RedshiftOnDuckdb(join(lake.folder, "balde"));
    const { staging, openSession } = redshift.place;
    if (staging === undefined) throw new Error("there is no bucket");
    const storage = new Proxy(staging.storage, {
      get: (of, name) => {
        if (name === "delete") return () => Promise.reject(new Error("AccessDenied: s3:DeleteObject"));
        const value: unknown = Reflect.get(of, name);
        return typeof value === "function" ? value.bind(of) : value;
      },
    });
    const place = { ...redshift.place, staging: { ...staging, storage } };
    await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
    await load(new RedshiftWarehouse(place, lake.lake.engine));
    const refusing = async (): Promise<RedshiftSession> => {
      const session = await openSession();
      const execute = (sql: string): Promise<number> =>
        sql.startsWith("COPY") ? Promise.reject(new WarehouseError("no")) : session.execute(sql);
      return { ...session, execute };
    };
    const failing = new RedshiftWarehouse({ ...place, openSession: refusing }, lake.lake.engine);
    await lake.sell({ id: "f:3", at: "2023-01-02 10:00:00", email: "ana@x.br" });
    const begun = await StarLoad.begin(lake.lake, STAR, failing);
    const staged: string[] = [];
    const { write } = DuckdbEngine.prototype;
    const writing = vi.spyOn(DuckdbEngine.prototype, "write").mockImplementation(function (
      this: DuckdbEngine,
      ...args: Parameters<typeof write>
    ) {
      staged.push(dirname(args[1]));
      return write.apply(this, args);
    });
    const closing = vi.spyOn(DuckdbEngine.prototype, "close").mockRejectedValue(new Error("EBUSY: rmdir"));
    try {
      await expect(begun.commit()).rejects.toThrow("no");
    } finally {
      closing.mockRestore();
      writing.mockRestore();
    }
    expect(staged).not.toEqual([]);
    expect(staged.filter((folder) => existsSync(folder))).toEqual([]);
  });

  test("needs a bucket and a role; queries do not", async () => {
    const redshift = new RedshiftOnDuckdb(join(lake.folder, "balde"));
    const warehouse = new RedshiftWarehouse({ ...redshift.place, staging: undefined }, lake.lake.engine);
    await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
    await expect(load(warehouse)).rejects.toThrow(/needs a place in a bucket and a role/);
    expect((await warehouse.query("SELECT 1 AS um")).rows).toEqual([{ um: 1 }]);
  });
});

describe("an address of Redshift", () => {
  const open = (address: string): RedshiftWarehouse => openRedshift(address, lake.lake.engine);

  test("says where, by which way, and shows no password", () => {
    const role = "iam_role=arn:aws:iam::123456789012:role/tslake";
    expect(open(`redshift://ana:segredo@x.redshift.amazonaws.com/dw?s3=s3://balde/p&${role}`).label).toBe(
      `redshift://ana:***@x.redshift.amazonaws.com/dw?s3=s3://balde/p&${role}`,
    );
    open("redshift:///dw?workgroup=w&region=sa-east-1&s3=s3://balde/p&iam_role=default");
    open("redshift:///dw?cluster=c&db_user=ana");
  });

  test.each([
    "redshift://ana:segredo@x/dw?s3=s3://balde/p",
    "redshift://ana:segredo@x/dw?iam_role=default",
    "redshift://ana:segredo@x/dw?s3=b/p&iam_role=default",
    "redshift://ana:segredo@x/dw?s3=s3://b&iam_role=arn:aws:iam::1:user/x",
    "redshift://ana:segredo@x/dw?workgroup=w&cluster=c",
    "redshift://ana:segredo@x/dw?bucket=b",
  ])("that is wrong is refused: %s", (address) => {
    expect(describeError(refusal(() => open(address)))).not.toContain("segredo");
  });

  test("quotes what COPY is given", () => {
    expect(copyParquet('a"b', { prefix: "s3://b/d'água/", iamRole: "default" })).toBe(
      `COPY "a""b"\nFROM 's3://b/d''água/'\nIAM_ROLE default\nFORMAT AS PARQUET`,
    );
  });
});

describe("the Data API", () => {
  /** Answers statements in turn; remembers what it was asked. */
  function fake(keepsTransactions: boolean): { readonly api: DataApi; readonly asked: string[] } {
    const asked: string[] = [];
    const looks = new Map<string, number>();
    const api: DataApi = {
      start: (sql, sessionId) => {
        asked.push(`${sessionId ?? "new"}: ${sql}`);
        return Promise.resolve({ id: sql, sessionId: "s1" });
      },
      describe: (id) => {
        const look = (looks.get(id) ?? 0) + 1;
        looks.set(id, look);
        if (look === 1) return Promise.resolve({ Status: "STARTED" });
        if (/FROM tslake_prova/.test(id) && keepsTransactions)
          return Promise.resolve({ Status: "FAILED", Error: 'relation "tslake_prova" does not exist' });
        if (id === "isto")
          return Promise.resolve({ Status: "FAILED", Error: "1023: Serializable isolation violation" });
        return Promise.resolve({ Status: "FINISHED", ResultRows: 3n as unknown as number, HasResultSet: true });
      },
      result: (_id, token) =>
        Promise.resolve({
          ColumnMetadata: [
            { label: "n", typeName: "int8" },
            { label: "v", typeName: "numeric", precision: 18, scale: 2 },
            { label: "quando", typeName: "timestamp" },
            { label: "b", typeName: "bool" },
          ],
          Records: [
            [
              { longValue: token === undefined ? 1 : 2 },
              { stringValue: "1.50" },
              { stringValue: "2023-01-01 10:00:00" },
              token === undefined ? { booleanValue: false } : { isNull: true },
            ],
          ],
          NextToken: token === undefined ? "more" : undefined,
        }),
    };
    return { api, asked };
  }

  test("keeps one session; answers rows of all pages", async () => {
    const { api, asked } = fake(true);
    const session = await dataApiSession(api, "redshift:///dw");
    expect(asked).toEqual([
      "new: BEGIN",
      "s1: CREATE TEMP TABLE tslake_prova (a INTEGER)",
      "s1: ROLLBACK",
      "s1: SELECT a FROM tslake_prova",
    ]);
    expect(await session.execute("DELETE FROM x")).toBe(3);
    const { fields, rows } = await session.query("SELECT 1");
    expect(fields.map(({ type }) => type)).toEqual(["long", "decimal(18,2)", "timestamp_ntz", "boolean"]);
    expect(rows).toEqual([
      { n: 1n, v: "1.50", quando: "2023-01-01 10:00:00", b: false },
      { n: 2n, v: "1.50", quando: "2023-01-01 10:00:00", b: null },
    ]);
    const error: unknown = await session.execute("isto").catch((caught: unknown) => caught);
    expect(isTslakeError(error) && error.transient).toBe(true);
  });

  test("keeps the values of columns of one name", async () => {
    const { api } = fake(true);
    const column = { label: "a", typeName: "int4" };
    const result = { ColumnMetadata: [column, column], Records: [[{ longValue: 1 }, { longValue: 2 }]] };
    const session = await dataApiSession({ ...api, result: () => Promise.resolve(result) }, "redshift:///dw");
    const { fields, rows } = await session.query("SELECT 1 AS a, 2 AS a");
    expect(fields.map(({ name }) => name)).toEqual(["a", "a_2"]);
    expect(rows).toEqual([{ a: 1, a_2: 2 }]);
  });

  test("is refused where a transaction would not last", async () => {
    await expect(dataApiSession(fake(false).api, "redshift:///dw")).rejects.toThrow(/keeps no transaction/);
  });
});
