import { ContractError, RelationError } from "../errors.js";
import { checkTimeFormat, DAY_FIELDS } from "../relation/arguments.js";
import { typedLiteral } from "../relation/literal.js";
import { type DataType, decimalOf, formatType } from "../types.js";
import type { ColumnSpec } from "./column_spec.js";

const LOCALES: readonly string[] = ["plain", "pt-BR"];

/**
 * Looks at what a column says: nobody may have checked a contract's types.
 * @param table `layer.name`
 * @throws ContractError for an impossible decimal type, an unknown locale, a format that no day or time has, or a value for
 * empty text that is not of the column's type
 */
export function checkColumnSpec(table: string, column: string, { type, parse, empty }: ColumnSpec): void {
  const refuse = (message: string, expected: string | undefined, actual: string | undefined): never => {
    throw new ContractError(`${table}: column ${column}: ${message}`, { where: { table, column }, expected, actual });
  };
  const understood = (value: string, check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof RelationError)) throw error;
      refuse(error.message, error.expected, value);
    }
  };
  if (!isPossible(type))
    refuse("there is no such type", "precision from 1 to 38, scale from 0 to the precision", formatType(type));
  if ("locale" in parse && !LOCALES.includes(parse.locale))
    refuse("there is no such locale", LOCALES.join(", "), parse.locale);
  if ("formats" in parse) {
    if (parse.formats.length === 0) refuse("it has no format", `at least one of a ${parse.rule}`, "none");
    const fields = parse.rule === "date" ? DAY_FIELDS : undefined;
    for (const format of parse.formats) understood(format, () => checkTimeFormat(format, fields));
  }
  if (empty !== undefined && parse.rule !== "computed") understood(empty, () => typedLiteral(empty, type));
}

/** False for a decimal with other digits than Delta has. */
function isPossible(type: DataType): boolean {
  if (typeof type !== "string" || !type.startsWith("decimal")) return true;
  const { precision, scale } = decimalOf(type) ?? { precision: 0, scale: 0 };
  return precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision;
}
