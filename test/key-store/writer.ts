/**
 * A process of its own that inserts keys: `writer.ts DATABASE_URL PREFIX COUNT`. Opens the store when something comes on
 * its standard input, and prints the id of each key when the store has acknowledged it, on a line of its own. Ends with
 * the code of the error that stopped it, if any.
 */

import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { hasCode } from '../../src/compute/errors.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';

const IN_FLIGHT = 4;

const [url = '', prefix = '', count = ''] = process.argv.slice(2);
await once(process.stdin, 'data');
process.stdin.unref();

try {
  const store = await openKeyStore(url);
  let started = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (started < Number(count)) {
        started += 1;
        const id = `${prefix}-${started}`;
        await store.insert(storedKey(id), auditEntry({ keyId: id }));
        writeSync(1, `${id}\n`);
      }
    }),
  );
  await store.close();
} catch (error) {
  const code = hasCode(error, 'unavailable') ? 'unavailable' : String(error);
  writeSync(2, code);
  process.exitCode = 1;
}
