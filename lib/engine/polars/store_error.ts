import { StorageError } from "../../errors.js";

/** What Polars throws when a store fails it, as an error that says what to do; any other error as it is. */
export function storeError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  if (!message.startsWith("object-store error")) return error;
  const said = message.slice("object-store error: ".length).trim();
  const [, path = ""] = /\b(?:location|path) (\S+?)(?: not found)?:/.exec(said) ?? [];
  const [meaning, remedy, transient] = explain(said);
  return new StorageError(`Could not read data files: ${meaning}`, {
    where: path === "" ? {} : { path },
    actual: said,
    remedy,
    transient,
  });
}

function explain(said: string): readonly [meaning: string, remedy: string, transient: boolean] {
  if (/ not found:/.test(said)) {
    return ["one that the log names does not exist", "Restore the file, or the table to a version without it.", false];
  }
  if (/necessary privileges|40[13] /.test(said)) {
    return ["access is denied", "Allow s3:GetObject on the bucket, or use other credentials.", false];
  }
  return ["the store does not answer as it should", "Check the endpoint and the network, and run again.", true];
}
