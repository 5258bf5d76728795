import { RelationError } from "../errors.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import type { AnyRelation, Relation } from "../relation/relation.js";
import { TextColumn } from "../relation/text_column.js";
import { at, typed, untyped } from "../relation/untyped.js";
import { listOf, lit, when } from "../relation/when.js";
import type { ColumnSpec } from "./column_spec.js";
import { type AnyTable, LANDING_COLUMNS, type ParsedShapeOf, type ShapeOfColumns } from "./define_table.js";
import type { Severity } from "./expectation.js";
import { type Parsed, parseColumn } from "./parse.js";

/** Columns that tell where a row came from. */
export type Origin = ShapeOfColumns<typeof LANDING_COLUMNS>;

/** Raw rows with what becomes of them (`_fate`: a `Severity`), and every rule that they break (`_reasons`). */
export type Faulty = Relation<Origin & { readonly _fate: "string"; readonly _reasons: "list" }>;

/** Bronze rows after the contract of their silver table has looked at them. */
export interface Examined<T extends AnyTable> {
  /** Rows that fit: the parsed columns of the table, and where they came from. */
  readonly accepted: Relation<Omit<ParsedShapeOf<T>, keyof Origin> & Origin>;
  /** All others, and those accepted ones that break a rule which only warns. */
  readonly faulty: Faulty;
}

/**
 * Reads bronze text as the contract says and sorts the rows by what becomes of them. A row goes by the gravest rule that
 * it breaks: fail, then quarantine, then drop. A rule whose result is null is broken.
 */
export function examine<T extends AnyTable>(source: AnyRelation, table: T): Examined<T> {
  const rows = untyped(source);
  const parsed = new Map(parsedColumns(table).map(([name, spec]) => [name, parse(rows, name, spec)]));
  const read = rows.select((t) => ({
    ...Object.fromEntries([...parsed].map(([name, { value }]) => [name, value])),
    ...Object.fromEntries([...parsed].map(([name, { unparsable }]) => [`bad:${name}`, unparsable])),
    ...Object.fromEntries([...parsed].map(([name, { reason }]) => [`why:${name}`, reason])),
    ...Object.fromEntries(rows.columnNames.map((name) => [`raw:${name}`, at(t, name)])),
  }));
  const rules = rulesOf(table, read);
  const origin = rows.columnNames.filter(isLandingColumn);
  return {
    accepted: typed(
      read
        .filter(() => any(rules.filter(({ severity }) => severity !== "warn")).not())
        .select((t) => ({
          ...Object.fromEntries([...parsed.keys()].map((name) => [name, at(t, name)])),
          ...Object.fromEntries(origin.map((name) => [name, at(t, `raw:${name}`)])),
        })),
    ),
    faulty: typed(
      read
        .filter(() => any(rules))
        .select((t) => ({
          ...Object.fromEntries(rows.columnNames.map((name) => [name, at(t, `raw:${name}`)])),
          _fate: fate(rules),
          _reasons: listOf(...rules.map((rule) => when(rule.broken, rule.reason).otherwise(null))),
        })),
    ),
  };
}

/** Names of the columns that are read from the source, in contract order. */
export function parsedNames<T extends AnyTable>(table: T): readonly (keyof ParsedShapeOf<T> & string)[] {
  return parsedColumns(table).map(([name]) => name as keyof ParsedShapeOf<T> & string);
}

interface BreakableRule {
  readonly severity: Severity;
  /** Never null. */
  readonly broken: BooleanColumn;
  readonly reason: TextColumn;
}

/** Whether a column is one that every table fed from a landing zone has. */
export function isLandingColumn(name: string): boolean {
  return Object.hasOwn(LANDING_COLUMNS, name);
}

function parsedColumns(table: AnyTable): (readonly [string, ColumnSpec])[] {
  return Object.entries(table.columns).filter(([, spec]) => spec.parse.rule !== "computed");
}

function parse(rows: Relation, name: string, spec: ColumnSpec): Parsed {
  const text = at(rows.columns, name);
  if (text instanceof TextColumn) return parseColumn(name, spec, text);
  throw new RelationError(`${name} is parsed from text`, { where: { column: name }, actual: String(text.expr.type) });
}

/** Everything that a row can break, in the order in which reasons are given. */
function rulesOf(table: AnyTable, read: Relation): readonly BreakableRule[] {
  const t = read.columns;
  const corrupt = at(t, "raw:_corrupt_record").isNotNull();
  const shape: BreakableRule = {
    severity: table.unparsable,
    broken: corrupt,
    reason: when(
      (at(t, "raw:_file") as TextColumn).matches(NDJSON),
      "the line is no JSON object, has a name twice or half of a surrogate pair",
    ).otherwise("the line has too few or too many fields"),
  };
  const values = parsedColumns(table).flatMap(([name, spec]): BreakableRule[] => {
    const bad = at(t, `bad:${name}`) as BooleanColumn;
    const unparsable = { severity: table.unparsable, broken: bad, reason: at(t, `why:${name}`) as TextColumn };
    const missing = at(t, name).isNull().and(bad.not(), corrupt.not());
    return spec.nullable
      ? [unparsable]
      : [unparsable, { severity: table.unparsable, broken: missing, reason: lit(`${name} is empty`) }];
  });
  const expectations = table.expectations.map(({ name, severity, condition }) => ({
    severity,
    broken: condition.orElse(false).not().and(corrupt.not()),
    reason: lit(`breaks ${name}`),
  }));
  return [shape, ...values, ...expectations];
}

/** The gravest severity of the rules that a row breaks, of which there is one. */
function fate(rules: readonly BreakableRule[]): TextColumn {
  const breaks = (severity: Severity): BooleanColumn => any(rules.filter((rule) => rule.severity === severity));
  return when(breaks("fail"), "fail")
    .when(breaks("quarantine"), "quarantine")
    .when(breaks("drop"), "drop")
    .otherwise("warn");
}

function any(rules: readonly BreakableRule[]): BooleanColumn {
  return rules.reduce<BooleanColumn>(
    (broken, rule) => (broken === NEVER ? rule.broken : broken.or(rule.broken)),
    NEVER,
  );
}

const NEVER: BooleanColumn = lit(false);

/** Names of files with one JSON object per line. */
const NDJSON = "\\.(ndjson|jsonl)(\\.gz)?$";
