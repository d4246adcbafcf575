import type { ReduClient } from '../support/redu-client.ts';
import type { Attempt } from './foreign-attempts.ts';
import type { Things } from './foreign-things.ts';

/** Ids and names of the right form that nothing has. */
export const NOBODYS: Things = {
  instance: '3c9c5f5c-4acd-414a-aafc-3eab36ea1101',
  address: '192.0.2.99',
  'floating ip': '3c9c5f5c-4acd-414a-aafc-3eab36ea1109',
  port: '3c9c5f5c-4acd-414a-aafc-3eab36ea1102',
  network: '3c9c5f5c-4acd-414a-aafc-3eab36ea1103',
  image: '3c9c5f5c-4acd-414a-aafc-3eab36ea1104',
  'image name': 'nobodys-snapshot',
  keypair: 'nobodys-pair',
  group: '3c9c5f5c-4acd-414a-aafc-3eab36ea1105',
  'group name': 'nobodys-group',
  rule: '3c9c5f5c-4acd-414a-aafc-3eab36ea1106',
  'server group': '3c9c5f5c-4acd-414a-aafc-3eab36ea1107',
  volume: '3c9c5f5c-4acd-414a-aafc-3eab36ea1121',
  snapshot: '3c9c5f5c-4acd-414a-aafc-3eab36ea1122',
  'api key': 'zzzzzzzzzzzz',
  project: '3c9c5f5c4acd414aaafc3eab36ea1108',
  'project name': 'nobodys-project',
};

/** An attempt with the caller's own things, and those of another. */
export function fillIn(
  { path, body, made }: Attempt,
  own: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>>,
) {
  const fill = (text: string) =>
    text.replaceAll(/\{(own )?([a-z ]+)\}/g, (_, isOwn: string | undefined, thing: string) => {
      const value = (isOwn ? own : others)[thing];
      if (value === undefined) throw new Error(`there is no ${thing}`);
      return value;
    });
  return {
    path: fill(path),
    body: body === undefined ? undefined : JSON.parse(fill(JSON.stringify(body))),
    made: made === undefined ? undefined : fill(made),
  };
}

/** What the caller reads of a refusal, without the values that it named itself. */
export async function refusalOf(
  caller: ReduClient,
  method: string,
  tried: Pick<ReturnType<typeof fillIn>, 'path' | 'body'>,
  things: Things,
) {
  const { status, body } = await caller.request(method, tried.path, tried.body);
  const blank = (text: string) =>
    Object.entries(things).reduce((rest, [thing, value]) => rest.replaceAll(value, `{${thing}}`), text);
  return { status, body: JSON.parse(blank(JSON.stringify(body))) };
}
