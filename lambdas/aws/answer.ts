/** What name servers said, and what it means. Pure. */

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT';

/** What one server said about one name and type. */
export interface Answer {
  /** As it was asked for: `ns-1.awsdns-01.com`, `1.1.1.1`. */
  readonly server: string;
  /** Normalised and sorted; empty when the server says there is none; null when it did not answer. */
  readonly values: readonly string[] | null;
  /** Why there is no answer. */
  readonly silence?: string;
}

/** Values as they compare: lower case, no trailing dot, IPv6 in its short form, sorted. */
export function normalise(type: RecordType, values: readonly string[]): readonly string[] {
  return values.map((value) => normaliseValue(type, value)).sort();
}

function normaliseValue(type: RecordType, value: string): string {
  if (type === 'TXT') return value;
  const plain = value.toLowerCase().replace(/\.$/, '');
  if (type !== 'AAAA') return plain;
  const url = `http://[${plain}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : plain;
}

/** `ns-1.awsdns-01.com answers 192.0.2.10`. */
export function describeAnswer({ server, values, silence }: Answer): string {
  if (values === null) return `${server} does not answer (${silence ?? 'unknown'})`;
  return `${server} answers ${values.length === 0 ? 'with no record' : values.join(', ')}`;
}

export interface CheckersView {
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  readonly evidence: string;
}

/**
 * What Route 53's own health checkers say, read from the TXT pair that fails over with the health check.
 *
 * It is the data plane that answers, so this works while the control plane in us-east-1 is dark. Name servers
 * that contradict each other are in the middle of a change: unknown, and worth asking again. An answer of
 * anything but the two words is unknown too, because nobody knows what it means.
 */
export function checkersView(name: string, answers: readonly Answer[]): CheckersView {
  const evidence = `TXT ${name}: ${answers.map(describeAnswer).join('; ') || 'nobody was asked'}`;
  const words = new Set(answers.flatMap(({ values }) => (values === null ? [] : [values.join(' ')])));
  const [word] = words;
  if (words.size !== 1 || (word !== 'healthy' && word !== 'unhealthy'))
    return { health: 'unknown', evidence };
  return { health: word, evidence };
}
