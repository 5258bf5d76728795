import { type ColumnSpec, date, timestamp } from "../../contract/column_spec.js";
import type { AnyTable } from "../../contract/define_table.js";
import { decimalOf } from "../../types.js";
import { fullName, shortName, type TableDraft } from "./table_draft.js";

/** The module of a contract, for `lib/tables/<layer>/<name>.ts`; to be formatted. */
export function contractText(draft: TableDraft): string {
  const columns = Object.entries(draft.columns).map(([name, spec]) => [name, columnCode(spec)] as const);
  const makers = [...new Set(columns.map(([, code]) => code.slice(0, code.indexOf("("))))].sort();
  const imported = draft.layer === "bronze" ? "defineTable, LANDING_COLUMNS" : "defineTable";
  return `import { ${makers.join(", ")} } from "../../contract/column_spec.js";
import { ${imported} } from "../../contract/define_table.js";
${draft.from.map((table) => `import { ${shortName(table)} as ${alias(table)} } from "../${table.layer}/${shortName(table)}.js";\n`).join("")}
export const ${draft.name} = defineTable(${quote(fullName(draft))}, {
  description: ${quote(draft.description)},
  grain: ${quote(draft.grain)},
  ${partsOf(draft).join(",\n  ")},
  columns: {
    ${columns.map(([name, code]) => `${name}: ${code},`).join("\n    ")}
    ${draft.layer === "bronze" ? "...LANDING_COLUMNS," : ""}
  },
});
`;
}

/** A text as a string literal. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function partsOf({ landing, from, write, key }: TableDraft): readonly string[] {
  return [
    ...(landing === undefined ? [] : [`landing: { source: ${quote(landing.source)}, files: ${list(landing.files)} }`]),
    ...(from.length === 0 ? [] : [`reads: [${from.map(alias).join(", ")}]`]),
    `write: ${quote(write)}`,
    ...(key.length === 0 ? [] : [`key: ${list(key)}`]),
  ];
}

function list(texts: readonly string[]): string {
  return `[${texts.map(quote).join(", ")}]`;
}

/** Under this name a contract imports another: `bronzeClientes`. */
function alias(table: AnyTable): string {
  const words = shortName(table).split("_");
  return table.layer + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** The expression that makes a column. */
function columnCode(spec: ColumnSpec): string {
  return [
    makerCode(spec),
    spec.from === undefined ? "" : `.header(${quote(spec.from)})`,
    spec.nullable ? "" : ".notNull()",
    spec.parse.rule === "computed" && !isAlwaysComputed(spec) ? ".computed()" : "",
    spec.description === "" ? "" : `.describe(${quote(spec.description)})`,
  ].join("");
}

function makerCode({ type, parse }: ColumnSpec): string {
  const decimal = decimalOf(type);
  if (decimal !== undefined) {
    const locale = "locale" in parse && parse.locale !== "plain" ? `{ locale: ${quote(parse.locale)} }` : undefined;
    if (parse.rule === "percent") return `fraction(${locale ?? ""})`;
    return `decimal(${decimal.precision}, ${decimal.scale}${locale === undefined ? "" : `, ${locale}`})`;
  }
  if (typeof type !== "string") return "texts()";
  switch (type) {
    case "string":
      return "text()";
    case "timestamp":
      return "instant()";
    case "date":
      return `date(${formatCode(parse, date().parse)})`;
    case "timestamp_ntz":
      return `timestamp(${formatCode(parse, timestamp().parse)})`;
    default:
      return `${type}()`;
  }
}

/** Instants and lists are never read from a source. */
function isAlwaysComputed({ type }: ColumnSpec): boolean {
  return type === "timestamp" || typeof type !== "string";
}

function formatCode(parse: ColumnSpec["parse"], usual: ColumnSpec["parse"]): string {
  if (!("formats" in parse) || JSON.stringify(parse) === JSON.stringify(usual)) return "";
  const [only = "", ...others] = parse.formats;
  return `{ format: ${others.length === 0 ? quote(only) : list(parse.formats)} }`;
}
