import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const MIGRATIONS = join(import.meta.dirname, '../../adapters/sql/migrations/d1');
/** As in `wrangler.toml`. */
const COMPATIBILITY_DATE = '2026-08-01';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';
const SECRET = Buffer.from('thirty-two bytes, for tests only').toString('base64');

/** Isolates of one worker, each with a URL of its own, on one database and the same Durable Objects. */
export interface Workers {
  readonly urls: readonly string[];
  /** Of the first. */
  readonly url: string;
  /** A new key for this customer of the cloud. */
  keyFor(credential: { id: string; secret: string }): Promise<string>;
  /** Takes the Durable Objects that count out of memory; how many were there. */
  evictCounters(): Promise<number>;
  close(): Promise<void>;
}

export interface WorkersOptions {
  /** As `bundled` gives it. */
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly count?: number;
  /** Whether the database gets its tables; true by default. */
  readonly migrate?: boolean;
}

/** Starts workerd with so many isolates. */
export async function startWorkers({
  script,
  variables,
  count = 1,
  migrate = true,
}: WorkersOptions): Promise<Workers> {
  const names = Array.from({ length: count }, (_, index) => `edge-${index}`);
  const [first = ''] = names;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: names.map((name) => ({
        name,
        modules: [{ type: 'ESModule', path: 'worker.js', contents: script }],
        compatibilityDate: COMPATIBILITY_DATE,
        d1Databases: { KEYS: 'keys' },
        durableObjects: {
          LIMITS: {
            className: 'LimitCounter',
            useSQLite: true,
            ...(name !== first && { scriptName: first }),
          },
          EVENTS: {
            className: 'ProjectEvents',
            useSQLite: true,
            ...(name !== first && { scriptName: first }),
          },
        },
        bindings: {
          LINGUANOVA_SECRET: SECRET,
          LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
          LOG_LEVEL: 'silent',
          ...variables,
        },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      })),
    }),
  );
  await miniflare.ready;
  const database = await miniflare.getD1Database('KEYS', first);
  for (const statement of migrate ? migrationStatements() : []) await database.prepare(statement).run();
  const urls = await Promise.all(
    names.map(async (name) => (await miniflare.unsafeGetDirectURL(name)).origin),
  );
  const [url = ''] = urls;
  return {
    urls,
    url,
    async keyFor(credential) {
      const response = await fetch(`${url}/admin/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'test', application_credential: credential }),
      });
      const body = (await response.json()) as { key?: string };
      if (body.key === undefined) throw new Error(`no key: ${response.status} ${JSON.stringify(body)}`);
      return body.key;
    },
    async evictCounters() {
      const ids = await miniflare.listDurableObjectIds('LIMITS', first);
      const evicted = await Promise.all(
        ids.map((id) =>
          miniflare.unsafeEvictDurableObject(first, 'LimitCounter', { id }).then(
            () => 1,
            (error: unknown) => {
              if (error instanceof Error && error.message.includes('not currently running')) return 0;
              throw error;
            },
          ),
        ),
      );
      return evicted.reduce<number>((sum, one) => sum + one, 0);
    },
    close: () => miniflare.dispose(),
  };
}

function migrationStatements(): string[] {
  return readdirSync(MIGRATIONS)
    .sort()
    .flatMap((file) => readFileSync(join(MIGRATIONS, file), 'utf8').split(/;\n/))
    .filter((statement) => statement.trim() !== '');
}
