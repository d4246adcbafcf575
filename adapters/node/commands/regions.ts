import type { ServedRegions } from '../../../src/compute/regions.ts';
import { UsageError } from './usage-error.ts';

/**
 * The regions that a command is about: that of `--region`, else all that are served.
 *
 * @param regions Those of a driver that has read a catalog.
 * @throws UsageError for one that is not served.
 */
export function chosenRegions(regions: ServedRegions, name: string | undefined): readonly string[] {
  if (name === undefined) return regions.served();
  const region = regions.resolve(name);
  if (region != null) return [region];
  const served = regions.served().filter((one) => one !== '');
  throw new UsageError(
    `--region: ${name} is not served; LINGUANOVA_REGIONS serves ${served.join(', ') || 'one region only'}`,
  );
}
