import { isJsonObject, stringifyJson } from "./json.js";

/**
 * A file's `stats` text from a checkpoint's `stats_parsed` (protocol, "Checkpoint Schema"), which holds the same as a
 * struct of the columns' types; undefined when there is nothing in it.
 */
export function statsText(struct: unknown): string | undefined {
  return isJsonObject(struct) && Object.keys(struct).length > 0 ? stringifyJson(struct) : undefined;
}
