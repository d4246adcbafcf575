/**
 * Events as server-sent ones, in the words of this dialect.
 *
 * @module
 */

import type { InstanceSnapshot, LogEntry } from '../../traffic/events/event-log.ts';
import type { EventEncoder } from '../../traffic/events/feed.ts';
import { printInstance } from './encode-instance.ts';

const encoder = new TextEncoder();

export const EVENT_ENCODER: EventEncoder = {
  encodeInstance: (instance) => ({ state: instance.state, text: printInstance(instance) }),
  asDeleted: ({ text }: InstanceSnapshot) => {
    const state = 'deleted';
    return { state, text: JSON.stringify({ ...JSON.parse(text), status: 'DELETED', state }) };
  },
  encodeReady: (id) => encoder.encode(message('ready', id, '{}')),
  encodeEvents: (entries) => encoder.encode(entries.map(encodeEvent).join('')),
};

function encodeEvent({ id, change }: LogEntry): string {
  if (change === null) return message('reset', id, '{}');
  const { kind, snapshot: shown, previousState, at } = change;
  const rest = JSON.stringify({ previous_state: previousState, at });
  return message(`instance.${kind}`, id, `{"instance":${shown.text},${rest.slice(1)}`);
}

/** JSON has no line breaks. */
function message(event: string, id: string, data: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
