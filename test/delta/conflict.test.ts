import { expect, test } from "vitest";
import { predicate } from "../../lib/delta/predicate.js";
import type { Snapshot } from "../../lib/delta/snapshot.js";
import type { IsolationLevel } from "../../lib/delta/table_properties.js";
import type { Transaction } from "../../lib/delta/transaction.js";
import { ConflictError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field } from "../../lib/types.js";
import { add, committed, file, load, METADATA, newTable, PROTOCOL, remove, SCHEMA, writeLog } from "./fixtures.js";

type Change = (transaction: Transaction, base: Snapshot) => Promise<void>;

const long = (value: number) => ({ type: "long", value }) as const;

/** Rewrites some files, of which the rows with these ids were sought. */
function rewrite(names: readonly string[], dataChange: boolean, ...ids: readonly number[]): Change {
  return async (transaction, base) => {
    if (ids.length > 0) transaction.read(predicate.in("id", ids.map(long)));
    for (const one of await base.files()) {
      if (names.includes(one.path)) transaction.removeFile(one, { dataChange });
    }
    transaction.addFile(file(`new-${names.join("")}`, names.includes("a") ? [0, 9] : [10, 19], { dataChange }));
  };
}

/** In the table there is file a with the ids 0 to 9, and b with 10 to 19. */
const OPERATIONS = {
  append: async (transaction) => transaction.addFile(file("c", [0, 99])),
  "append, new column": async (transaction) => {
    transaction.updateMetadata({
      schemaString: JSON.stringify({ ...SCHEMA, fields: [...SCHEMA.fields, field("new", "string")] }),
    });
    transaction.addFile(file("c", [100, 109]));
  },
  "delete in a": rewrite(["a"], true, 1),
  "update in b": rewrite(["b"], true, 11),
  "merge, new id": async (transaction) => {
    transaction.read(predicate.in("id", [long(50)]));
    transaction.addFile(file("c", [50, 50]));
  },
  overwrite: async (transaction, base) => {
    transaction.read();
    for (const one of await base.files()) transaction.removeFile(one);
    transaction.addFile(file("c", [0, 9]));
  },
  optimize: rewrite(["a", "b"], false),
  "optimize b": rewrite(["b"], false),
  comment: async (transaction) => transaction.updateMetadata({ description: "new" }),
  constraint: async (transaction) => {
    transaction.updateMetadata({ configuration: { "delta.constraints.positive": "id > 0" } });
  },
  upgrade: async (transaction) => transaction.setDomainMetadata("q", "{}"),
  progress: async (transaction) => transaction.setTransaction("x", 1 + progressed++),
  domain: async (transaction) => transaction.setDomainMetadata("p", "{}"),
} satisfies Record<string, Change>;

type Operation = keyof typeof OPERATIONS;

let progressed = 0;

/** Why a transaction cannot follow, by a letter each. */
const REASONS: Readonly<Record<string, RegExp>> = {
  P: /changed the table's protocol/,
  M: /changed the table's metadata/,
  S: /added data of the former schema/,
  T: /recorded progress of the same application, x/,
  D: /changed the same metadata domain, p/,
  X: /removed a file that this transaction removes too/,
  R: /removed a file that this transaction read/,
  A: /added rows among those that this transaction read/,
};

/** Each operation (a line) as the winner over each (in the same order); `.`: both are committed. */
const WRITE_SERIALIZABLE: Readonly<Record<Operation, string>> = {
  //                    app new del upd mer ovw opt opb com con upg pro dom
  append: "               .   .   .   .   .   .   .   .   .   S   .   .   .",
  "append, new column": " M   M   M   M   M   M   M   M   M   M   M   M   M",
  "delete in a": "        .   .   X   .   .   X   X   .   .   S   .   .   .",
  "update in b": "        .   .   .   X   .   X   X   X   .   S   .   .   .",
  "merge, new id": "      .   .   .   .   A   A   .   .   .   S   .   .   .",
  overwrite: "            .   .   X   X   .   X   X   X   .   S   .   .   .",
  optimize: "             .   .   X   X   .   X   X   X   .   .   .   .   .",
  "optimize b": "         .   .   .   X   .   X   X   X   .   .   .   .   .",
  comment: "              M   M   M   M   M   M   M   M   M   M   M   M   M",
  constraint: "           M   M   M   M   M   M   M   M   M   M   M   M   M",
  upgrade: "              P   P   P   P   P   P   P   P   P   P   P   P   P",
  progress: "             .   .   .   .   .   .   .   .   .   .   .   T   .",
  domain: "               .   .   .   .   .   .   .   .   .   .   P   .   D",
};

/** An append counts as read by those who looked for its rows. */
const SERIALIZABLE: Readonly<Record<Operation, string>> = {
  ...WRITE_SERIALIZABLE,
  append: "               .   .   A   A   A   A   .   .   .   S   .   .   .",
};

async function race(winner: Operation, loser: Operation, isolationLevel: IsolationLevel): Promise<string> {
  const features = ["checkConstraints", ...([winner, loser].includes("upgrade") ? [] : ["domainMetadata"])];
  const created = (await newTable({ features })).transaction({ operation: "WRITE" });
  created.addFile(file("a", [0, 9]));
  created.addFile(file("b", [10, 19]));
  const base = committed(await created.commit());
  const begin = async (name: Operation): Promise<Transaction> => {
    const transaction = base.transaction({ operation: name.toUpperCase(), tslake: { runId: "r7" }, isolationLevel });
    await OPERATIONS[name](transaction, base);
    return transaction;
  };
  const [first, second] = [await begin(winner), await begin(loser)];
  expect((await first.commit()).version).toBe(2);
  const outcome = await second.commit().catch((error: unknown) => error);
  if (!(outcome instanceof ConflictError)) {
    expect(outcome).toMatchObject({ committed: true, version: 3 });
    return ".";
  }
  expect(outcome.message).toContain(`${loser.toUpperCase()} cannot be committed: version 2 came first`);
  expect(outcome.actual).toMatch(new RegExp(`version 2: ${winner.toUpperCase()} by tslake.* in run r7`));
  expect(outcome.transient).toBe(true);
  const [letter = outcome.message] = Object.entries(REASONS).find(([, reason]) => reason.test(outcome.message)) ?? [];
  return letter;
}

test.each([
  ["WriteSerializable", WRITE_SERIALIZABLE],
  ["Serializable", SERIALIZABLE],
] as const)("every pair of operations on one version, %s", async (level, expected) => {
  const names = Object.keys(OPERATIONS) as Operation[];
  for (const winner of names) {
    const letters: string[] = [];
    for (const loser of names) letters.push(await race(winner, loser, level));
    expect(letters.join("   "), `after ${winner}: ${names.join(", ")}`).toBe(expected[winner].trim());
  }
});

test("metadata changes follow added data only where its files fit them", async () => {
  const base = await newTable({ partitionColumns: ["ano"] });
  const append = base.transaction({ operation: "WRITE" });
  append.addFile(file("c", [0, 9], { partitionValues: { ano: "1" } }));
  await append.commit();
  const schema = (...fields: readonly ReturnType<typeof field>[]) => ({
    schemaString: JSON.stringify({ type: "struct", fields }),
  });
  const [id, name, ano] = [field("id", "long"), field("name", "string"), field("ano", "integer")];
  const changes: readonly [string, Parameters<Transaction["updateMetadata"]>[0], boolean][] = [
    ["comment", schema(field("id", "long", true, { comment: "key" }), name, ano), true],
    ["order", schema(ano, name, id), true],
    ["new column", schema(id, name, ano, field("s", { type: "struct", fields: [id] })), true],
    ["own property", { configuration: { owner: "me" } }, true],
    ["new column without null", schema(id, name, ano, field("s", "long", false)), false],
    ["NOT NULL", schema(field("id", "long", false), name, ano), false],
    ["type", schema(field("id", "string"), name, ano), false],
    ["dropped column", schema(id, ano), false],
    ["generated", schema(field("id", "long", true, { "delta.generationExpression": "1" }), name, ano), false],
    ["Delta's property", { configuration: { "delta.appendOnly": "true" } }, false],
    ["partitions", { partitionColumns: [] }, false],
  ];
  for (const [what, change, fits] of changes) {
    const transaction = base.transaction({ operation: "ALTER" });
    transaction.updateMetadata(change);
    const error = await transaction.commit().catch((caught: unknown) => caught);
    if (!fits) expect(String(error), what).toMatch(/added data of the former schema/);
    else {
      expect(error, what).toMatchObject({ committed: true, version: 2 });
      await base.storage.delete("_delta_log/00000000000000000002.json");
    }
  }
});

test("a tombstone without statistics stands for the file that was read", async () => {
  const storage = new MemoryStorage();
  const stats = (min: number, max: number): object => ({
    stats: JSON.stringify({ numRecords: 5, minValues: { id: min }, maxValues: { id: max }, nullCount: { id: 0 } }),
  });
  await writeLog(storage, 0, PROTOCOL, METADATA, add("a", stats(0, 9)), add("b", stats(10, 19)));
  const base = await load(storage);
  await writeLog(storage, 1, { commitInfo: { operation: "DELETE" } }, remove("b"));
  const merge = (id: number) => {
    const transaction = base.transaction({ operation: "MERGE" });
    transaction.read(predicate.in("id", [long(id)]));
    return transaction.commit();
  };
  await expect(merge(15)).rejects.toThrow(/removed a file that this transaction read, b/);
  expect(await merge(5)).toMatchObject({ committed: true, version: 2 });
});

/** Commits a change of the newest version. */
async function following(base: Snapshot, change: Change): Promise<Snapshot> {
  const transaction = base.transaction({ operation: "WRITE" });
  await change(transaction, base);
  return committed(await transaction.commit());
}

function inYear(path: string, ano: string, options?: Parameters<typeof file>[2]) {
  return file(path, [0, 9], { partitionValues: { ano }, ...options });
}

/** A transaction that reads the year 2015 and adds to it, of a table with a file of 2014. */
async function readerOf2015(): Promise<{ readonly base: Snapshot; readonly reader: Transaction }> {
  const empty = await newTable({ partitionColumns: ["ano"] });
  const base = await following(empty, async (transaction) => transaction.addFile(inYear("a", "2014")));
  const reader = base.transaction({ operation: "MERGE" });
  reader.read(predicate.compare("ano", "=", { type: "integer", value: 2015 }));
  reader.addFile(inYear("mine", "2015"));
  return { base, reader };
}

test("files of a partition that was not read do not matter", async () => {
  const { base, reader } = await readerOf2015();
  await following(base, async (transaction, snapshot) => {
    transaction.read();
    for (const one of await snapshot.files()) transaction.removeFile(one);
    transaction.addFile(inYear("b", "2014"));
  });
  expect(await reader.commit()).toMatchObject({ committed: true, version: 3 });
});

test("what changed an append that must come later must come later, too", async () => {
  const { base, reader } = await readerOf2015();
  const appended = await following(base, async (transaction) => {
    transaction.addFile(inYear("c14", "2014"));
    transaction.addFile(inYear("c15", "2015"));
  });
  const rearranged = await following(appended, async (transaction, snapshot) => {
    const [c14] = (await snapshot.files()).filter(({ path }) => path === "c14");
    if (c14 === undefined) throw new Error("c14 is missing");
    transaction.removeFile(c14, { dataChange: false });
    transaction.addFile(inYear("d14", "2014", { dataChange: false }));
  });
  await following(rearranged, async (transaction, snapshot) => {
    for (const one of await snapshot.files()) if (one.path === "d14") transaction.removeFile(one);
  });
  await expect(reader.commit()).rejects.toThrow(
    /version 4 came first and it removed rows that were appended among those that this transaction read, d14/,
  );
});

test("changes of an append that was not read do not matter", async () => {
  const { base, reader } = await readerOf2015();
  const appended = await following(base, async (transaction) => transaction.addFile(inYear("c", "2014")));
  await following(appended, async (transaction, snapshot) => {
    for (const one of await snapshot.files()) if (one.path === "c") transaction.removeFile(one);
  });
  expect(await reader.commit()).toMatchObject({ committed: true, version: 4 });
});
