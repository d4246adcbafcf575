import type { Logger } from '../../src/telemetry/logger.ts';

export const silentLogger: Logger = {
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLogger,
};
