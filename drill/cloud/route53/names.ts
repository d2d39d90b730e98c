/** Domain names as Route 53 treats them. */

/** Absolute, lower case, `*` unescaped: the form in which names compare. */
export function absolute(name: string): string {
  const plain = name.toLowerCase().replaceAll('\\052', '*');
  return plain.endsWith('.') ? plain : `${plain}.`;
}

/** As the API lists it: `*` is written `\052`. */
export function listed(name: string): string {
  return name.replaceAll('*', '\\052');
}

export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The name one label up; undefined at a top level. */
export function parentOf(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot < 0 || dot === name.length - 1 ? undefined : name.slice(dot + 1);
}

/** Order of ListResourceRecordSets: labels reversed, so that a zone's apex comes first. */
export function listingKey(name: string): string {
  return listed(name).split('.').reverse().join('\u0000');
}

/**
 * As IAM's condition key `route53:ChangeResourceRecordSetsNormalizedRecordNames` holds it: lower case, without
 * trailing dot, everything but letters, digits, `-`, `_` and `.` as a three-digit octal escape.
 */
export function normalizedForIam(name: string): string {
  return absolute(name)
    .slice(0, -1)
    .replace(/[^a-z0-9\-_.\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** Why a name cannot be one, in Route 53's words; undefined when it can. */
export function nameFault(name: string): string | undefined {
  const labels = name.replace(/\.$/, '').split('.');
  if (labels.some((label) => label === ''))
    return `DomainLabelEmpty (Domain label is empty) encountered with '${name}'`;
  if (labels.some((label) => label.length > 63))
    return `DomainLabelTooLong (Domain label is too long) encountered with '${name}'`;
  if (name.length > 255) return `DomainNameTooLong (Domain name is too long) encountered with '${name}'`;
  const odd = /[^\x21-\x7e]/.exec(name);
  if (odd) return `UnsupportedCharacter (Value contains unsupported characters) encountered with '${odd[0]}'`;
  return undefined;
}
