import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../bench/free_port.js";
import type { S3Options } from "../../lib/storage/s3_client.js";

/** An S3 server of one's own, which keeps its objects in a folder that goes with it. */
export interface S3Server {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** How to connect. */
  readonly options: S3Options;
  /** The same, by the variables that AWS's tools read. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes a bucket; answers its address. */
  bucket(name: string): string;
  stop(): Promise<void>;
}

/** Starts versitygw, which `TSLAKE_TEST_S3` names. */
export async function startS3Server(): Promise<S3Server> {
  const command = process.env["TSLAKE_TEST_S3"];
  if (!command) throw new Error("TSLAKE_TEST_S3 is not set");
  const folder = fs.mkdtempSync(join(tmpdir(), "tslake-s3-"));
  const port = await freePort();
  const credentials = { accessKeyId: "AKIATESTTESTTEST", secretAccessKey: "verySecretVerySecretVerySecret" };
  const args = ["--port", `127.0.0.1:${port}`, "--quiet", "posix", folder];
  const child = spawn(command, args, {
    env: {
      ...process.env,
      ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
      ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    stdio: "ignore",
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswers(endpoint, child);
  return {
    endpoint,
    credentials,
    options: { endpoint, region: "us-east-1", credentials },
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    bucket: (name) => {
      fs.mkdirSync(join(folder, name), { recursive: true });
      return `s3://${name}`;
    },
    stop: async () => {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilAnswers(endpoint: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`the S3 server ended with status ${child.exitCode}`);
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("the S3 server does not answer");
}
