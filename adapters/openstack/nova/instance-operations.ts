import * as z from 'zod';
import type { Cloud } from '../../../src/compute/cloud.ts';
import type {
  ConsoleType,
  HistoryEntry,
  InstanceConsole,
  InstanceOperationCalls,
} from '../../../src/compute/instance-operations.ts';
import { neutralAction } from '../../../src/dialects/nova/action-names.ts';
import type { Nova } from './nova.ts';
import { actOnServer, imageServer } from './servers.ts';

const HistoryBody = z.object({
  instanceActions: z.array(
    z.object({
      action: z.string(),
      request_id: z.string(),
      start_time: z.string(),
      message: z.string().nullish(),
      user_id: z.string().nullish(),
    }),
  ),
});
const OutputBody = z.object({ output: z.string().nullish() });
const ConsoleBody = z.object({ remote_console: z.object({ url: z.string() }) });

const PROTOCOLS: Readonly<Record<ConsoleType, string>> = {
  novnc: 'vnc',
  'spice-html5': 'spice',
  'rdp-html5': 'rdp',
  serial: 'serial',
  webmks: 'mks',
};

/** @param ofInstance Runs a call on an instance that the caller may reach; `not_found`. */
export function instanceOperations(
  nova: Nova,
  ofInstance: <T>(id: string, call: () => Promise<T>) => Promise<T>,
): InstanceOperationCalls & Pick<Cloud, 'act' | 'snapshot'> {
  return {
    act: (id, action) => ofInstance(id, () => actOnServer(nova, id, action)),
    snapshot: (id, name, metadata) =>
      ofInstance(id, () => imageServer(nova, id, { createImage: { name, metadata } })),
    backup: (id, { name, type, rotation }) =>
      ofInstance(id, () => imageServer(nova, id, { createBackup: { name, backup_type: type, rotation } })),
    listHistory: (id) => ofInstance(id, () => listHistory(nova, id)),
    consoleLog: (id, lines) => ofInstance(id, () => consoleLog(nova, id, lines)),
    openConsole: (id, type) => ofInstance(id, () => openConsole(nova, id, type)),
  };
}

async function listHistory(nova: Nova, id: string): Promise<HistoryEntry[]> {
  const { instanceActions } = await nova
    .using('historyOfDeleted')
    .get(`/servers/${id}/os-instance-actions`, HistoryBody);
  return instanceActions.map(({ action, request_id, start_time, message, user_id }) => ({
    id: request_id,
    action: neutralAction(action),
    // Printed with microseconds, which are always zero, and without a zone.
    startedAt: `${start_time.slice(0, 19)}Z`,
    message: message ?? null,
    userId: user_id ?? null,
  }));
}

async function consoleLog(nova: Nova, id: string, lines: number | null): Promise<string> {
  const body = { 'os-getConsoleOutput': lines === null ? {} : { length: lines } };
  return (await nova.using().post(`/servers/${id}/action`, body, OutputBody)).output ?? '';
}

async function openConsole(nova: Nova, id: string, type: ConsoleType): Promise<InstanceConsole> {
  const body = { remote_console: { protocol: PROTOCOLS[type], type } };
  const service = nova.needing(type === 'webmks' ? 'mksConsoles' : 'consoles');
  const { remote_console: opened } = await service.post(`/servers/${id}/remote-consoles`, body, ConsoleBody);
  return { type, url: opened.url };
}
