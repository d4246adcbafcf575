/**
 * The pinned `node` package puts Node 24 first for every npm script. When its install script was skipped, npm silently
 * falls back to the machine's Node; the tests must not pass or fail on that one.
 */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  throw new Error(
    `The tests run on ${process.version}, but linguanova needs Node 24 or newer. Run "npm ci" again without --ignore-scripts.`,
  );
}
