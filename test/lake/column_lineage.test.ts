import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { long, text } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { LINEAGE_DOMAIN } from "../../lib/lake/column_lineage.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import { MemoryStorage } from "../../lib/storage/memory.js";

const pessoas = defineTable("silver.pessoas", {
  description: "People",
  grain: "one person",
  columns: { id: long().notNull(), nome: text(), sobrenome: text() },
});
const clientes = defineTable("gold.clientes", {
  description: "Customers",
  grain: "one customer",
  reads: [pessoas],
  write: "merge",
  key: ["id"],
  columns: { id: long().notNull(), nome_completo: text() },
});

let lake: Lake;
beforeEach(async () => {
  const storage = new MemoryStorage();
  lake = new Lake({ storage, catalog: new Catalog([pessoas, clientes]), timeZone: "UTC" });
  const row = ["1", "Ana", "Lima"] as const;
  await lake.write(pessoas, scan({ kind: "values", rows: [row] }, pessoas.schema.fields, lake));
  step("r1");
});
afterEach(() => vi.unstubAllEnvs());

function step(runId: string): void {
  vi.stubEnv("TSLAKE_RUN_ID", runId);
  vi.stubEnv("TSLAKE_STEP", "gold.clientes");
  vi.stubEnv("TSLAKE_CODE_HASH", "hash");
}

/** Writes through a materialised relation, as notebooks do. */
async function write(): Promise<number> {
  const held = await lake.materialize(lake.read(pessoas).filter((t) => t.sobrenome.isNotNull()));
  const named = held.select((t) => ({ id: t.id, nome_completo: t.nome.upper() }));
  return (await lake.write(clientes, await lake.materialize(named))).version;
}

test("a step records from which columns its own were made, through materialised relations", async () => {
  await write();
  const recorded = await (await lake.snapshot("gold.clientes"))?.domainMetadata(LINEAGE_DOMAIN);
  expect(JSON.parse(recorded ?? "")).toEqual({
    id: ["silver.pessoas.id"],
    nome_completo: ["silver.pessoas.nome"],
  });
});

test("lineage is written once, not with every commit", async () => {
  await write();
  await write();
  const snapshot = await lake.snapshot("gold.clientes");
  const domains = snapshot?.commitsSinceCheckpoint.map((commit) => commit.domains.map(({ domain }) => domain));
  expect(snapshot?.version).toBe(1);
  expect(domains?.map((names) => names.includes(LINEAGE_DOMAIN))).toEqual([true, false]);
});

test("nobody but the step of a table records its lineage", async () => {
  vi.unstubAllEnvs();
  await write();
  expect(await (await lake.snapshot("gold.clientes"))?.domainMetadata(LINEAGE_DOMAIN)).toBeUndefined();
});
