/** `src/mcp/protocol.js` with the protocol's library in it, which the package does not depend on; zod is a dependency already. */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { ROOT } from './manifests.ts';

const LIBRARY = '@modelcontextprotocol/server';
const ENTRY = 'src/mcp/protocol.ts';

/** Has copies of libraries of others, under licences of their own, for a validator that servers of the gateway never use. */
const VALIDATOR = `${LIBRARY}/_shims`;
const WITHOUT_VALIDATOR: Plugin = {
  name: 'without-validator',
  resolveId: (id) => (id === VALIDATOR ? `\0${VALIDATOR}` : null),
  load: (id) => (id === `\0${VALIDATOR}` ? 'export class DefaultJsonSchemaValidator {}' : null),
};

export async function bundleProtocol(target: string): Promise<void> {
  const bundle = await rolldown({
    input: join(ROOT, ENTRY),
    platform: 'node',
    // Other relative imports would be bundled twice: the file has none.
    external: /^(zod|node:)/,
    plugins: [WITHOUT_VALIDATOR],
  });
  await bundle.write({ file: join(target, 'src/mcp/protocol.js'), comments: false, minify: true });
  cpSync(join(ROOT, 'node_modules', LIBRARY, 'LICENSE'), join(target, 'src/mcp/LICENSE-of-the-protocol'));
}
