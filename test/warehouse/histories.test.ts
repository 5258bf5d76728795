import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dimension, UNKNOWN_KEY } from "../../lib/contract/dimension.js";
import type { Storage } from "../../lib/storage/storage.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse, WarehouseTransaction } from "../../lib/warehouse/driver.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { type Fault, spoiled } from "../faults/hooked_storage.js";
import { GoldLake, type Sale } from "./gold_lake.js";
import { type RecordedKey, recordedKey, versionAt, versionsOf } from "./naive_star.js";
import { contentOf } from "./sample_star.js";

const RUNS = Number(process.env["TSLAKE_PROPERTY_RUNS"] ?? 4);

/** What happens to a lake and its warehouse. */
type Event =
  | { readonly what: "sell"; readonly sales: readonly Omit<Sale, "id">[] }
  | { readonly what: "withdraw"; readonly nth: number }
  | { readonly what: "load" | "refresh" | "forget" }
  | { readonly what: "crash in the database"; readonly call: number; readonly after: boolean }
  | { readonly what: "crash in the lake"; readonly call: number; readonly fault: Fault };

const sale = fc.record({
  at: fc.integer({ min: 1, max: 9 }).map((day) => `2023-01-0${day} 10:00:00`),
  email: fc.constantFrom("ana@x.br", "bia@x.br"),
  name: fc.constantFrom("Ana", "Ana Lima"),
  phone: fc.constantFrom("1", "2", null),
  product: fc.constantFrom("Caneta", "Livro", null),
  channel: fc.constantFrom("Loja", "Site"),
  value: fc.integer({ min: 0, max: 99_999 }).map((cents) => (cents / 100).toFixed(2)),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant("sell" as const), sales: fc.array(sale, { minLength: 1, maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("withdraw" as const), nth: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom("load" as const, "load" as const, "refresh" as const, "forget" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("crash in the database" as const),
      call: fc.integer({ min: 1, max: 60 }),
      after: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("crash in the lake" as const),
      call: fc.integer({ min: 1, max: 80 }),
      fault: fc.constantFrom<Fault>("crashes before", "crashes after"),
    }),
  },
);

describe("a star", () => {
  test("is that of the naive model, whatever happens to its lake and its loads", {
    timeout: 60_000 + RUNS * 10_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 9 }), async (events) => {
        const history = new History();
        try {
          for (const one of [...events, { what: "load" } as const]) await history.happen(one);
          await history.isRebuiltAlike();
        } finally {
          history.close();
        }
      }),
      { numRuns: RUNS },
    );
  });
});

class History {
  readonly #lake = new GoldLake();
  #sales: readonly Sale[] = [];
  #known: readonly RecordedKey[] = [];
  #number = 0;
  #warehouses = 0;

  async happen(event: Event): Promise<void> {
    switch (event.what) {
      case "sell": {
        const sales = event.sales.map((sale) => ({ ...sale, id: `f${String(++this.#number).padStart(3, "0")}.csv:2` }));
        await this.#lake.sell(...sales);
        this.#sales = [...this.#sales, ...sales];
        return;
      }
      case "withdraw": {
        const gone = this.#sales[event.nth % Math.max(1, this.#sales.length)];
        if (gone === undefined) return;
        await this.#lake.withdraw(gone.id);
        this.#sales = this.#sales.filter((sale) => sale !== gone);
        return;
      }
      case "forget":
        this.#warehouses++;
        return;
      case "load":
      case "refresh":
        return this.#load(event.what === "refresh");
      case "crash in the database":
        return this.#crash(this.#lake, dying(this.#warehouse(), event.call, event.after));
      case "crash in the lake": {
        const call = { number: event.call, name: "", path: "", writes: true };
        const wrap = (storage: Storage): Storage => spoiled(storage, { call, fault: event.fault });
        const lake = new GoldLake(this.#lake.folder, wrap);
        return this.#crash(lake, lake.duckdb(this.#name()));
      }
    }
  }

  /** A warehouse that is made from nothing has the same rows, with the same keys. */
  async isRebuiltAlike(): Promise<void> {
    const before = await contentOf(this.#warehouse(), stars.vendas);
    this.#warehouses++;
    await (await StarLoad.begin(this.#lake.lake, stars.vendas, this.#warehouse())).commit();
    expect(await contentOf(this.#warehouse(), stars.vendas)).toEqual(before);
  }

  close(): void {
    this.#lake.remove();
  }

  async #load(fullRefresh: boolean): Promise<void> {
    const before = await this.#keys();
    await (await StarLoad.begin(this.#lake.lake, stars.vendas, this.#warehouse(), { fullRefresh })).commit();
    await this.#isAsModelled(before);
  }

  /** What a crash has left is what a later load must cope with. */
  async #crash(lake: GoldLake, warehouse: Warehouse): Promise<void> {
    try {
      await (await StarLoad.begin(lake.lake, stars.vendas, warehouse)).commit();
    } catch (error) {
      expect(String(error)).toMatch(/injected|could not be loaded/);
    }
  }

  async #isAsModelled(before: readonly RecordedKey[]): Promise<void> {
    const warehouse = this.#warehouse();
    const keys = await this.#keys();
    // Recorded keys stay as they are, and no number is given twice.
    expect(keys.map(({ key }) => key)).toEqual([...new Set(keys.map(({ key }) => key))]);
    for (const known of this.#known) expect(keys).toContainEqual(known);
    this.#known = keys;
    const versions = versionsOf(this.#sales);
    const greatest = before.reduce((most, { key }) => (key > most ? key : most), 0n);
    for (const version of versions) {
      const [was, is] = [recordedKey(version, before), recordedKey(version, keys)];
      if (was === undefined) expect(is).toBeGreaterThan(greatest);
      else expect(is).toBe(was);
    }
    const taken = versions.map((version) => recordedKey(version, keys));
    expect(new Set(taken).size).toBe(versions.length);
    const rows = await warehouse.query("SELECT * FROM dim_cliente WHERE cliente_id <> -1");
    expect(rows.rows.map(described).sort()).toEqual(
      versions
        .map((version) =>
          described({
            cliente_id: recordedKey(version, keys),
            email: version.email,
            nome_completo: version.name,
            telefone: version.phone,
            valido_de: version.from,
            valido_ate: version.until,
            atual: version.until === null,
          }),
        )
        .sort(),
    );
    const facts = await warehouse.query(
      "SELECT venda_id, cliente_id, produto_adquirido, produto_id, canal, data_id, campanha_id, valor_com_desconto FROM fato_vendas JOIN dim_produto USING (produto_id) JOIN dim_canal USING (canal_id) JOIN dim_data USING (data_id) ORDER BY venda_id",
    );
    expect(facts.rows.map(({ produto_id: _, ...row }) => row)).toEqual(
      [...this.#sales]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((sale) => {
          const version = versionAt(sale, versions);
          return {
            venda_id: sale.id,
            cliente_id: version && recordedKey(version, keys),
            produto_adquirido: sale.product ?? "não informado",
            canal: sale.channel,
            data_id: Number(sale.at.slice(0, 10).replaceAll("-", "")),
            campanha_id: BigInt(UNKNOWN_KEY),
            valor_com_desconto: sale.value,
          };
        }),
    );
    await this.#hasRecordedKeys(warehouse, stars.dim_produto);
    await this.#hasRecordedKeys(warehouse, stars.dim_canal);
  }

  /** A type 1 dimension has the members of the facts, under the keys that were recorded first. */
  async #hasRecordedKeys(warehouse: Warehouse, { name, key, naturalKey, keyMap }: Dimension): Promise<void> {
    const natural = naturalKey[0]?.name ?? "";
    const { rows } = await warehouse.query(`SELECT ${key} AS chave, ${natural} FROM ${name} WHERE ${key} <> -1`);
    const recorded = await this.#lake.lake.read(keyMap).collect();
    expect(recorded).toEqual(expect.arrayContaining([...rows]));
    expect(new Set(recorded.map((row) => row[natural])).size).toBe(recorded.length);
  }

  async #keys(): Promise<readonly RecordedKey[]> {
    const rows = await this.#lake.lake.read(stars.dim_cliente.keyMap).collect();
    return rows.map((row) => ({
      key: row["chave"] as bigint,
      email: String(row["email"]),
      name: String(row["nome_completo"]),
      phone: (row["telefone"] ?? null) as string | null,
      opened: String(row["aberta_em"]),
    }));
  }

  #warehouse(): Warehouse {
    return this.#lake.duckdb(this.#name());
  }

  #name(): string {
    return `warehouse${this.#warehouses}`;
  }
}

/** A warehouse whose n-th call of a transaction fails, or which dies when all was done but the last step. */
function dying(warehouse: Warehouse, call: number, after: boolean): Warehouse {
  let calls = 0;
  const strike = async <T>(work: () => Promise<T>): Promise<T> => {
    const dies = ++calls === call;
    if (dies && !after) throw new Error("injected");
    const result = await work();
    if (dies) throw new Error("injected");
    return result;
  };
  const spoil = (transaction: WarehouseTransaction): WarehouseTransaction => ({
    execute: (sql) => strike(() => transaction.execute(sql)),
    query: (sql) => strike(() => transaction.query(sql)),
    createTable: (table) => strike(() => transaction.createTable(table)),
    createStaging: (table) => strike(() => transaction.createStaging(table)),
    load: (table, rows, pieces) => strike(() => transaction.load(table, rows, pieces)),
    columns: () => strike(() => transaction.columns()),
  });
  return new Proxy(warehouse, {
    get: (target, name) => {
      if (name === "transaction")
        return (work: (transaction: WarehouseTransaction) => Promise<unknown>, options: object) =>
          target.transaction((transaction) => work(spoil(transaction)), options);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function described(row: Readonly<Record<string, unknown>>): string {
  return ["cliente_id", "email", "nome_completo", "telefone", "valido_de", "valido_ate", "atual"]
    .map((name) => String(row[name]))
    .join(" | ");
}
