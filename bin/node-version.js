// Runs on any Node.js, however old: no newer syntax here than its oldest reader knows.
"use strict";

var parts = process.versions.node.split(".").map(Number);
var old = parts[0] < 20 || (parts[0] === 20 && parts[1] < 19);

if (old || !process.features.require_module) {
  process.stderr.write(
    "tslake needs Node.js 20.19 or newer (22.12 or newer of line 22); this is " + process.versions.node + ".\n",
  );
  process.exit(1);
}
