/** Route 53 answers names with a trailing dot, and `*` and other characters as octal escapes. */
export function plainName(name: string | undefined): string {
  return (name ?? '')
    .replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
    .toLowerCase()
    .replace(/\.$/, '');
}
