import { afterAll, beforeAll, expect, test } from "vitest";
import { valuesOf } from "../../lib/delta_table/values.js";
import { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { ContractError, UsageError } from "../../lib/errors.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, field } from "../../lib/types.js";
import type { Warehouse, WarehouseTable } from "../../lib/warehouse/driver.js";
import { LOADS, recordLoad } from "../../lib/warehouse/record.js";

/** What the rows of the suite are made with. */
export const ENGINE = new PolarsEngine({
  resolveTable: () => Promise.reject(new Error("the suite reads no tables")),
});

const TYPES: Readonly<Record<string, DataType>> = {
  id: "long",
  quantia: "decimal(18,2)",
  fracao: "decimal(9,6)",
  ano: "integer",
  dia: "date",
  momento: "timestamp_ntz",
  instante: "timestamp",
  sim: "boolean",
  nome: "string",
};
type Row = Readonly<Record<string, Value>>;
const FULL: Row = {
  id: 9007199254740993n,
  quantia: "-1234567890123456.78",
  fracao: "0.333333",
  ano: 2023,
  dia: "1583-10-15",
  momento: "2023-01-31 23:59:59.000001",
  instante: "2023-01-31T23:59:59.000001Z",
  sim: true,
  nome: `São "João"; \\ ' \t\n, 🙂 --`,
};
const EMPTY: Row = { ...Object.fromEntries(Object.keys(TYPES).map((name) => [name, null])), id: 1n };

/** What every warehouse must do, whatever its engine. Each call of `open` gives an empty one. */
export function driverSuite(open: () => Promise<Warehouse>): void {
  let warehouse: Warehouse;
  const opened: Warehouse[] = [];
  const another = async (): Promise<Warehouse> => {
    const one = await open();
    opened.push(one);
    return one;
  };
  beforeAll(async () => {
    warehouse = await another();
  });
  afterAll(async () => {
    for (const one of opened) await one.close();
  });

  test("an empty warehouse has no loads", async () => {
    expect(await (await another()).loads()).toEqual([]);
  });

  test("every type comes back as it was given", async () => {
    await warehouse.transaction(async (transaction) => {
      await transaction.createTable(tableOf("tipos"));
      expect(await transaction.load(tableOf("tipos"), rows(FULL, EMPTY))).toBe(2);
      expect(await transaction.load(tableOf("tipos"), rows())).toBe(0);
    });
    const found = await warehouse.query("SELECT * FROM tipos ORDER BY id DESC");
    expect(found.rows).toEqual([FULL, EMPTY]);
    expect(found.fields.map(({ name, type }) => [name, type])).toEqual(Object.entries(TYPES));
  });

  test("instants have days, hours and texts of UTC, whatever the machine's time zone", async () => {
    const instant = "CAST('2024-01-01 00:30:00+00' AS TIMESTAMP WITH TIME ZONE)";
    const parts = [
      `CAST(${instant} AS DATE) AS dia`,
      `CAST(EXTRACT(HOUR FROM ${instant}) AS INTEGER) AS hora`,
      `CAST(CAST('2024-01-01 00:30:00' AS TIMESTAMP) AS TIMESTAMP WITH TIME ZONE) AS instante`,
    ];
    const wanted = { dia: "2024-01-01", hora: 0, instante: "2024-01-01T00:30:00Z" };
    expect((await warehouse.query(`SELECT ${parts.join(", ")}`)).rows).toEqual([wanted]);
    await warehouse.transaction(async (transaction) => {
      expect((await transaction.query(`SELECT ${parts.join(", ")}`)).rows).toEqual([wanted]);
    });
  });

  test("a type that no column can have is refused", () => {
    expect(() => warehouse.dialect.type({ type: "struct", fields: [] })).toThrow(ContractError);
  });

  test("a transaction that fails changes nothing, and the next one works", async () => {
    const table = tableOf("meia_carga");
    const failing = warehouse.transaction(async (transaction) => {
      await transaction.createTable(table);
      await transaction.load(table, rows(FULL));
      throw new UsageError("stop here");
    });
    await expect(failing).rejects.toThrow("stop here");
    await warehouse.transaction(async (transaction) => {
      expect((await transaction.columns()).has(table.name)).toBe(false);
    });
    await expect(warehouse.query("SELECT * FROM meia_carga")).rejects.toThrow(UsageError);
  });

  test("readers see the old rows until the new ones are all there", async () => {
    const table = tableOf("leitura");
    await warehouse.transaction(async (transaction) => {
      await transaction.createTable(table);
      await transaction.load(table, rows(FULL));
    });
    const count = async (): Promise<unknown> =>
      (await warehouse.query("SELECT COUNT(*) AS linhas FROM leitura")).rows[0]?.["linhas"];
    await warehouse.transaction(async (transaction) => {
      await transaction.execute(warehouse.dialect.clear(table.name));
      expect(await count()).toBe(1n);
      await transaction.load(table, rows(FULL, EMPTY));
      expect(await count()).toBe(1n);
    });
    expect(await count()).toBe(2n);
  });

  test("a second load waits for the first", async () => {
    const events: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      events.push(`${name} ends`);
    };
    await Promise.all([warehouse.transaction(work("one")), warehouse.transaction(work("two"))]);
    const [first] = events[0]?.split(" ") ?? [];
    expect(events.slice(0, 2)).toEqual([`${first} begins`, `${first} ends`]);
    expect(events).toHaveLength(4);
  });

  test("a staging table goes with the transaction, and statements say how many rows they changed", async () => {
    const table = tableOf("destino");
    await warehouse.transaction(async (transaction) => {
      await transaction.createTable(table);
      const staging = { ...table, name: "de_passagem" };
      await transaction.createStaging(staging);
      await transaction.load(staging, rows(FULL, EMPTY));
      expect(await transaction.execute("INSERT INTO destino SELECT * FROM de_passagem")).toBe(2);
      expect(await transaction.execute("UPDATE destino SET ano = 1 WHERE id = 1")).toBe(1);
      expect(await transaction.execute("DELETE FROM destino WHERE id = 2")).toBe(0);
    });
    await warehouse.transaction(async (transaction) => {
      expect([...(await transaction.columns()).keys()]).not.toContain("de_passagem");
      expect((await transaction.columns()).get("destino")).toEqual(Object.keys(TYPES));
    });
  });

  test("the record of a load is read again, and takes the place of the one before", async () => {
    const load = {
      star: "warehouse.x",
      number: 1,
      sources: { "gold.x": { version: 7, id: "a'b", commit: "c" } },
      definitions: { fato_x: "1" },
      step: '{"codeHash":"c","parameters":{}}',
    };
    for (const number of [1, 2]) {
      await warehouse.transaction(async (transaction) => {
        if (number === 1) await transaction.createTable(LOADS);
        if (number === 1) await transaction.createTable(tableOf("fato_x"));
        await recordLoad(transaction, { ...load, number }, { runId: undefined, at: "2023-01-01 00:00:00" });
      });
      expect(await warehouse.loads()).toEqual([{ ...load, number }]);
    }
    await warehouse.transaction((transaction) => transaction.execute(warehouse.dialect.dropTable("fato_x")));
    expect(await warehouse.loads()).toEqual([{ ...load, number: 2, definitions: {} }]);
  });

  test("a view, with descriptions of it and of its columns", async () => {
    const view = {
      name: "vw_um",
      description: "it's one",
      columns: { um: "the 'one'" },
      select: () => "SELECT 1 AS um",
    };
    await warehouse.transaction(async (transaction) => {
      for (const sql of warehouse.dialect.createView(view)) await transaction.execute(sql);
      const columns = [{ name: "um", description: "the 'one'" }];
      for (const sql of warehouse.dialect.comments("VIEW", { ...view, columns })) await transaction.execute(sql);
    });
    expect((await warehouse.query("SELECT um FROM vw_um")).rows).toHaveLength(1);
    await warehouse.transaction(async (transaction) => {
      await transaction.execute(warehouse.dialect.dropView(view.name));
    });
    await expect(warehouse.query("SELECT um FROM vw_um")).rejects.toThrow(UsageError);
  });

  test("columns of one name keep their values, each under a name of its own", async () => {
    const { fields, rows } = await warehouse.query("SELECT 1 AS a, 2 AS a, 3 AS a_2");
    expect(fields.map(({ name }) => name)).toEqual(["a", "a_3", "a_2"]);
    expect(rows.map((row) => Object.entries(row).map(([name, value]) => `${name} ${value}`))).toEqual([
      ["a 1", "a_3 2", "a_2 3"],
    ]);
  });

  test.each(["", "  \n", "-- nothing", "/* nothing */ ;", ";"])("a query of nothing is refused: %j", async (sql) => {
    await expect(warehouse.query(sql)).rejects.toThrow(UsageError);
    await expect(warehouse.query(sql)).rejects.toThrow("there is no statement");
  });

  test("several statements are refused, whatever they are; one may end with a semicolon", async () => {
    for (const sql of ["SELECT 1; SELECT 2", "SELECT 1; DELETE FROM tipos", "SELECT 1;\nSELECT 2;"]) {
      await expect(warehouse.query(sql), sql).rejects.toThrow(UsageError);
    }
    expect((await warehouse.query("SELECT ';' AS a; -- one; only")).rows).toEqual([{ a: ";" }]);
  });

  test.each([
    "DELETE FROM tipos",
    "CREATE TABLE novo (a INTEGER)",
    "UPDATE tipos SET ano = 1",
    "DROP TABLE tipos",
    "SELEC 1",
    "SELECT nada FROM tipos",
  ])("a query that is none is refused: %s", async (sql) => {
    await expect(warehouse.query(sql)).rejects.toThrow(UsageError);
    expect((await warehouse.query("SELECT COUNT(*) AS linhas FROM tipos")).rows).toEqual([{ linhas: 2n }]);
  });
}

function tableOf(name: string): WarehouseTable {
  const columns = Object.entries(TYPES).map(([column, type]) => ({
    name: column,
    type,
    nullable: column !== "id",
    description: "",
  }));
  return { name, description: "", columns, key: ["id"], lookups: [], role: "fact" };
}

function rows(...values: readonly Row[]): Relation {
  const fields = Object.entries(TYPES).map(([name, type]) => field(name, type, name !== "id"));
  return scan(valuesOf(fields, values), fields, ENGINE);
}
