/** Cutting what a channel would not take. Pure. */

/** At most so many bytes of UTF-8, never within a character; `ending` is within them, and says that it was cut. */
export function cutToBytes(text: string, bytes: number, ending = '…'): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const head = Buffer.from(text)
    .subarray(0, Math.max(0, bytes - Buffer.byteLength(ending)))
    .toString('utf8')
    // A character that the cut goes through is dropped rather than shown broken.
    .replace(/\ufffd+$/, '');
  return `${head}${ending}`;
}

/** At most so many characters, as APIs count them (UTF-16), never within one. */
export function cutToCharacters(text: string, characters: number, ending = '…'): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, Math.max(0, characters - ending.length)).replace(/[\ud800-\udbff]$/, '')}${ending}`;
}
