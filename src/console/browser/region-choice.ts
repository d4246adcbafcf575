import { chooseRegion, region, regionlessClient } from './api.ts';
import { h } from './dom.ts';
import { same, select } from './field.ts';

/** Selects the region of the tab. Hidden while there is only one to choose. */
export function regionChoice(signal: AbortSignal): HTMLElement {
  const choice = select('region', []);
  choice.setAttribute('aria-label', 'Region');
  choice.hidden = true;
  choice.addEventListener('change', () => chooseRegion(choice.value));
  regionlessClient.regions.list({}, { signal }).then(
    (regions) => {
      const names = regions.map(({ name }) => name);
      const current = region === '' ? regions.find((one) => one.default)?.name : region;
      if (current !== undefined && names.includes(current)) {
        choice.replaceChildren(...same(names).map(([value, label]) => h('option', { value }, label)));
        choice.value = current;
        choice.hidden = names.length < 2;
      } else if (names[0] !== undefined) {
        // The tab's region is that of another key.
        chooseRegion(names[0]);
      }
    },
    // The views show why the cloud does not respond.
    () => {},
  );
  return choice;
}
