// Loaded before the program (--require), and readable by every Node: an old one fails on the program's first line without a word on the reason.
'use strict';
const NEEDED = 24;
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `linguanova: Node ${NEEDED} or newer is needed, and this is ${process.version}: install it, or run "npm ci", which brings one`,
  );
  process.exit(1);
}
