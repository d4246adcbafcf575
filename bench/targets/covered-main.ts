/**
 * The gateway with V8's precise coverage: on each SIGUSR2 it writes the calls since the last one to `$COVERAGE_FILE`. The program
 * to run is `$COVERED_MAIN`.
 *
 * @module
 */

import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const { COVERAGE_FILE = '', COVERED_MAIN = '' } = process.env;
delete process.env.COVERAGE_FILE;
delete process.env.COVERED_MAIN;

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
process.on('SIGUSR2', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const files = result
    .map(({ url, functions }) => ({
      url,
      calls: functions.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0),
    }))
    .filter(({ calls }) => calls > 0);
  // Appears whole.
  writeFileSync(`${COVERAGE_FILE}.part`, JSON.stringify(files));
  renameSync(`${COVERAGE_FILE}.part`, COVERAGE_FILE);
});
await import(COVERED_MAIN);
