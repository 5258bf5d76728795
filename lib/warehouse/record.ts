import { WarehouseError } from "../errors.js";
import type { RecordedLoad, WarehouseColumn, WarehouseTable, WarehouseTransaction } from "./driver.js";
import { identifier, identifiers, literal } from "./sql.js";

/** The table in which a warehouse keeps what was loaded of each star. */
export const LOADS: WarehouseTable = {
  name: "tslake_cargas",
  description: "What was loaded of each star; written with the rows that it speaks of",
  columns: [
    column("estrela", "Name of the star"),
    { ...column("carga", "1, 2, 3… of this star"), type: "long" },
    column("fontes", "Versions and ids of the lake's tables that are loaded, and of its key maps (JSON)"),
    column("definicoes", "Digests of the definitions of tables and views (JSON)"),
    { ...column("passo", "Code and parameters of the step that loaded it (JSON)"), nullable: true },
    { ...column("execucao", "The run that loaded it"), nullable: true },
    { ...column("carregada_em", "When it was loaded, UTC"), type: "timestamp_ntz" },
  ],
  key: ["estrela"],
  lookups: [],
  role: "record",
};

/** What a load writes down beside its record. */
export interface LoadEvent {
  readonly runId: string | undefined;
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  readonly at: string;
}

const SELECT_LOADS = `SELECT ${identifiers(LOADS.columns.map(({ name }) => name))} FROM ${identifier(LOADS.name)} ORDER BY 1`;

/**
 * The loads that a warehouse records; none before the first.
 * @param there the tables and views that there are, by name
 */
export async function recordedLoads(
  reader: Pick<WarehouseTransaction, "query">,
  there: ReadonlyMap<string, unknown>,
): Promise<readonly RecordedLoad[]> {
  if (!there.has(LOADS.name)) return [];
  const { rows } = await reader.query(SELECT_LOADS);
  const present = (definitions: RecordedLoad["definitions"]): RecordedLoad["definitions"] =>
    Object.fromEntries(Object.entries(definitions).filter(([name]) => there.has(name)));
  return rows.map((row) => ({
    star: String(row["estrela"]),
    number: Number(row["carga"]),
    sources: JSON.parse(String(row["fontes"])) as RecordedLoad["sources"],
    definitions: present(JSON.parse(String(row["definicoes"])) as RecordedLoad["definitions"]),
    step: typeof row["passo"] === "string" ? row["passo"] : undefined,
  }));
}

/**
 * A load of new rows is planned before the warehouse is its own: what it would add may be there by then.
 * @param planned number of the last load when it was planned
 * @throws WarehouseError, transient, when another load of the star came between
 */
export function refuseOtherLoad(loads: readonly RecordedLoad[], star: string, planned: number): void {
  const last = loads.find((load) => load.star === star)?.number;
  if (last === planned) return;
  throw new WarehouseError("another load of this warehouse came first; nothing was loaded", {
    where: { table: star },
    expected: `load ${planned} as the last`,
    actual: `load ${last ?? "none"}`,
    remedy: "run it again: it goes on from there",
    transient: true,
  });
}

/**
 * Names that are taken by what the star's own loads have not made stay theirs who made it: a load replaces only its own.
 * @param taken names of all tables and views that are there
 * @param wanted names of the star's tables and views
 * @throws WarehouseError that names them
 */
export function refuseStrangers(
  loads: readonly RecordedLoad[],
  star: string,
  taken: ReadonlyMap<string, unknown>,
  wanted: readonly string[],
): void {
  const own = ownNames(loads, star);
  const strangers = wanted.filter((name) => taken.has(name) && !own.has(name));
  if (strangers.length === 0) return;
  const names = strangers.join(", ");
  throw new WarehouseError("tables or views of others have names of the star's; nothing was loaded", {
    where: { table: names },
    expected: `names that are free, or that ${LOADS.name} records of ${star} alone`,
    actual: `${names}: there, and not recorded of ${star} alone`,
    remedy: "rename or drop them, or name another schema or file as the warehouse",
  });
}

/** Names of the tables and views that loads of a star have made, and of no other, in the order in which they were made. */
export function ownNames(loads: readonly RecordedLoad[], star: string): ReadonlySet<string> {
  const namesOf = (isMeant: (load: RecordedLoad) => boolean): readonly string[] =>
    loads.filter(isMeant).flatMap((load) => Object.keys(load.definitions));
  const others = new Set(namesOf((load) => load.star !== star));
  return new Set(namesOf((load) => load.star === star).filter((name) => !others.has(name)));
}

/** Puts a load in the place of the star's last one; the table is there. */
export async function recordLoad(
  transaction: WarehouseTransaction,
  load: RecordedLoad,
  { runId, at }: LoadEvent,
): Promise<void> {
  const values = [
    literal(load.star),
    String(load.number),
    literal(JSON.stringify(load.sources)),
    literal(JSON.stringify(load.definitions)),
    load.step === undefined ? "NULL" : literal(load.step),
    runId === undefined ? "NULL" : literal(runId),
    `TIMESTAMP ${literal(at)}`,
  ];
  await transaction.execute(`DELETE FROM ${identifier(LOADS.name)} WHERE estrela = ${literal(load.star)}`);
  await transaction.execute(`INSERT INTO ${identifier(LOADS.name)} VALUES (${values.join(", ")})`);
}

function column(name: string, description: string): WarehouseColumn {
  return { name, type: "string", nullable: false, description };
}
