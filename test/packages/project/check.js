// What a project does with the client first; each runtime runs it.
import { createClient, LinguanovaError } from '@linguanova/client';

export async function check(baseUrl, apiKey) {
  const cloud = createClient({ baseUrl, apiKey });
  const { id } = await cloud.instances.create({
    name: 'packed',
    flavor_id: 'm1.tiny',
    image_id: 'debian-12-amd64',
  });
  const { state } = await cloud.instances.waitUntil(id, 'active');
  let event;
  for await (const one of cloud.events()) {
    event = one.type;
    break;
  }
  const names = [];
  for await (const { name } of cloud.flavors.iterate()) names.push(name);
  await cloud.instances.delete(id);
  const refused = await createClient({ baseUrl, apiKey: 'ln_wrong' })
    .me()
    .catch((error) => error);
  return {
    state,
    event,
    flavors: names.length > 1,
    refused: refused instanceof LinguanovaError && refused.code,
  };
}
