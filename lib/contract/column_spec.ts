import type { Kind } from "../relation/column.js";
import type { NumberLocale } from "../relation/text_column.js";
import { type DataType, decimalType } from "../types.js";

/** How text from a source becomes a value. Text that does not fit breaks the row; empty text is null. */
export type ParseRule =
  | { readonly rule: "text" }
  | { readonly rule: "integer" }
  | { readonly rule: "boolean" }
  /** `pt-BR`: `1.234,56` or `1234.56`; `plain`: `1234.56`. No more decimals than the scale. */
  | { readonly rule: "number"; readonly locale: NumberLocale }
  /** `12,5%` as 0.125. */
  | { readonly rule: "percent"; readonly locale: NumberLocale }
  /** A strftime format of `%Y %m %d`, and for times `%H %M %S %f`; the first of several that fits. */
  | { readonly rule: "date" | "timestamp"; readonly formats: readonly string[] }
  /** Computed by the notebook, or written by the engine: never parsed. */
  | { readonly rule: "computed" };

/** One column of a contract. Immutable: each method answers a changed copy. */
export class ColumnSpec<K extends Kind = Kind, Nullable extends boolean = boolean, Computed extends boolean = boolean> {
  /** Only for the type checker. */
  declare readonly kind: K;
  declare readonly isNullable: Nullable;
  declare readonly isComputed: Computed;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly description: string;
  /** The header under which a source file has it. */
  readonly from: string | undefined;
  readonly parse: ParseRule;
  /** What an empty value becomes. */
  readonly empty: string | undefined;

  constructor(fields: SpecFields) {
    this.type = fields.type;
    this.nullable = fields.nullable ?? true;
    this.description = fields.description ?? "";
    this.from = fields.from;
    this.parse = fields.parse;
    this.empty = fields.empty;
  }

  notNull(): ColumnSpec<K, false, Computed> {
    return new ColumnSpec({ ...this, nullable: false });
  }
  describe(description: string): ColumnSpec<K, Nullable, Computed> {
    return new ColumnSpec({ ...this, description });
  }
  /** The header of the source file; without it the header is the column's own name. */
  header(from: string): ColumnSpec<K, Nullable, Computed> {
    return new ColumnSpec({ ...this, from });
  }
  /** What an empty value becomes; the column is then never null. */
  whenEmpty(value: string): ColumnSpec<K, false, Computed> {
    return new ColumnSpec({ ...this, nullable: false, empty: value });
  }
  /** Filled by the notebook, not from a source column of the same name. */
  computed(): ColumnSpec<K, Nullable, true> {
    return new ColumnSpec({ ...this, parse: { rule: "computed" } });
  }
}

interface SpecFields {
  readonly type: DataType;
  readonly parse: ParseRule;
  readonly nullable?: boolean;
  readonly description?: string;
  readonly from?: string | undefined;
  readonly empty?: string | undefined;
}

export function text(): ColumnSpec<"string", true, false> {
  return new ColumnSpec({ type: "string", parse: { rule: "text" } });
}

export function boolean(): ColumnSpec<"boolean", true, false> {
  return new ColumnSpec({ type: "boolean", parse: { rule: "boolean" } });
}

/** 32 bits. */
export function integer(): ColumnSpec<"integer", true, false> {
  return new ColumnSpec({ type: "integer", parse: { rule: "integer" } });
}

/** 64 bits. */
export function long(): ColumnSpec<"long", true, false> {
  return new ColumnSpec({ type: "long", parse: { rule: "integer" } });
}

export function double(): ColumnSpec<"double", true, false> {
  return new ColumnSpec({ type: "double", parse: { rule: "number", locale: "plain" } });
}

/** Exact; precision up to 38 digits, `scale` of them after the point. */
export function decimal(
  precision: number,
  scale: number,
  options: { readonly locale?: NumberLocale } = {},
): ColumnSpec<"decimal", true, false> {
  return new ColumnSpec({
    type: decimalType(precision, scale),
    parse: { rule: "number", locale: options.locale ?? "plain" },
  });
}

/** A share of one as decimal(9,6), written in the source as a percentage: `12,5%` is 0.125. */
export function fraction(options: { readonly locale?: NumberLocale } = {}): ColumnSpec<"decimal", true, false> {
  return new ColumnSpec({ type: decimalType(9, 6), parse: { rule: "percent", locale: options.locale ?? "plain" } });
}

export function date(options: { readonly format?: string | readonly string[] } = {}): ColumnSpec<"date", true, false> {
  return new ColumnSpec({ type: "date", parse: { rule: "date", formats: listOf(options.format ?? "%Y-%m-%d") } });
}

/** A wall-clock time without zone: it means the same digits everywhere. */
export function timestamp(
  options: { readonly format?: string | readonly string[] } = {},
): ColumnSpec<"timestamp_ntz", true, false> {
  const formats = listOf(
    options.format ?? ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f"],
  );
  return new ColumnSpec({ type: "timestamp_ntz", parse: { rule: "timestamp", formats } });
}

/** A moment, UTC. */
export function instant(): ColumnSpec<"timestamp", true, true> {
  return new ColumnSpec({ type: "timestamp", parse: { rule: "computed" } });
}

/** A list of texts. */
export function texts(): ColumnSpec<"list", true, true> {
  return new ColumnSpec({
    type: { type: "array", elementType: "string", containsNull: false },
    parse: { rule: "computed" },
  });
}

function listOf(formats: string | readonly string[]): readonly string[] {
  return typeof formats === "string" ? [formats] : formats;
}

export type KindOfSpec<C> = C extends ColumnSpec<infer K, boolean> ? K : never;
