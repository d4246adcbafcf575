/**
 * Events as server-sent ones, in the words of this dialect.
 *
 * @module
 */

import type { Shown } from '../../traffic/events/changes.ts';
import type { EventWording } from '../../traffic/events/feeds.ts';
import type { Entry } from '../../traffic/events/history.ts';
import { printInstance } from './encode-instance.ts';

const encoder = new TextEncoder();

export const EVENT_ENCODER: EventWording = {
  show: (instance) => ({ state: instance.state, text: printInstance(instance) }),
  gone: ({ text }: Shown) => {
    const state = 'deleted';
    return { state, text: JSON.stringify({ ...JSON.parse(text), status: 'DELETED', state }) };
  },
  ready: (id) => encoder.encode(message('ready', id, '{}')),
  told: (entries) => encoder.encode(entries.map(encodeEvent).join('')),
};

function encodeEvent({ id, change }: Entry): string {
  if (change === null) return message('reset', id, '{}');
  const { kind, shown, previousState, at } = change;
  const rest = JSON.stringify({ previous_state: previousState, at });
  return message(`instance.${kind}`, id, `{"instance":${shown.text},${rest.slice(1)}`);
}

/** JSON has no line breaks. */
function message(event: string, id: string, data: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
