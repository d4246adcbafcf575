#!/usr/bin/env node
'use strict';
require('../adapters/node/node-version.cjs');
// Node 22 prints that its SQLite may change; the gateway's tests run on it.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith('SQLite is')) emitWarning.call(process, warning, ...rest);
};
import('../adapters/node/main.js');
