import { expect, test } from "vitest";
import { storeError } from "../../lib/engine/polars/store_error.js";
import { StorageError } from "../../lib/errors.js";

const HEAD = "Error performing HEAD http://127.0.0.1:9000/lake/t/a.parquet in 1.0ms";

test.each([
  [
    `object-store error: Object at location t/a.parquet not found: ${HEAD} - Server returned non-2xx status code: 404 Not Found: `,
    /does not exist/,
    false,
    "t/a.parquet",
  ],
  [
    `object-store error: The operation lacked the necessary privileges to complete for path t/a.parquet: ${HEAD} - Server returned non-2xx status code: 403 Forbidden: `,
    /access is denied/,
    false,
    "t/a.parquet",
  ],
  [
    `object-store error: Generic S3 error: ${HEAD}, after 2 retries, max_retries: 2, retry_timeout: 10s  - HTTP error: error sending request`,
    /does not answer/,
    true,
    undefined,
  ],
])("what a store has failed is an error that says what to do: %s", (message, meaning, transient, path) => {
  const error = storeError(new Error(message));
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ message: expect.stringMatching(meaning), transient, remedy: expect.any(String) });
  expect((error as StorageError).where.path).toBe(path);
});

test("other errors stay as they are", () => {
  const error = new Error("conversion failed");
  expect(storeError(error)).toBe(error);
});
