/** A host as browsers print it, IPv6 in brackets. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d+)?$/;

/** Whether `text` is an origin of the web as browsers print it: `https://app.example.org`, with a port where it is no usual one. */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
