import type { IdentityProvider } from '../../../src/access/identity-provider.ts';
import type { Actor } from '../../../src/access/issue-key.ts';
import type { KeyStore, StoredKey } from '../../../src/access/key-store.ts';
import { SecretCheck, WRONG_SECRET } from '../../../src/access/secret-check.ts';
import type { ServerSecret } from '../../../src/access/server-secret.ts';
import type { CallContext, CloudDriver } from '../../../src/compute/cloud.ts';
import type { Config } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { openKeyStore } from '../../sql/open.ts';
import { cloudOf, configuration, serverSecret } from '../wiring.ts';
import { commandCall } from './command-call.ts';
import { UsageError } from './usage-error.ts';

export const ACTOR: Actor = { actor: 'cli', address: null, requestId: null };

export interface StoreContext {
  readonly keys: KeyStore;
  readonly plans: readonly string[];
  readonly services: ReadonlySet<string>;
}

export interface IssuingContext extends StoreContext {
  readonly config: Config;
  readonly clouds: Pick<CloudDriver, 'listRegions'>;
  readonly identities: IdentityProvider;
  readonly secret: ServerSecret;
  readonly call: CallContext;
}

/** For commands that need neither the cloud nor the secret; the secret is checked where it is set. */
export async function withStore(work: (context: StoreContext) => Promise<void>): Promise<void> {
  const config = configuration({ needsCloud: false, needsSecret: false });
  const keys = await openKeyStore(config.databaseUrl);
  try {
    if (config.secret !== null) await assertSecret(keys, await serverSecret(config));
    const { limits, services } = config;
    await work({ keys, services, plans: limits.plans.map(({ name }) => name) });
  } finally {
    await keys.close();
  }
}

/**
 * For commands that call the cloud.
 *
 * @param needs Without `opensKeys` the secret may be missing, and then no cloud need be configured.
 */
export async function withCloud(
  { opensKeys }: { readonly opensKeys: boolean },
  work: (context: IssuingContext) => Promise<void>,
): Promise<void> {
  const config = configuration({ needsCloud: opensKeys, needsSecret: opensKeys });
  const { clouds } = cloudOf(config);
  const keys = await openKeyStore(config.databaseUrl);
  try {
    const secret = await serverSecret(config);
    if (opensKeys || config.secret !== null) await assertSecret(keys, secret);
    const plans = config.limits.plans.map(({ name }) => name);
    const { services } = config;
    await work({
      config,
      clouds,
      keys,
      plans,
      services,
      secret,
      identities: clouds.identities,
      call: commandCall(config, clouds.regions.default),
    });
  } finally {
    await Promise.all([clouds.close(), keys.close()]);
  }
}

async function assertSecret(keys: KeyStore, secret: ServerSecret): Promise<void> {
  if (!(await new SecretCheck(keys.secrets, secret).adopt(false)))
    throw new ConfigError('LINGUANOVA_SECRET', WRONG_SECRET);
}

export async function findKey(keys: KeyStore, id = ''): Promise<StoredKey> {
  const key = await keys.find(id);
  if (key === null) throw new UsageError(`There is no key ${id}.`);
  return key;
}
