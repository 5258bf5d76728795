import {
  boolean,
  type ColumnSpec,
  date,
  decimal,
  double,
  fraction,
  long,
  text,
  timestamp,
} from "../../contract/column_spec.js";

/** What is written in digits and is no number: nobody adds it up, and its leading zeros count. */
const CODES = /(^|_)(telefone|celular|fone|phone|cep|zip|cpf|cnpj|rg|codigo|code|sku|ean|nif|iban|conta|agencia)(_|$)/;

interface Reading {
  /** What a text must look like. */
  readonly form: RegExp;
  /** One text at least must look so: without it another reading would do as well. */
  readonly telling?: RegExp;
  readonly spec: (values: readonly string[]) => ColumnSpec;
}

const TIME = String.raw`\d{2}:\d{2}:\d{2}`;

const READINGS: readonly Reading[] = [
  { form: /^(true|false)$/i, spec: () => boolean() },
  { form: /^[+-]?(0|[1-9]\d{0,17})$/, spec: () => long() },
  { form: /^\d{4}-\d{2}-\d{2}$/, spec: () => date() },
  { form: /^(0[1-9]|[12]\d|3[01])\/(0[1-9]|1[0-2])\/\d{4}$/, spec: () => date({ format: "%d/%m/%Y" }) },
  { form: new RegExp(String.raw`^\d{4}-\d{2}-\d{2}[ T]${TIME}(\.\d{1,6})?$`), spec: () => timestamp() },
  {
    form: new RegExp(String.raw`^(0[1-9]|[12]\d|3[01])\/(0[1-9]|1[0-2])\/\d{4} ${TIME}$`),
    spec: () => timestamp({ format: "%d/%m/%Y %H:%M:%S" }),
  },
  { form: /^\d{1,3}(\.\d{1,4})?\s*%$/, spec: () => fraction() },
  { form: /^\d{1,3}([.,]\d{1,4})?\s*%$/, spec: () => fraction({ locale: "pt-BR" }) },
  {
    form: /^[+-]?\d{1,16}(\.\d{1,6})?$/,
    telling: /\.(\d{1,2}|\d{4,6})$/,
    spec: (values) => decimal(18, scaleOf(values, ".")),
  },
  {
    form: /^[+-]?(\d{1,3}(\.\d{3}){0,4}|\d{1,15})(,\d{1,6})?$|^[+-]?\d{1,15}\.\d{1,2}$/,
    telling: /,/,
    spec: (values) => decimal(18, scaleOf(values, ","), { locale: "pt-BR" }),
  },
  { form: /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/, telling: /[eE.]/, spec: () => double() },
];

/**
 * The type that all values of a column can be read as. Text when there is none, when two readings are possible that differ,
 * and for codes that are written in digits. A suggestion: the contract is there to be read and changed.
 */
export function suggestColumn(name: string, values: readonly (string | null)[]): ColumnSpec {
  const written = values.flatMap((value) => {
    const trimmed = value?.trim() ?? "";
    return trimmed === "" ? [] : [trimmed];
  });
  if (written.length === 0 || CODES.test(name)) return text();
  const reading = READINGS.find(
    ({ form, telling }) =>
      written.every((value) => form.test(value)) && (telling === undefined || written.some((v) => telling.test(v))),
  );
  return reading?.spec(written) ?? text();
}

/** Digits after the point that the values have: two at least, as money has. */
function scaleOf(values: readonly string[], point: "." | ","): number {
  return Math.max(
    2,
    ...values.map((value) => (value.includes(point) ? value.length - value.lastIndexOf(point) - 1 : 0)),
  );
}
