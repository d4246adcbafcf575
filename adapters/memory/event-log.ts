import type { EventLog } from '../../src/traffic/events/event-log.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';

/** Events in this process; for a single gateway. Several without Redis look at a project each for itself. */
export function memoryEventLog(): EventLog {
  return new LocalEventLog();
}
