import { RelationError } from "../errors.js";

/** Throws RelationError unless a constant argument is a whole number in these bounds. */
export function checkInteger(what: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RelationError(`${what} is out of bounds`, {
    expected: `a whole number from ${least} to ${most}`,
    actual: String(value),
  });
}

/** Throws RelationError for an empty text where it would match everywhere. */
export function checkNotEmpty(what: string, value: string): void {
  if (value === "") throw new RelationError(`${what} is empty`, { expected: "at least one character" });
}

/** Throws RelationError unless a text is one character (code point). */
export function checkOneCharacter(what: string, value: string): void {
  if ([...value].length !== 1)
    throw new RelationError(`${what} is no single character`, {
      expected: "one character",
      actual: JSON.stringify(value),
    });
}

/** The fields that a format of dates and times may have; each stands for digits of fixed width, `%f` for one to six. */
const FIELDS = ["%Y", "%m", "%d", "%H", "%M", "%S", "%f"];

/** Throws RelationError for a strftime format with other fields than these, or with `%f` not after a point. */
export function checkTimeFormat(format: string, fields: readonly string[] = FIELDS): void {
  const unknown = (format.match(/%.?/gs) ?? []).find((name) => !fields.includes(name));
  if (unknown !== undefined) {
    throw new RelationError("no such field in a format of dates and times", {
      expected: fields.join(" "),
      actual: unknown,
    });
  }
  if (format.replaceAll(".%f", "").includes("%f")) {
    throw new RelationError("%f stands after a point", { expected: "%S.%f", actual: format });
  }
}

/** Fields of a format of calendar days. */
export const DAY_FIELDS = ["%Y", "%m", "%d"];
