/** The TypeScript kernel of JupyterLab: `node bin/kernel.js <connection file>`. See lib/notebook/kernel/kernel.ts. */
"use strict";

require("./node-version.js");

const { fail, load, ROOT, BuildError } = require("./launcher.js");
const { transform } = require("./build.js");
const { LiveLibrary } = require("./live.js");

try {
  const library = new LiveLibrary({ root: ROOT, build: (files) => transform({ root: ROOT, files, BuildError }) });
  load()["notebook kernel"].startKernel({ root: ROOT, connection: process.argv[2], library });
} catch (error) {
  fail(error);
}
