import * as z from 'zod';
import { CONSOLE_TYPES } from '../../../compute/instance-operations.ts';
import { decode, decodeBody } from '../../../http/decode.ts';
import { type NovaCall, serverId } from './call.ts';

/** The form of before microversion 2.6, by action. */
export const CONSOLE_ACTIONS: Readonly<Record<string, (typeof CONSOLE_TYPES)[number]>> = {
  'os-getVNCConsole': 'novnc',
  'os-getSPICEConsole': 'spice-html5',
  'os-getRDPConsole': 'rdp-html5',
  'os-getSerialConsole': 'serial',
};

const outputSchema = z.strictObject({
  length: z.coerce.number<number | string>().int().min(0).max(1_000_000).nullish(),
});

const remoteConsoleSchema = z.strictObject({
  remote_console: z.strictObject({
    protocol: z.enum(['vnc', 'spice', 'rdp', 'serial', 'mks']),
    type: z.enum(CONSOLE_TYPES),
  }),
});

export async function consoleOutput(
  { c, cloud }: NovaCall,
  id: string,
  argument: unknown,
): Promise<Response> {
  const { length } = decode(outputSchema, argument);
  const output = await cloud.consoleLog(id, length || null);
  return c.json({ output: length === 0 ? '' : output });
}

export async function consoleAction(
  { c, cloud }: NovaCall,
  id: string,
  action: string,
  argument: unknown,
): Promise<Response> {
  const type = z.enum(CONSOLE_TYPES).extract([CONSOLE_ACTIONS[action] ?? 'novnc']);
  const given = decode(z.strictObject({ type }), argument);
  return c.json({ console: await cloud.openConsole(id, given.type) });
}

/** `POST /servers/{id}/remote-consoles`, from microversion 2.6 on. */
export async function openRemoteConsole({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { remote_console: wanted } = await decodeBody(c, remoteConsoleSchema);
  const { type, url } = await cloud.openConsole(id, wanted.type);
  return c.json({ remote_console: { protocol: wanted.protocol, type, url } });
}
