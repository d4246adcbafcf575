import { AUDIT_ACTIONS, type AuditRecord } from '../../../src/access/audit.ts';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { print } from './output.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';
import { withStore } from './with-keys.ts';

const DEFAULT_LIMIT = '100';
const PAGE = 1_000;

type Values = Invocation<'keys audit'>['values'];

export async function run({ values, operands: [keyId] }: Invocation<'keys audit'>): Promise<void> {
  const isWanted = filterOf(values, keyId);
  const limit = Number(values.limit ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number from 1');
  await withStore(async ({ keys }) => {
    const entries = await entriesOf(keys, isWanted, limit);
    if (values.json === true) print(JSON.stringify(entries.map(viewOf)));
    else for (const entry of entries) print(lineOf(entry));
  });
}

function filterOf({ action, from, to }: Values, keyId: string | undefined) {
  if (action !== undefined && !AUDIT_ACTIONS.some((one) => one === action))
    throw new UsageError(`--action: must be one of ${AUDIT_ACTIONS.join(', ')}`);
  const since = timeOf('from', from) ?? '';
  const until = timeOf('to', to) ?? '~';
  return (entry: AuditRecord) =>
    (keyId === undefined || entry.keyId === keyId) &&
    (action === undefined || entry.action === action) &&
    entry.at >= since &&
    entry.at < until;
}

function timeOf(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const time = new Date(given);
  if (!/^\d{4}-/.test(given) || Number.isNaN(time.getTime()))
    throw new UsageError(`--${option}: must be a time in ISO 8601, as 2027-01-31T00:00:00Z`);
  return time.toISOString();
}

/** Newest first. */
async function entriesOf(
  keys: KeyStore,
  isWanted: (entry: AuditRecord) => boolean,
  limit: number,
): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  for (let before: number | null = null; ; ) {
    const page: readonly AuditRecord[] = await keys.listAudit({ limit: PAGE, before });
    found.push(...page.filter(isWanted).slice(0, limit - found.length));
    before = page.at(-1)?.sequence ?? null;
    if (page.length < PAGE || found.length === limit) return found;
  }
}

function viewOf({ keyId, requestId, ...entry }: AuditRecord): object {
  return { ...entry, key_id: keyId, request_id: requestId };
}

function lineOf({ at, actor, action, keyId, address, detail }: AuditRecord): string {
  const parts = [at, actor, action, keyId ?? '-', address ?? '-', detail];
  return parts.join('  ').trimEnd().replaceAll(/\p{C}/gu, '?');
}
