import { expect, test } from "vitest";
import { engineError } from "../../lib/engine/polars/engine_error.js";
import { DataError, StorageError } from "../../lib/errors.js";

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
  const error = engineError(new Error(message));
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ message: expect.stringMatching(meaning), transient, remedy: expect.any(String) });
  expect((error as StorageError).where.path).toBe(path);
});

test.each([
  [
    "conversion from `decimal[29,2]` to `decimal[18,2]` failed in column '\u0001window0' for 1 out of 1 values: [19999999999999999.98]",
    { message: "19999999999999999.98 does not fit the type decimal(18,2)", actual: "decimal(29,2)", where: {} },
  ],
  [
    "conversion from `str` to `i64` failed in column 'literal' for 1 out of 1 values: [\"not a date: 31 de maio\"]",
    { message: "31 de maio does not fit the type date", actual: "string", where: {} },
  ],
  [
    "conversion from `i32` to `i8` failed in column 'ano' for 2 out of 9 values: [2012, 2013]",
    { message: "2012, 2013 does not fit the type byte", actual: "integer", where: { column: "ano" } },
  ],
  [
    "conversion from `decimal[38,0]` to `decimal[38,9]` failed in column 'scalar' for 1 out of 1 values: [7]\n\nResolved plan until failure:\n\n\t---> FAILED HERE RESOLVING 'sink' <---\nDF []",
    { message: "7 does not fit the type decimal(38,9)", where: {} },
  ],
  [
    "overflow in decimal division for 400 / 4",
    { message: "the result of a decimal division has too many digits", actual: "400 / 4, digits without their point" },
  ],
])("a value that does not fit its type is told with it: %s", (message, told) => {
  const error = engineError(new Error(message));
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject(told);
});

test("other errors stay as they are", () => {
  const error = new Error("conversion failed");
  expect(engineError(error)).toBe(error);
});
