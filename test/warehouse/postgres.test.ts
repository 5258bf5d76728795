import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import pg from "pg";
import { expect, test } from "vitest";
import { valuesOf } from "../../lib/delta_table/values.js";
import { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { describeError, isTslakeError, type TslakeError, UsageError } from "../../lib/errors.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, field } from "../../lib/types.js";
import type { WarehouseTable, WarehouseTransaction } from "../../lib/warehouse/driver.js";
import type { PostgresWarehouse } from "../../lib/warehouse/postgres/warehouse.js";
import { describeWith } from "../support/partners.js";
import { postgresWarehouses } from "./postgres_warehouses.js";

const engine = new PolarsEngine({
  resolveTable: () => Promise.reject(new Error("no tables here")),
});

function table(name: string, columns: Readonly<Record<string, DataType>>, key: readonly string[] = []): WarehouseTable {
  return {
    name,
    description: `Tabela d'${name}`,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      nullable: !key.includes(column),
      description: `Coluna ${column}`,
    })),
    key,
    lookups: [],
    role: "fact",
  };
}

function rowsFor({ columns }: WarehouseTable, rows: readonly Readonly<Record<string, Value>>[]): Relation {
  const fields = columns.map(({ name, type, nullable }) => field(name, type, nullable));
  return scan(valuesOf(fields, rows), fields);
}

const NUMBERS = table("numeros", { n: "long", texto: "string" }, ["n"]);

function numbers(count: number, text = "x"): Relation {
  return rowsFor(
    NUMBERS,
    Array.from({ length: count }, (_, i) => ({ n: BigInt(i), texto: `${text} ${i}` })),
  );
}

async function run(transaction: WarehouseTransaction, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await transaction.execute(sql);
}

async function failure(action: Promise<unknown>): Promise<TslakeError> {
  const error = await action.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (isTslakeError(error)) return error;
  throw new Error("it did not fail as it should", { cause: error });
}

describeWith("postgres", "PostgreSQL", () => {
  const servers = postgresWarehouses();
  const open = (address: string): PostgresWarehouse => servers.open(address, engine);
  async function loaded(count = 3): Promise<{ readonly address: string; readonly warehouse: PostgresWarehouse }> {
    const address = await servers.server.database();
    const warehouse = open(address);
    await warehouse.transaction(async (transaction) => {
      await transaction.createTable(NUMBERS);
      await transaction.load(NUMBERS, numbers(count));
      await run(transaction, warehouse.dialect.afterLoad(NUMBERS));
    });
    return { address, warehouse };
  }
  const count = async (warehouse: PostgresWarehouse): Promise<Value | undefined> =>
    (await warehouse.query("SELECT count(*) AS n FROM numeros")).rows[0]?.["n"];
  const secretless = (error: unknown): void => {
    const told = `${describeError(error)}${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}`;
    expect(told).not.toContain(servers.server.password);
    expect(told).not.toContain(encodeURIComponent(servers.server.password));
  };

  test("every type comes back as it was given", async () => {
    const all = table("tipos", {
      boolean: "boolean",
      short: "short",
      integer: "integer",
      long: "long",
      double: "double",
      decimal: "decimal(18,2)",
      wide: "decimal(38,10)",
      string: "string",
      date: "date",
      timestamp_ntz: "timestamp_ntz",
      timestamp: "timestamp",
    });
    const rows = [
      {
        boolean: true,
        short: -32_768,
        integer: 2_147_483_647,
        long: 9_223_372_036_854_775_807n,
        double: 0.1,
        decimal: "-9999999999999999.99",
        wide: "1234567890123456789012345678.0123456789",
        string: 'São "João", d\'Água;\n\\N \\. \t',
        date: "0001-01-01",
        timestamp_ntz: "2024-02-29 23:59:59.123456",
        timestamp: "2024-02-29T23:59:59.5Z",
      },
      {
        boolean: false,
        short: 0,
        integer: -1,
        long: -9_223_372_036_854_775_808n,
        double: -1e-300,
        decimal: "0.00",
        wide: "0.0000000000",
        string: "",
        date: "9999-12-31",
        timestamp_ntz: "1969-12-31 00:00:00",
        timestamp: "1969-12-31T00:00:00Z",
      },
      Object.fromEntries(all.columns.map(({ name }) => [name, null])),
    ];
    const warehouse = open(await servers.server.database());
    const given = await warehouse.transaction(async (transaction) => {
      await transaction.createTable(all);
      expect(await transaction.load(all, rowsFor(all, rows))).toBe(3);
      return transaction.query("SELECT * FROM tipos");
    });
    expect(given.rows).toEqual(rows);
    expect(given.fields.map(({ name, type }) => [name, type])).toEqual(
      all.columns.map(({ name, type }) => [name, type]),
    );
    const sums = await warehouse.query(
      "SELECT sum(decimal) AS s, count(*) AS n, sum(integer) AS i, 1.5 AS c FROM tipos",
    );
    expect(sums.fields.map(({ type }) => type)).toEqual(["decimal(38,2)", "long", "long", "decimal(38,1)"]);
    expect(sums.rows).toEqual([{ s: "-9999999999999999.99", n: 3n, i: 2_147_483_646n, c: "1.5" }]);
  });

  test("texts of every kind survive, also as the only column", async () => {
    const texts = ["", "\\.", "\\N", '"', "'", ",", "\n", "\r\n", "a\tb", " ", "null", "NULL", "😀", "é\u0301", null];
    const only = table("textos", { texto: "string" });
    const warehouse = open(await servers.server.database());
    const { rows } = await warehouse.transaction(async (transaction) => {
      await transaction.createTable(only);
      await transaction.load(
        only,
        rowsFor(
          only,
          texts.map((texto) => ({ texto })),
        ),
      );
      return transaction.query("SELECT texto FROM textos");
    });
    expect(rows.map(({ texto }) => texto)).toEqual(texts);
  });

  test("a text with the character NUL is refused: the error names table, column and row", async () => {
    const { warehouse } = await loaded();
    const rows = rowsFor(NUMBERS, [
      { n: 50n, texto: "certo" },
      { n: 51n, texto: "meio\0fim" },
    ]);
    const error = await failure(warehouse.transaction((transaction) => transaction.load(NUMBERS, rows)));
    expect(error).toMatchObject({
      where: { table: "numeros", column: "texto" },
      actual: 'n = "51", texto = "meio\\u0000fim"',
    });
    expect(await count(warehouse)).toBe(3n);
  });

  test("rows in several pieces, some of them empty", async () => {
    const { warehouse } = await loaded();
    const pieces = [[], [{ n: 50n, texto: "a" }], [], [{ n: 51n, texto: "b" }]].map((rows) => rowsFor(NUMBERS, rows));
    const [first = rowsFor(NUMBERS, []), ...others] = pieces;
    await warehouse.transaction(async (transaction) => {
      expect(await transaction.load(NUMBERS, first.union(...others), pieces)).toBe(2);
    });
    expect(await count(warehouse)).toBe(5n);
  });

  test("many rows", async () => {
    const { warehouse } = await loaded(600_000);
    expect((await warehouse.query("SELECT count(*) AS n, sum(n) AS s, max(texto) AS m FROM numeros")).rows).toEqual([
      { n: 600_000n, s: "179999700000", m: "x 99999" },
    ]);
  });

  test("descriptions are the database's comments", async () => {
    const { warehouse } = await loaded();
    const { name, description, columns } = NUMBERS;
    await warehouse.transaction((transaction) =>
      run(transaction, warehouse.dialect.comments("TABLE", { name, description, columns })),
    );
    const said = await warehouse.query(
      "SELECT obj_description('numeros'::regclass) AS t, col_description('numeros'::regclass, 2) AS c",
    );
    expect(said.rows).toEqual([{ t: "Tabela d'numeros", c: "Coluna texto" }]);
  });

  test("keys become a primary key, once", async () => {
    const { warehouse } = await loaded();
    await warehouse.transaction((transaction) => run(transaction, warehouse.dialect.afterLoad(NUMBERS)));
    const double = failure(warehouse.transaction((transaction) => transaction.load(NUMBERS, numbers(1))));
    expect((await double).actual).toContain("Key (n)=(0) already exists.");
    expect(await count(warehouse)).toBe(3n);
  });

  test("a failed load changes nothing, and the next one works", async () => {
    const { warehouse } = await loaded();
    const broken = warehouse.transaction(async (transaction) => {
      await transaction.execute(warehouse.dialect.clear("numeros"));
      await transaction.load(NUMBERS, numbers(10));
      throw new Error("mine");
    });
    await expect(broken).rejects.toThrow(/mine/);
    expect(await count(warehouse)).toBe(3n);
    await warehouse.transaction((transaction) => transaction.execute("DELETE FROM numeros WHERE n = 1"));
    expect(await count(warehouse)).toBe(2n);
  });

  test("readers see the old rows until the new ones are all there, without waiting", async () => {
    const { address, warehouse } = await loaded();
    const reader = open(address);
    const snapshot = new pg.Client({ connectionString: address, ssl: false });
    await snapshot.connect();
    await snapshot.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    expect((await snapshot.query("SELECT count(*)::int AS n FROM numeros")).rows).toEqual([{ n: 3 }]);
    await warehouse.transaction(async (transaction) => {
      await transaction.execute(warehouse.dialect.clear("numeros"));
      expect(await count(reader)).toBe(3n);
      await transaction.load(NUMBERS, numbers(10));
      await run(transaction, warehouse.dialect.afterLoad(NUMBERS));
      expect(await count(reader)).toBe(3n);
    });
    expect(await count(reader)).toBe(10n);
    expect((await snapshot.query("SELECT count(*)::int AS n FROM numeros")).rows).toEqual([{ n: 3 }]);
    await snapshot.end();
  });

  test.each([
    ["", ""],
    [", also where its address names the schema", "?schema=public"],
  ])("a second load waits for the first%s", async (_, schema) => {
    const { address, warehouse } = await loaded();
    const order: string[] = [];
    let go: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      go = done;
    });
    let started: () => void = () => undefined;
    const begun = new Promise<void>((done) => {
      started = done;
    });
    const first = warehouse.transaction(async (transaction) => {
      started();
      await held;
      order.push("first");
      await transaction.load(NUMBERS, rowsFor(NUMBERS, [{ n: 50n, texto: null }]));
    });
    await begun;
    const second = open(`${address}${schema}`).transaction(async (transaction) => {
      order.push("second");
      return (await transaction.query("SELECT count(*) AS n FROM numeros")).rows[0]?.["n"];
    });
    const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    const observer = open(address);
    while (order.length === 0 && (await observer.query(waiting)).rows.length === 0);
    go();
    await first;
    expect(await second).toBe(4n);
    expect(order).toEqual(["first", "second"]);
  });

  test("queries cannot change anything, and say where they are wrong", async () => {
    const { warehouse } = await loaded();
    for (const sql of [
      "DELETE FROM numeros",
      "CREATE TABLE x (a int)",
      "DROP TABLE numeros",
      "SELECT 1; DELETE FROM numeros",
      "COMMIT; DELETE FROM numeros",
      "WITH d AS (DELETE FROM numeros RETURNING n) SELECT * FROM d",
    ]) {
      expect(await failure(warehouse.query(sql)), sql).toBeInstanceOf(UsageError);
    }
    await warehouse.query("COMMIT");
    await failure(warehouse.query("DROP TABLE numeros"));
    const wrong = await failure(warehouse.query("SELECT *\nFROM numero"));
    expect(wrong).toBeInstanceOf(UsageError);
    expect(wrong.message).toBe('relation "numero" does not exist');
    expect(wrong.where.line).toBe(2);
    expect(await count(warehouse)).toBe(3n);
  });

  test("a connection that is cut in the middle: nothing has changed, and the next load works", async () => {
    const { address, warehouse } = await loaded();
    const cut = (): Promise<unknown> =>
      servers.server.admin(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(address).pathname.slice(1)}' AND usename = 'analista'`,
      );
    const moments: Readonly<Record<string, (transaction: WarehouseTransaction) => Promise<unknown>>> = {
      "between two statements": async (transaction) => {
        await transaction.execute(warehouse.dialect.clear("numeros"));
        await cut();
        await new Promise((done) => setTimeout(done, 50));
        await transaction.load(NUMBERS, numbers(10));
      },
      "in a COPY": async (transaction) => {
        await transaction.execute(warehouse.dialect.clear("numeros"));
        const [load] = await Promise.allSettled([
          transaction.load(NUMBERS, numbers(900_000, "um texto que enche o cano")),
          new Promise((done) => setTimeout(done, 900)).then(cut),
        ]);
        if (load?.status === "rejected") throw load.reason;
        await transaction.query("SELECT 1");
      },
      "in a statement": async (transaction) => {
        await Promise.all([
          transaction.query("SELECT pg_sleep(5)"),
          new Promise((done) => setTimeout(done, 50)).then(cut),
        ]);
      },
      "at the end": async () => {
        await cut();
      },
    };
    for (const [moment, work] of Object.entries(moments)) {
      const error = await failure(warehouse.transaction(work));
      expect(error.message, moment).toContain("the connection was lost");
      expect(error.transient, moment).toBe(true);
      secretless(error);
      expect(await count(warehouse), moment).toBe(3n);
    }
    await warehouse.transaction((transaction) =>
      transaction.load(NUMBERS, rowsFor(NUMBERS, [{ n: 50n, texto: null }])),
    );
    expect(await count(warehouse)).toBe(4n);
  });

  test("a connection that is cut while nobody asks anything is made anew", async () => {
    const { address, warehouse } = await loaded();
    await servers.server.admin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(address).pathname.slice(1)}'`,
    );
    await new Promise((done) => setTimeout(done, 50));
    expect(await count(warehouse)).toBe(3n);
  });

  test("missing rights name the grant that is missing", async () => {
    const { address } = await loaded();
    const database = new URL(address).pathname.slice(1);
    await servers.server.admin(`CREATE ROLE leitora LOGIN PASSWORD '${servers.server.password}'`);
    const warehouse = open(servers.server.address(database, { user: "leitora" }));
    for (const work of [
      (transaction: WarehouseTransaction): Promise<unknown> => transaction.execute("DELETE FROM numeros"),
      (transaction: WarehouseTransaction): Promise<unknown> => transaction.createTable(table("novo", { a: "long" })),
    ]) {
      const error = await failure(warehouse.transaction(work));
      expect(error.message).toContain("leitora lacks a right");
      expect(error.actual).toMatch(/permission denied for (?:table numeros|schema public)/);
      secretless(error);
    }
    const reading = await failure(warehouse.query("SELECT * FROM numeros"));
    expect(reading.message).toContain("leitora lacks a right");
    expect(reading.remedy).toContain('GRANT SELECT ON ALL TABLES IN SCHEMA … TO "leitora"');
    expect(reading.remedy).not.toContain("CREATE");
  });

  test("a schema that a role may not use or make: the error says so, and what to grant", async () => {
    const { address } = await loaded();
    const database = new URL(address).pathname.slice(1);
    await servers.server.admin(`CREATE ROLE visita LOGIN PASSWORD '${servers.server.password}'`);
    await servers.server.admin("REVOKE USAGE ON SCHEMA public FROM PUBLIC", database);
    await servers.server.admin("CREATE SCHEMA fechado", database);
    const as = (query: string): PostgresWarehouse => open(servers.server.address(database, { user: "visita", query }));
    for (const [warehouse, schema] of [
      [as(""), "public"],
      [as("schema=fechado"), "fechado"],
    ] as const) {
      const reading = await failure(warehouse.query("SELECT * FROM numeros"));
      expect(reading.message).toBe(`could not query the warehouse: visita lacks the right to use the schema ${schema}`);
      expect(reading.remedy).toContain(`GRANT USAGE ON SCHEMA "${schema}" TO "visita"; GRANT SELECT`);
      expect((await warehouse.query("SELECT 1 AS um")).rows).toEqual([{ um: 1 }]);
      expect((await failure(warehouse.loads())).message).toContain(`to use the schema ${schema}`);
      const loading = await failure(warehouse.transaction(() => Promise.resolve()));
      expect(loading.message).toBe(`could not load the warehouse: visita lacks the right to use the schema ${schema}`);
      expect(loading.remedy).toBe(`grant it: GRANT CREATE, USAGE ON SCHEMA "${schema}" TO "visita"`);
      secretless(loading);
    }
    const making = await failure(as("schema=novo").transaction(() => Promise.resolve()));
    expect(making.message).toBe("could not load the warehouse: visita lacks the right to make the schema novo");
    expect(making.remedy).toContain(`GRANT CREATE ON DATABASE "${database}" TO "visita"`);
    expect(await as("schema=novo").loads()).toEqual([]);
  });

  test("COPY, whose rows would go elsewhere, is refused before the server hears of it", async () => {
    const { warehouse } = await loaded();
    const file = join(tmpdir(), `tslake-copia-${process.pid}.csv`);
    const written = [`COPY numeros TO '${file}'`, `/* a /* b */ c */ -- d\n COPY numeros TO PROGRAM 'cat > ${file}'`];
    await servers.server.admin("GRANT pg_write_server_files, pg_execute_server_program TO analista");
    for (const sql of [
      "COPY numeros TO STDOUT",
      'Copy"numeros"to stdout',
      "\n;copy(SELECT 1) to stdout with (format csv)",
      ...written,
    ]) {
      const error = await failure(warehouse.query(sql));
      expect(fs.existsSync(file)).toBe(false);
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toBe("COPY gives no rows here: only queries are run");
    }
    await servers.server.admin("REVOKE pg_write_server_files, pg_execute_server_program FROM analista");
    expect(await count(warehouse)).toBe(3n);
  });

  test("a parameter in a statement is the statement's fault, not the connection's", async () => {
    const { warehouse } = await loaded();
    const error = await failure(warehouse.query("SELECT $1::int"));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe("the statement has parameters, for which there are no values");
    expect(error.transient).toBe(false);
    expect(await count(warehouse)).toBe(3n);
  });

  test("a schema of one's own is made, used, and is all that is seen", async () => {
    const address = await servers.server.database();
    const warehouse = open(`${address}?schema=meu%20esquema`);
    expect(await warehouse.loads()).toEqual([]);
    await warehouse.transaction(async (transaction) => {
      expect([...(await transaction.columns())]).toEqual([]);
      await transaction.createTable(NUMBERS);
      expect([...(await transaction.columns())]).toEqual([["numeros", ["n", "texto"]]]);
    });
    expect(await count(warehouse)).toBe(0n);
    expect((await open(address).query(`SELECT count(*) AS n FROM "meu esquema".numeros`)).rows).toEqual([{ n: 0n }]);
    expect((await failure(open(address).query("SELECT count(*) FROM numeros"))).message).toContain("does not exist");
  });

  test("what others have built on a table is not dropped with it", async () => {
    const { address, warehouse } = await loaded();
    await servers.server.admin("CREATE VIEW minha AS SELECT n FROM numeros", new URL(address).pathname.slice(1));
    const error = await failure(
      warehouse.transaction((transaction) => transaction.execute(warehouse.dialect.dropTable("numeros"))),
    );
    expect(error.message).toContain("something that others have made depends on a table");
    expect(error.actual).toContain("view minha depends on table numeros");
    expect(await count(warehouse)).toBe(3n);
  });

  test("a full disk: nothing has changed", async ({ skip }) => {
    const full = join(servers.server.folder, "full");
    fs.mkdirSync(full);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m,mode=777", "tmpfs", full], { stdio: "pipe" });
    } catch {
      return skip("needs the right to mount a small file system");
    }
    try {
      const folder = join(full, "espaco");
      fs.mkdirSync(folder);
      const { uid, gid } = fs.statSync(join(servers.server.folder, "data"));
      fs.chownSync(folder, uid, gid);
      await servers.server.admin(`CREATE TABLESPACE pequeno OWNER analista LOCATION '${folder}'`);
      const { address, warehouse } = await loaded();
      await servers.server.admin("ALTER TABLE numeros SET TABLESPACE pequeno", new URL(address).pathname.slice(1));
      const error = await failure(
        warehouse.transaction(async (transaction) => {
          await transaction.execute(warehouse.dialect.clear("numeros"));
          await transaction.load(NUMBERS, numbers(400_000, "um texto que enche o disco"));
        }),
      );
      expect(error.message).toBe("could not load the warehouse: the server's disk is full; nothing has changed");
      secretless(error);
      expect(await count(warehouse)).toBe(3n);
      await warehouse.transaction((transaction) => transaction.execute("DROP TABLE numeros"));
      await servers.server.admin("DROP TABLESPACE pequeno");
    } finally {
      execFileSync("umount", ["-l", full], { stdio: "pipe" });
    }
  });

  test("the label holds no secret", async () => {
    const warehouse = open(await servers.server.database());
    expect(warehouse.label).toMatch(/^postgres:\/\/analista:\*\*\*@localhost:\d+\/armazem_\d+$/);
    expect(inspect(warehouse, { depth: 9, showHidden: true })).not.toContain(servers.server.password);
  });
});
