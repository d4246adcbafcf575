/** Creates elements. Texts become text nodes, so user input is never parsed as markup. */

export type Child = Node | string | number | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: Event) => unknown);
/** Attributes and listeners (`onclick`); true is an attribute without a value, false and null omit it. */
export type Props = Readonly<Record<string, Value>>;
type Content = readonly Child[] | readonly [Props, ...Child[]];

type Tag = keyof HTMLElementTagNameMap;
type ElementOf<T> = T extends `${infer K extends Tag}.${string}`
  ? HTMLElementTagNameMap[K]
  : T extends Tag
    ? HTMLElementTagNameMap[T]
    : never;

/** An HTML element. `div.row.spread` has two classes. */
export function h<T extends Tag | `${Tag}.${string}`>(tag: T, ...content: Content): ElementOf<T> {
  const [name = '', ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(' ');
  return fill(element, content) as ElementOf<T>;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  ...content: Content
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), content);
}

function fill<E extends Element>(element: E, content: Content): E {
  const [first, ...rest] = content;
  const hasProps = typeof first === 'object' && first !== null && !(first instanceof Node);
  for (const [name, value] of Object.entries(hasProps ? first : {})) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...nodes((hasProps ? rest : content) as readonly Child[]));
  return element;
}

/** Without null, undefined and false. */
export function nodes(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

let ids = 0;

export function freshId(): string {
  ids += 1;
  return `e${ids}`;
}
