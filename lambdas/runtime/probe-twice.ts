import type { HealthEndpoint } from '../assess-primary/contract.ts';
import { probe } from './probe.ts';

/**
 * Ask an endpoint, and once more if it fails: one lost packet must not decide anything.
 *
 * Each try may take 2.5 s, half a second more than Route 53's checkers allow an endpoint to answer
 * (aws-facts §1.4), so an endpoint that they find well is found well here.
 */
export async function probeTwice(
  endpoint: HealthEndpoint,
  options: { readonly address?: string } = {},
): Promise<{ readonly ok: boolean; readonly evidence: string }> {
  const first = await probe(endpoint, { ...options, timeoutMs: 2_500 });
  if (first.ok) return first;
  const second = await probe(endpoint, { ...options, timeoutMs: 2_500 });
  return second.ok ? second : { ok: false, evidence: `${second.evidence}, twice in a row` };
}
