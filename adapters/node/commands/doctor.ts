import { openKeyStore } from '../../sql/open.ts';
import { pinoLogger } from '../logger.ts';
import { prometheusMetrics } from '../prometheus.ts';
import { cloudOf, configuration, openStackOf, redisOf, serverSecret } from '../wiring.ts';
import { commandCall } from './command-call.ts';
import { formatReport, runChecks } from './doctor-checks.ts';
import { print } from './output.ts';
import { chosenRegions } from './regions.ts';
import type { Invocation } from './specification.ts';

export async function run({ values }: Invocation<'doctor'>): Promise<void> {
  const config = configuration();
  const { openStack } = config;
  const { clouds } = cloudOf(config);
  const operatorDriver =
    openStack === null || openStack.serviceAccount === null ? null : openStackOf(openStack, config.regions);
  const results = await runChecks({
    config,
    importSecret: () => serverSecret(config),
    openKeys: () => openKeyStore(config.databaseUrl),
    openRedis: () => redisOf(config, pinoLogger('silent'), prometheusMetrics()),
    clouds,
    operatorCloud: operatorDriver === null ? null : operatorDriver.openAsServiceAccount,
    regions: () => chosenRegions((operatorDriver ?? clouds).regions, values.region),
    isServed: (region) => (operatorDriver ?? clouds).regions.resolve(region) != null,
    // The results report what the log would.
    call: () => commandCall(config, clouds.regions.default, 'silent'),
  });
  print(values.json === true ? JSON.stringify(results) : formatReport(results));
  await Promise.all([clouds.close(), operatorDriver?.close()]);
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
}
