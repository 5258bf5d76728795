import { NotebookError } from "../errors.js";
import type { Cell, Metadata, MimeBundle, Notebook, Output, TextCell } from "./document.js";

/**
 * A notebook from its file content: everything that nbformat 4.5 promises is checked, so that no other code has to.
 *
 * @throws NotebookError that names the place in the document, what was expected there and what was found.
 */
export function parseNotebook(text: string, path: string): Notebook {
  try {
    return toNotebook(parseJson(text));
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw new NotebookError(`not a Jupyter notebook: ${error.place} is not ${error.expected}`, {
      where: { notebook: path },
      expected: error.expected,
      actual: error.actual,
      remedy: "Save the file with Jupyter (nbformat 4.5).",
    });
  }
}

class Mismatch extends Error {
  readonly place: string;
  readonly expected: string;
  readonly actual: string;

  constructor(place: string, expected: string, actual: string) {
    super();
    this.place = place;
    this.expected = expected;
    this.actual = actual;
  }
}

type Json = Readonly<Record<string, unknown>>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mismatch("the file", "JSON", error instanceof Error ? error.message : String(error));
  }
}

function toNotebook(value: unknown): Notebook {
  const document = object(value, "the document");
  if (document["nbformat"] !== 4) mismatch("nbformat", "4", document["nbformat"]);
  const minor = integer(document["nbformat_minor"], "nbformat_minor");
  const cells = array(document["cells"], "cells").map((cell, index) => toCell(cell, index, minor));
  const ids = new Map<string, number>();
  for (const [index, { id }] of cells.entries()) {
    const first = ids.get(id);
    if (first !== undefined) mismatch(`cells[${index}].id`, `an id other than that of cells[${first}]`, id);
    ids.set(id, index);
  }
  const metadata = object(document["metadata"], "metadata");
  return { cells, metadata, nbformat: 4, nbformat_minor: Math.max(minor, 5) };
}

function toCell(value: unknown, index: number, minor: number): Cell {
  const place = `cells[${index}]`;
  const cell = object(value, place);
  const type = oneOf(cell["cell_type"], ["code", "markdown", "raw"], `${place}.cell_type`);
  const base = {
    id: minor < 5 ? `cell-${index + 1}` : cellId(cell["id"], `${place}.id`),
    metadata: toMetadata(cell["metadata"], `${place}.metadata`),
    source: lines(cell["source"], `${place}.source`),
  };
  if (type !== "code") return withAttachments({ ...base, cell_type: type }, cell["attachments"], place);
  const count = cell["execution_count"];
  return {
    ...base,
    cell_type: "code",
    execution_count: count === null ? null : integer(count, `${place}.execution_count`),
    outputs: array(cell["outputs"], `${place}.outputs`).map((output, at) =>
      toOutput(output, `${place}.outputs[${at}]`),
    ),
  };
}

function withAttachments(cell: TextCell, value: unknown, place: string): TextCell {
  if (value === undefined) return cell;
  const attachments = Object.entries(object(value, `${place}.attachments`));
  return {
    ...cell,
    attachments: Object.fromEntries(
      attachments.map(([name, bundle]) => [name, toBundle(bundle, `${place}.attachments.${name}`)]),
    ),
  };
}

function toOutput(value: unknown, place: string): Output {
  const output = object(value, place);
  const types = ["stream", "display_data", "execute_result", "error"] as const;
  const type = oneOf(output["output_type"], types, `${place}.output_type`);
  switch (type) {
    case "stream":
      return {
        output_type: type,
        name: oneOf(output["name"], ["stdout", "stderr"], `${place}.name`),
        text: lines(output["text"], `${place}.text`),
      };
    case "error":
      return {
        output_type: type,
        ename: text(output["ename"], `${place}.ename`),
        evalue: text(output["evalue"], `${place}.evalue`),
        traceback: array(output["traceback"], `${place}.traceback`).map((line, at) =>
          text(line, `${place}.traceback[${at}]`),
        ),
      };
    default: {
      const display = {
        output_type: type,
        data: toBundle(output["data"], `${place}.data`),
        metadata: object(output["metadata"], `${place}.metadata`),
      };
      const count = output["execution_count"];
      return count === undefined
        ? display
        : { ...display, execution_count: count === null ? null : integer(count, `${place}.execution_count`) };
    }
  }
}

function toBundle(value: unknown, place: string): MimeBundle {
  const entries = Object.entries(object(value, place));
  return Object.fromEntries(
    entries.map(([type, data]) => [type, isJson(type) ? data : lines(data, `${place}["${type}"]`)]),
  );
}

function isJson(type: string): boolean {
  return /^application\/(.*\+)?json$/.test(type);
}

function toMetadata(value: unknown, place: string): Metadata {
  const metadata = object(value, place);
  const tags = metadata["tags"];
  if (tags !== undefined) array(tags, `${place}.tags`).map((tag, index) => text(tag, `${place}.tags[${index}]`));
  return metadata;
}

function cellId(value: unknown, place: string): string {
  const id = text(value, place);
  return /^[a-zA-Z0-9_-]{1,64}$/.test(id) ? id : mismatch(place, "1 to 64 letters, digits, hyphens or underscores", id);
}

function lines(value: unknown, place: string): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value.join("");
  return mismatch(place, "a string or a list of strings", value);
}

function text(value: unknown, place: string): string {
  return typeof value === "string" ? value : mismatch(place, "a string", value);
}

function integer(value: unknown, place: string): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0
    ? value
    : mismatch(place, "a whole number", value);
}

function object(value: unknown, place: string): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : mismatch(place, "an object", value);
}

function array(value: unknown, place: string): readonly unknown[] {
  return Array.isArray(value) ? value : mismatch(place, "a list", value);
}

function oneOf<T extends string>(value: unknown, options: readonly T[], place: string): T {
  const found = options.find((option) => option === value);
  return found ?? mismatch(place, `one of ${options.join(", ")}`, value);
}

function mismatch(place: string, expected: string, actual: unknown): never {
  const found = actual === undefined ? "nothing" : JSON.stringify(actual);
  throw new Mismatch(place, expected, found.length > 80 ? `${found.slice(0, 77)}…` : found);
}
