import type { IssuedKey } from '../../../src/access/issue-key.ts';
import type { CloudCredential } from '../../../src/compute/cloud.ts';
import { type Config, isLoopback } from '../../../src/config/config.ts';
import { CONFIG_FORMATS, configRegion, SECRET_PLACEHOLDER, toolConfig } from '../../../src/tool-config.ts';
import { UsageError } from './usage-error.ts';
import type { IssuingContext } from './with-keys.ts';

/** What `--config` prints of a key. */
export type RenderConfig = (issued: IssuedKey) => string;

/**
 * Everything that can fail fails here, before a key is issued whose text would be lost.
 *
 * @param bound Names of the regions that the key may use; null: all. @throws UsageError, ComputeError.
 */
export async function configOption(
  given: string,
  { clouds, config, call, services: served }: IssuingContext,
  credential: CloudCredential,
  bound: readonly string[] | null,
): Promise<RenderConfig> {
  const format = CONFIG_FORMATS.find((one) => one === given);
  if (format === undefined) throw new UsageError(`--config: must be one of ${CONFIG_FORMATS.join(', ')}`);
  const region = configRegion(await clouds.listRegions(credential, call), bound);
  const source = { url: publicUrlOf(config), region, hasNova: true, served };
  const render = (keyId: string, key: string) => toolConfig(format, { ...source, keyId, key }).trimEnd();
  render('', SECRET_PLACEHOLDER);
  return ({ key, text }) => render(key.id, text);
}

function publicUrlOf({ publicUrl, host, port }: Config): string {
  if (publicUrl !== null) return publicUrl.replace(/(?<!\/)\/+$/, '');
  if (!isLoopback(host))
    throw new UsageError(
      '--config needs LINGUANOVA_PUBLIC_URL, the address by which customers reach the gateway',
    );
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
