/** Whether `text` is an origin of the web as browsers print it: `https://app.example.org`, with a port where it is no usual one. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
