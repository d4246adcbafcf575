import { messageOf } from './api.ts';
import { h, nodes } from './dom.ts';
import { button } from './elements.ts';
import { go, type View } from './view.ts';

export interface ShellOptions<Context> {
  readonly views: readonly View<Context>[];
  readonly who: string;
  readonly context: (signal: AbortSignal, rest: string) => Context;
  /** In the header, above the way out. */
  readonly aside?: Node;
  readonly onSignOut: () => void;
  /** After a sign-in, when the focused element is gone. */
  readonly takesFocus: boolean;
}

/** Shows the view of the current address until the signal aborts. */
export function runShell<Context>(options: ShellOptions<Context>, over: AbortSignal): HTMLElement {
  const { views, who } = options;
  const main = h('main', { id: 'main' });
  const menu = views.filter(({ within }) => within === undefined);
  const links = menu.map(({ name, title }) => h('a', { href: `#/${name}` }, title));
  let current = new AbortController();

  async function show(takesFocus: boolean): Promise<void> {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    const [, name = '', rest = ''] = /^#\/([^/]*)\/?(.*)$/.exec(window.location.hash) ?? [];
    const view = viewAt(views, name, rest);
    if (view === null) return go(menu[0]?.name ?? '');
    for (const [at, link] of links.entries()) {
      const isHere = menu[at]?.name === (view.within ?? view.name);
      if (isHere) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    const context = options.context(signal, rest);
    const heading = h('h1', { tabindex: '-1' }, view.title);
    document.title = `${view.title} – Console`;
    main.replaceChildren(...nodes([h('div.head', heading, view.headingAction?.(context))]));
    if (takesFocus) heading.focus();
    const content = await Promise.resolve(view.show(context)).catch((error: unknown) =>
      h('p.note.bad', { role: 'alert' }, messageOf(error)),
    );
    if (!signal.aborted) main.append(content);
  }

  const onhashchange = () => void show(true);
  window.addEventListener('hashchange', onhashchange);
  over.addEventListener('abort', () => {
    window.removeEventListener('hashchange', onhashchange);
    current.abort();
  });
  void show(options.takesFocus);

  const skip = (event: Event) => {
    event.preventDefault();
    main.querySelector('h1')?.focus();
  };
  return h(
    'div.shell',
    h('a.skip', { href: '#main', onclick: skip }, 'Skip to content'),
    h(
      'header',
      h(
        'div.brand',
        h('img', { src: 'console/icon.svg', alt: '', width: 28, height: 28 }),
        h('span', 'Console'),
      ),
      h('nav', { 'aria-label': 'Main' }, ...links),
      h(
        'div.who',
        h('p', who),
        options.aside ?? null,
        button('Sign out', options.onSignOut, { class: 'small' }),
      ),
    ),
    main,
  );
}

/** An instance's address is below that of the list. */
function viewAt<Context>(views: readonly View<Context>[], name: string, rest: string): View<Context> | null {
  const wanted = name === 'instances' && rest !== '' ? 'instance' : name;
  return views.find((view) => view.name === wanted) ?? null;
}
