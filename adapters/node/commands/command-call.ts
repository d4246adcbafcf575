import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import type { CallContext } from '../../../src/compute/cloud.ts';
import type { Config } from '../../../src/config/config.ts';
import { pinoLogger } from '../logger.ts';

const COMMAND_TIMEOUT_MS = 600_000;

/** A command's calls to the cloud; it logs warnings only, unless another level is set. */
export function commandCall(
  config: Config,
  region: string,
  level = config.logLevel === 'info' ? 'warn' : config.logLevel,
): CallContext {
  const log = pinoLogger(level);
  const deadline = deadlineIn(COMMAND_TIMEOUT_MS);
  return { region, deadline, requestId: `req-${crypto.randomUUID()}`, log, trace: new CallTrace() };
}
