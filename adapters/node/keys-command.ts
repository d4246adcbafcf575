import { parseArgs } from 'node:util';
import type { IdentityProvider } from '../../src/access/identity-provider.ts';
import { type Actor, type IssuedKey, issueKey, rotateKey } from '../../src/access/issue-key.ts';
import { allKeys } from '../../src/access/key-list.ts';
import {
  credentialOf,
  keyRequestOf,
  keyView,
  newKeySchema,
  rotationSchema,
} from '../../src/access/key-schemas.ts';
import type { KeyFilter, KeyStore, StoredKey } from '../../src/access/key-store.ts';
import { reachOf, revokeKey } from '../../src/access/revoke-key.ts';
import type { ServerSecret } from '../../src/access/server-secret.ts';
import { wallTime } from '../../src/clock.ts';
import type { CallContext, CloudCredential } from '../../src/compute/cloud.ts';
import { decode } from '../../src/http/decode.ts';
import { SCOPES } from '../../src/scopes.ts';
import { secretArgument } from './secret-argument.ts';

export const KEYS_USAGE = `linguanova keys create --name N (--project-id P | --application-credential-id I --application-credential-secret S
                       | --redu-key K) [--scopes a,b] [--plan p] [--expires-at T] [--cidr C]...
                       [--origin O]...
linguanova keys list [--project-id P]
linguanova keys show ID
linguanova keys revoke ID [--family]     --family: with its predecessors and successors
linguanova keys reseal-status            number of keys that still need LINGUANOVA_SECRET_PREVIOUS
linguanova keys rotate ID [--overlap SECONDS] [--application-credential-secret S]
                                         S: for a key that carries a credential.
                                         S and K: - reads standard input, @PATH a file.
                                         --json everywhere: print JSON
Scopes: ${SCOPES.join(', ')}`;

export interface KeysContext {
  readonly keys: KeyStore;
  readonly identities: IdentityProvider;
  readonly secret: ServerSecret;
  readonly plans: readonly string[];
  readonly call: CallContext;
  readonly print: (text: string) => void;
}

/** Invalid use of the command line; the message explains the usage. */
export class UsageError extends Error {}

const ACTOR: Actor = { actor: 'cli', address: null, requestId: null };

/** `linguanova keys ...`: works on the database itself, whether or not a gateway runs. */
export async function runKeys(args: readonly string[], context: KeysContext): Promise<void> {
  const { values, positionals } = parse(args);
  const [verb, id, ...rest] = positionals;
  if (rest.length > 0)
    throw new UsageError(`linguanova keys ${verb} takes one id, not also ${rest.join(' ')}`);
  const json = values.json ?? false;
  const show = (shown: object | readonly object[]) =>
    context.print(json ? JSON.stringify(shown) : table(shown));
  const given = (): string => {
    if (id === undefined) throw new UsageError(`linguanova keys ${verb} needs the id of a key`);
    return id;
  };
  switch (verb) {
    case 'create':
      return show(viewWithSecret(await create(values, context)));
    case 'list':
      return show((await Array.fromAsync(allKeys(context.keys, projectFilter(values)))).map(keyView));
    case 'show':
      return show(keyView(await findKey(context, given())));
    case 'revoke': {
      const key = await findKey(context, given());
      await revokeKey(
        context.keys,
        context.identities,
        key.id,
        values.family ? 'family' : reachOf(key),
        ACTOR,
        context.call,
      );
      return show(keyView(await findKey(context, key.id)));
    }
    case 'reseal-status':
      return show(await resealStatus(context));
    case 'rotate':
      return show(viewWithSecret(await rotate(await findKey(context, given()), values, context)));
    default:
      throw new UsageError(KEYS_USAGE);
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: text,
        'project-id': text,
        'application-credential-id': text,
        'application-credential-secret': text,
        'redu-key': text,
        scopes: text,
        plan: text,
        'expires-at': text,
        cidr: { ...text, multiple: true },
        origin: { ...text, multiple: true },
        overlap: text,
        family: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n${KEYS_USAGE}`);
  }
}

async function create(values: Values, context: KeysContext): Promise<IssuedKey> {
  const credentialId = values['application-credential-id'];
  const credentialSecret = secretOf(values, 'application-credential-secret');
  const body = decode(newKeySchema, {
    name: values.name,
    project_id: values['project-id'],
    application_credential:
      credentialId === undefined && credentialSecret === undefined
        ? undefined
        : { id: credentialId, secret: credentialSecret },
    redu_key: secretOf(values, 'redu-key'),
    scopes: values.scopes?.split(','),
    plan: values.plan,
    expires_at: values['expires-at'],
    allowed_cidrs: values.cidr,
    allowed_origins: values.origin,
  });
  if (!context.plans.includes(body.plan)) throw new UsageError(`--plan: one of ${context.plans.join(', ')}`);
  const credential = credentialOf(body);
  const request = keyRequestOf(body, credential, await identify(context, credential));
  return issueKey(context.keys, context.secret, request, ACTOR);
}

async function resealStatus({ keys, secret }: KeysContext): Promise<object> {
  const { others, unmarked } = await keys.secrets.countSealed(secret.check, wallTime());
  const stored = await keys.secrets.find();
  // Before the first rotation there is only one secret.
  const isFirst = stored === null || (stored.previous === null && stored.current.check === secret.check);
  return { need_previous_secret: isFirst ? 0 : others + unmarked };
}

/** Rejects an empty value: an unset shell variable must not end a key immediately. */
function overlapOf(given: string | undefined): number {
  const seconds = given === undefined ? undefined : given.trim() === '' ? Number.NaN : Number(given);
  const parsed = rotationSchema.safeParse({ overlap_seconds: seconds });
  if (!parsed.success) throw new UsageError('--overlap takes whole seconds, at most 30 days');
  return parsed.data.overlap_seconds;
}

/** @throws UsageError when it cannot be read. */
function secretOf(values: Values, option: 'application-credential-secret' | 'redu-key'): string | undefined {
  try {
    return secretArgument(option, values[option]);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function rotate(key: StoredKey, values: Values, context: KeysContext): Promise<IssuedKey> {
  const overlap = overlapOf(values.overlap);
  if (key.kind === 'redu_key') {
    throw new UsageError(
      'This key contains a redu key sealed with the customer’s secret: the customer has to rotate it, or issue a new key.',
    );
  }
  const secret = secretOf(values, 'application-credential-secret');
  if (key.cloudCredentialId !== null && secret === undefined) {
    throw new UsageError(
      'The credential of this key is sealed with the customer’s half: give --application-credential-secret again.',
    );
  }
  const credential: CloudCredential =
    key.cloudCredentialId === null
      ? { kind: 'service', projectId: key.projectId }
      : { kind: 'application_credential', id: key.cloudCredentialId, secret: secret ?? '' };
  await identify(context, credential);
  return rotateKey(context.keys, context.secret, key.id, credential, overlap, ACTOR);
}

async function identify({ identities, call }: KeysContext, credential: CloudCredential) {
  const caller = await identities.identify(credential, call);
  if (caller === null)
    throw new UsageError('The cloud rejects this credential, or the service account in this project.');
  return caller;
}

async function findKey({ keys }: KeysContext, id: string): Promise<StoredKey> {
  const key = await keys.find(id);
  if (key === null) throw new UsageError(`There is no key ${id}.`);
  return key;
}

function projectFilter({ 'project-id': projectId }: Values): KeyFilter {
  return projectId === undefined ? {} : { projectId };
}

function viewWithSecret({ key, text }: IssuedKey): object {
  return { ...keyView(key), key: text };
}

const COLUMNS = ['id', 'name', 'state', 'project_id', 'scopes', 'plan', 'expires_at', 'last_used_at'];

/** One thing as lines of field and value, a list as columns. */
function table(shown: object | readonly object[]): string {
  const cell = (value: unknown) =>
    Array.isArray(value) ? value.join(',') : value === null ? '-' : String(value);
  if (!Array.isArray(shown)) {
    const width = Math.max(...Object.keys(shown).map((field) => field.length));
    return Object.entries(shown)
      .map(([field, value]) => `${field.padEnd(width)}  ${cell(value)}`)
      .join('\n');
  }
  const rows = [COLUMNS, ...shown.map((row) => COLUMNS.map((column) => cell(row[column])))];
  const widths = COLUMNS.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
