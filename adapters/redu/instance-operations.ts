import type { InstanceOperationCalls } from '../../src/compute/instance-operations.ts';
import { decodeHistoryEntry } from '../../src/dialects/redu/decode-responses.ts';
import {
  consoleLogSchema,
  consoleSchema,
  historyEntrySchema,
} from '../../src/dialects/redu/instance-operations.ts';
import { imageInstance, ofInstance } from './instances.ts';
import { operationOf, type ReduSession } from './session.ts';

export function instanceOperations(session: ReduSession): InstanceOperationCalls {
  const pathOf = (id: string, part: string) => `/v1/instances/${id}/${part}`;
  return {
    async listHistory(id) {
      const path = pathOf(id, 'actions');
      const operation = operationOf({ method: 'GET', path });
      const entries = await ofInstance(session, id, operation, () =>
        session.list(path, historyEntrySchema, 'item'),
      );
      return entries.map(decodeHistoryEntry);
    },
    async consoleLog(id, lines) {
      const path = pathOf(id, lines === null ? 'console_log' : `console_log?lines=${lines}`);
      const request = { method: 'GET', path } as const;
      const read = () => session.read(request, 'item', consoleLogSchema);
      return (await ofInstance(session, id, operationOf(request), read)).output;
    },
    openConsole(id, type) {
      const request = { method: 'POST', path: pathOf(id, 'console'), body: { type } } as const;
      const read = () => session.read(request, 'item', consoleSchema);
      return ofInstance(session, id, operationOf(request), read);
    },
    backup: (id, backup) => imageInstance(session, id, { action: 'backup', ...backup }),
  };
}
