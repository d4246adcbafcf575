// Loaded before the program, and readable by every Node: an old one fails on the program's first line without a word on the reason.
'use strict';
const MINIMUM = [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  console.error(`linguanova: Node ${MINIMUM.join('.')} or newer is needed, and this is ${process.version}`);
  process.exit(1);
}
