#!/usr/bin/env node

require("../bin/node-version.js");
require("../bin/launcher.js").start("bench");
