/** @module MD5, which Web Crypto does not have and which Nova's key fingerprints are made of. */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32));

/** The 16 bytes of the digest (RFC 1321). */
export function md5(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (message.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(message.length / 2 ** 29), true);

  let state: [number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let offset = 0; offset < padded.length; offset += 64) state = round(state, view, offset);

  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word >>> 0, true);
  return new Uint8Array(digest.buffer);
}

function round(
  before: [number, number, number, number],
  view: DataView,
  offset: number,
): [number, number, number, number] {
  let [a, b, c, d] = before;
  for (let index = 0; index < 64; index++) {
    const quarter = index >> 4;
    const [mixed, word] = mix(quarter, index, b, c, d);
    const sum = (a + mixed + (SINES[index] ?? 0) + view.getUint32(offset + word * 4, true)) | 0;
    const shift = SHIFTS[quarter * 4 + (index & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [(before[0] + a) | 0, (before[1] + b) | 0, (before[2] + c) | 0, (before[3] + d) | 0];
}

function mix(quarter: number, index: number, b: number, c: number, d: number): [mixed: number, word: number] {
  if (quarter === 0) return [(b & c) | (~b & d), index];
  if (quarter === 1) return [(d & b) | (~d & c), (5 * index + 1) & 15];
  if (quarter === 2) return [b ^ c ^ d, (3 * index + 5) & 15];
  return [c ^ (b | ~d), (7 * index) & 15];
}
