import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeError, StorageError, UsageError } from "../../lib/errors.js";
import { openStorage } from "../../lib/storage/open_storage.js";
import { S3Storage } from "../../lib/storage/s3.js";
import type { Storage } from "../../lib/storage/storage.js";
import { describeWith } from "../support/partners.js";
import { type S3Server, startS3Server } from "../support/s3_server.js";
import { storageSuite } from "./suite.js";

const utf8 = new TextEncoder();
const credentials = {
  accessKeyId: "AKIAKEYOFNOBODY",
  secretAccessKey: "secretOfNobody",
  sessionToken: "tokenOfNobody",
};

async function failure(action: Promise<unknown>): Promise<StorageError> {
  const error = await action.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(StorageError);
  return error as StorageError;
}

describeWith("s3", "S3", () => {
  let server: S3Server;
  let made = 0;
  beforeAll(async () => {
    server = await startS3Server();
    server.bucket("lake");
  });
  afterAll(() => server.stop());

  const storage = (): S3Storage => new S3Storage(`s3://lake/${made++}`, server.options);
  storageSuite("S3 below a prefix", storage);
  storageSuite("S3, a bucket", () => new S3Storage(server.bucket(`bucket-${made++}`), server.options));

  test("more objects than one page lists come in order", async () => {
    const lake = storage();
    const paths = Array.from({ length: 1203 }, (_, i) => `_delta_log/${String(i).padStart(20, "0")}.json`);
    for (let i = 0; i < paths.length; i += 50) {
      await Promise.all(paths.slice(i, i + 50).map((path) => lake.put(path, utf8.encode("{}"))));
    }
    expect((await lake.list("_delta_log/")).map(({ path }) => path)).toEqual(paths);
    const after = await lake.list("_delta_log/", { startAfter: paths[99] ?? "" });
    expect(after.map(({ path }) => path)).toEqual(paths.slice(100));
  }, 60_000);

  test("an object of many parts is there as a whole, and replaces another", async () => {
    const lake = storage();
    const bytes = new Uint8Array((40 << 20) + 7).map((_, i) => (i * 31 + (i >> 16)) % 251);
    await lake.put("large", utf8.encode("small"));
    await lake.put("large", bytes);
    expect(Buffer.compare((await lake.read("large")) ?? new Uint8Array(), bytes)).toBe(0);
    const at = (17 << 20) - 3;
    expect(await lake.readRange("large", at, at + 6)).toEqual(bytes.slice(at, at + 6));
    expect(await lake.head("large")).toMatchObject({ size: bytes.length });
  }, 60_000);

  test("wrong credentials, an absent bucket: errors say which, and hold no credentials", async () => {
    const wrongKey = new S3Storage("s3://lake/x", { ...server.options, credentials });
    const wrongSecret = new S3Storage("s3://lake/x", {
      ...server.options,
      credentials: { ...server.credentials, secretAccessKey: credentials.secretAccessKey },
    });
    const noBucket = new S3Storage("s3://no-such-bucket/x", server.options);
    const calls = (one: Storage): Promise<unknown>[] => [
      one.read("a"),
      one.readRange("a", 0, 4),
      one.list(""),
      one.put("a", utf8.encode("x")),
      one.putIfAbsent("a", utf8.encode("x")),
      one.head("a"),
    ];
    for (const [lake, message, remedy] of [
      [wrongKey, /credentials are wrong|access is denied/, /AWS_ACCESS_KEY_ID|credentials/],
      [wrongSecret, /credentials are wrong|access is denied/, /AWS_ACCESS_KEY_ID|credentials/],
      [noBucket, /the bucket no-such-bucket does not exist/, /make the bucket/],
    ] as const) {
      for (const error of await Promise.all(calls(lake).map(failure))) {
        expect(error.message).toMatch(message);
        expect(error.remedy).toMatch(remedy);
        expect(error.transient).toBe(false);
        const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error) + describeError(error);
        for (const secret of [...Object.values(credentials), ...Object.values(server.credentials)]) {
          expect(shown).not.toContain(secret);
        }
      }
    }
  });

  test("a location shows no credentials", async () => {
    const location = await storage().locate("a/b.parquet");
    expect(location.cloudOptions?.["aws_secret_access_key"]).toBe(server.credentials.secretAccessKey);
    const shown = inspect(location, { depth: 9 }) + JSON.stringify({ location });
    expect(shown).not.toContain(server.credentials.secretAccessKey);
    expect(shown).not.toContain(server.credentials.accessKeyId);
  });
});

describe("S3 without a server", () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** A server that answers the first requests so, the others with success. */
  async function answering(
    ...answers: readonly { readonly status: number; readonly code?: string; readonly cut?: boolean }[]
  ): Promise<{ readonly storage: S3Storage; readonly requests: string[] }> {
    const requests: string[] = [];
    let probes = 0;
    const server = createServer((request, response) => {
      // The first conditional write is preceded by a probe: written, refused, removed.
      if (request.url?.includes(".tslake-tmp-")) {
        probes++;
        request.resume().on("end", () => response.writeHead(probes === 2 ? 412 : 200).end());
        return;
      }
      const answer = answers[requests.length];
      requests.push(`${request.method} ${request.headers["if-none-match"] ?? ""}`.trim());
      request.resume().on("end", () => {
        if (answer?.cut) {
          response.writeHead(200, { "content-length": 100 });
          response.write("half");
          setTimeout(() => response.destroy(), 10);
          return;
        }
        response.writeHead(answer?.status ?? 200, { "content-type": "application/xml", etag: '"1"' });
        response.end(answer?.code ? `<Error><Code>${answer.code}</Code><Message>said</Message></Error>` : "{}");
      });
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { storage: new S3Storage("s3://lake/t", { endpoint, credentials }), requests };
  }

  test("throttling is waited out; when it lasts, the error is transient", async () => {
    const slow = { status: 503, code: "SlowDown" };
    const patient = await answering(slow, { status: 500, code: "InternalError" });
    expect(new TextDecoder().decode(await patient.storage.read("x"))).toBe("{}");
    expect(patient.requests).toHaveLength(3);
    process.env["AWS_MAX_ATTEMPTS"] = "2";
    try {
      const { storage } = await answering(slow, slow);
      const error = await failure(storage.put("x", utf8.encode("{}")));
      expect(error.message).toMatch(/asks for fewer requests/);
      expect(error.transient).toBe(true);
    } finally {
      process.env["AWS_MAX_ATTEMPTS"] = undefined;
      delete process.env["AWS_MAX_ATTEMPTS"];
    }
  });

  test("bytes that stop coming are asked for again", async () => {
    const { storage, requests } = await answering({ status: 200, cut: true });
    expect(new TextDecoder().decode(await storage.read("x"))).toBe("{}");
    expect(requests).toEqual(["GET", "GET"]);
  });

  test("a conditional write that is refused is a lost race, unless its first sending won it", async () => {
    const refused = { status: 412, code: "PreconditionFailed" };
    const lost = await answering(refused);
    expect(await lost.storage.putIfAbsent("x", utf8.encode("{}"))).toBe(false);
    expect(lost.requests).toEqual(["PUT *"]);
    const repeated = await answering({ status: 500, code: "InternalError" }, refused);
    expect(await repeated.storage.putIfAbsent("x", utf8.encode("{}"))).toBe(true);
    const other = await answering({ status: 500, code: "InternalError" }, refused);
    expect(await other.storage.putIfAbsent("x", utf8.encode("other"))).toBe(false);
    expect(other.requests).toEqual(["PUT *", "PUT *", "GET"]);
  });

  test("a conditional write that meets another is tried again", async () => {
    const { storage, requests } = await answering({ status: 409, code: "ConditionalRequestConflict" });
    expect(await storage.putIfAbsent("x", utf8.encode("{}"))).toBe(true);
    expect(requests).toEqual(["PUT *", "PUT *"]);
  });

  test("a server without conditional writes is refused by name", async () => {
    const { storage } = await answering({ status: 501, code: "NotImplemented" });
    const error = await failure(storage.putIfAbsent("x", utf8.encode("{}")));
    expect(error.remedy).toMatch(/conditional writes/);
    expect(error.transient).toBe(false);
  });

  test("a server that ignores the condition is refused before anything is written", async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url?.includes(".tslake-tmp-") ? "probe" : request.url}`);
      request.resume().on("end", () => response.writeHead(200).end());
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const storage = new S3Storage("s3://lake/t", { endpoint, credentials });
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await failure(storage.putIfAbsent("x", utf8.encode("{}")));
      expect(error.message).toMatch(/ignores If-None-Match/);
      expect(error.transient).toBe(false);
    }
    expect(new Set(requests)).toEqual(new Set(["PUT probe", "DELETE probe"]));
  });

  test("other answers are explained", async () => {
    for (const [status, code, message, remedy] of [
      [403, "AccessDenied", /access is denied/, /s3:PutObject.*lake/],
      [403, "ExpiredToken", /credentials are wrong or have expired/, /Renew/],
      [301, "PermanentRedirect", /in another region/, /AWS_REGION/],
      [403, "RequestTimeTooSkewed", /clock/, /clock/],
    ] as const) {
      const { storage } = await answering({ status, code }, { status, code });
      const error = await failure(storage.put("x", utf8.encode("{}")));
      expect(error.message, code).toMatch(message);
      expect(error.remedy, code).toMatch(remedy);
    }
  });

  test("an endpoint where nobody listens is unreachable, and that may pass", async () => {
    process.env["AWS_MAX_ATTEMPTS"] = "1";
    const error = await failure(
      new S3Storage("s3://lake/t", { endpoint: "http://127.0.0.1:1", credentials }).list(""),
    ).finally(() => delete process.env["AWS_MAX_ATTEMPTS"]);
    expect(error.message).toMatch(/http:\/\/127.0.0.1:1 cannot be reached/);
    expect(error.transient).toBe(true);
  });

  test("addresses and endpoints that cannot be meant are refused without showing a password", () => {
    for (const uri of ["s3://", "s3://UP/../x", "http://lake", "s3://lake/../x", "s3://a:secret@lake/x"]) {
      expect(() => new S3Storage(uri), uri).toThrow();
    }
    const shown = (make: () => unknown): string => {
      try {
        make();
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        return inspect(error) + describeError(error);
      }
      throw new Error("not refused");
    };
    expect(shown(() => new S3Storage("s3://key:secret@lake/x"))).not.toContain("secret");
    const endpoint = "http://key:secret@host:9000";
    expect(shown(() => new S3Storage("s3://lake", { endpoint }))).not.toContain("secret");
    expect(shown(() => new S3Storage("s3://lake", { endpoint: "127.0.0.1:9000" }))).toMatch(/no URL/);
    expect(new S3Storage("s3a://lake/a/b/").uri).toBe("s3://lake/a/b");
  });
});

describe("storages by address", () => {
  test("are folders or buckets", () => {
    expect(openStorage("some/folder").uri).toBe(join(process.cwd(), "some", "folder"));
    expect(openStorage("s3://lake/a/").uri).toBe("s3://lake/a");
    expect(() => openStorage("gs://lake/a")).toThrow(/no storage for gs/);
  });
});
