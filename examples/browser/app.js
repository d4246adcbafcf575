// A front end on an origin of its own. `client.js` is the client, bundled: examples/README.md.
import { createClient, LinguanovaError } from './client.js';

const form = document.querySelector('#sign-in');
const list = document.querySelector('#instances');
const problem = document.querySelector('#problem');

/** Shows the instances, and each change as it happens. */
async function show(cloud) {
  for await (const event of cloud.events()) {
    if (event.type === 'instance.deleted') list.querySelector(`[data-id="${event.instance.id}"]`)?.remove();
    else if ('instance' in event) put(event.instance);
    else list.replaceChildren(...(await cloud.instances.list()).map(item));
  }
}

function put(instance) {
  const shown = list.querySelector(`[data-id="${instance.id}"]`);
  if (shown) shown.replaceWith(item(instance));
  else list.prepend(item(instance));
}

function item({ id, name, state }) {
  const element = Object.assign(document.createElement('li'), { textContent: `${name}: ${state}` });
  element.dataset.id = id;
  return element;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  problem.textContent = '';
  try {
    await show(createClient(Object.fromEntries(new FormData(form))));
  } catch (error) {
    problem.textContent =
      error instanceof LinguanovaError ? `${error.code}: ${error.message}` : String(error);
  }
});
