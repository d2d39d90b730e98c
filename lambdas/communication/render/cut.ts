/** Cutting what a channel would not take. Pure. */

/**
 * At most so many bytes of UTF-8, never within a character. `ending` is within them and says that it was cut; where not
 * even that has room, nothing says so.
 */
export function cutToBytes(text: string, bytes: number, ending = '…'): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const room = bytes - Buffer.byteLength(ending);
  if (room < 0) return ending === '' ? '' : cutToBytes(text, bytes, '');
  const all = Buffer.from(text);
  let end = room;
  // The bytes of a character after its first are 10xxxxxx.
  while (end > 0 && ((all[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${all.subarray(0, end).toString('utf8')}${ending}`;
}

/** At most so many characters, as APIs count them (UTF-16), never within one; `ending` likewise. */
export function cutToCharacters(text: string, characters: number, ending = '…'): string {
  if (text.length <= characters) return text;
  const room = characters - ending.length;
  if (room < 0) return ending === '' ? '' : cutToCharacters(text, characters, '');
  return `${text.slice(0, room).replace(/[\ud800-\udbff]$/, '')}${ending}`;
}
