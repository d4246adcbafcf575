import { AUDIT_ACTIONS, type AuditQuery, type AuditRecord } from '../../../src/access/audit.ts';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { print } from './output.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';
import { withStore } from './with-keys.ts';

const DEFAULT_LIMIT = '100';
const PAGE = 1_000;

type Values = Invocation<'keys audit'>['values'];

export async function run({ values, operands: [keyId] }: Invocation<'keys audit'>): Promise<void> {
  const filter = { ...filterOf(values), keyId };
  const limit = Number(values.limit ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number from 1');
  await withStore(async ({ keys }) => {
    const entries = await entriesOf(keys, filter, limit);
    if (values.json === true) print(JSON.stringify(entries.map(viewOf)));
    else for (const entry of entries) print(lineOf(entry));
  });
}

type Filter = Omit<AuditQuery, 'limit' | 'before'>;

function filterOf({ action, from, to }: Values): Filter {
  const known = AUDIT_ACTIONS.find((one) => one === action);
  if (action !== undefined && known === undefined)
    throw new UsageError(`--action: must be one of ${AUDIT_ACTIONS.join(', ')}`);
  return { action: known, from: timeOf('from', from), to: timeOf('to', to) };
}

function timeOf(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const time = new Date(given);
  if (!/^\d{4}-/.test(given) || Number.isNaN(time.getTime()))
    throw new UsageError(`--${option}: must be a time in ISO 8601, as 2027-01-31T00:00:00Z`);
  return time.toISOString();
}

/** Newest first. */
async function entriesOf(keys: KeyStore, filter: Filter, limit: number): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  for (let before: number | null = null; ; ) {
    const size = Math.min(PAGE, limit - found.length);
    const page: readonly AuditRecord[] = await keys.listAudit({ ...filter, limit: size, before });
    found.push(...page);
    before = page.at(-1)?.sequence ?? null;
    if (page.length < size || found.length === limit) return found;
  }
}

function viewOf({ keyId, requestId, ...entry }: AuditRecord): object {
  return { ...entry, key_id: keyId, request_id: requestId };
}

function lineOf({ at, actor, action, keyId, address, detail }: AuditRecord): string {
  const parts = [at, actor, action, keyId ?? '-', address ?? '-', detail];
  return parts.join('  ').trimEnd().replaceAll(/\p{C}/gu, '?');
}
