import { beforeAll, describe, expect, test } from 'vitest';
import { instanceEventSchema } from '../support/event-schemas.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

interface StreamedEvent {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any response of the gateway
  readonly data: any;
}

/** The events of a stream until the consumer stops; uses only `fetch`, so that it runs on every runtime. */
async function* eventsOf(
  { url, key }: ReduClient,
  path: string,
  lastEventId?: string,
): AsyncGenerator<StreamedEvent> {
  const headers = { 'x-api-key': key, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
  const { body, status } = await fetch(url + path, { headers });
  expect(status).toBe(200);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  try {
    for (let text = ''; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      const messages = (text + value).split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const [, event, id, data] = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(message) ?? [];
        if (event !== undefined && id !== undefined) yield { event, id, data: JSON.parse(data ?? '') };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

export function eventConformance(target: () => Target): void {
  describe('events', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    test('streams an instance from creation to deletion, and replays missed events on resume', async () => {
      let created: string | undefined;
      let from: string | undefined;
      const life: StreamedEvent[] = [];
      for await (const event of eventsOf(acme, '/v1/events')) {
        if (event.event === 'ready') {
          from = event.id;
          const body = { name: 'conf-events', flavor_id: 'm1.tiny', image_id: IMAGE };
          created = (await acme.post('/v1/instances', body)).body.id;
        }
        if (event.data.instance?.id !== created) continue;
        life.push(event);
        if (event.data.instance.state === 'error') throw new Error(JSON.stringify(event.data));
        if (event.data.instance.state === 'active') await acme.delete(`/v1/instances/${created}`);
        if (event.event === 'instance.deleted') break;
      }
      expect(life[0]).toMatchObject({ event: 'instance.created', data: { previous_state: null } });
      expect(life.at(-1)?.data.instance).toMatchObject({ status: 'DELETED', state: 'deleted' });
      for (const [n, { data }] of life.entries()) {
        expect(instanceEventSchema.safeParse(data).error, `event ${n}`).toBeUndefined();
        if (n > 0) expect(data.previous_state, `event ${n}`).toBe(life[n - 1]?.data.instance.state);
      }

      const again: StreamedEvent[] = [];
      for await (const event of eventsOf(acme, `/v1/instances/${created}/events`, from)) again.push(event);
      expect(again, 'and then it ends').toEqual(life);
    });

    test('404 for an unknown instance and for one of another project', async () => {
      const globex = await target().globex.client();
      const { id } = await acme.boot({ name: 'conf-unheard', flavor_id: 'm1.tiny', image_id: IMAGE });
      expect((await globex.get(`/v1/instances/${id}/events`)).status).toBe(404);
      await acme.remove(id);
      expect((await acme.get(`/v1/instances/${id}/events`)).status).toBe(404);
    });
  });
}
