import { read } from '../docs/pages.ts';

/** The nginx of CI is older than `resolve` (1.27.3), which follows a container to its new address. */
const WITH_NAMES = / resolve(?=[ ;])|^ *(?:resolver|zone) .*\n/gm;

/**
 * The balancer of compose.yaml.
 *
 * @param listen Its address and port.
 * @param gateways Host and port of both gateways.
 */
export function balancerConfiguration(listen: string, gateways: readonly [string, string]): string {
  return read('deploy/nginx.conf')
    .replaceAll(WITH_NAMES, '')
    .replace('gateway-1:8787', gateways[0])
    .replace('gateway-2:8787', gateways[1])
    .replace('listen 8080;', `listen ${listen};`);
}
