import type { Approval, Input } from './contract.ts';

/** A state that is tried again asks within this time; later it is somebody who runs the machine again. */
const retriedWithinMs = 5 * 60_000;

/**
 * The question as it should stand; undefined to leave it as it is.
 *
 * The state that waits is known by its token. A state that was tried again has another one: the token is replaced
 * while nobody has answered, and people are not asked again. What was answered, or has run out, is asked anew: an
 * answer counts once.
 *
 * @param now milliseconds since the epoch
 */
export function ask(current: Approval | null, input: Input, now: number): Approval | undefined {
  const { incident, gate, question, evidence, taskToken, timeoutSeconds } = input;
  if (current?.taskToken === taskToken) return undefined;
  const askedAt = new Date(now).toISOString();
  const retried =
    current?.state === 'asked' &&
    current.question === question &&
    now - Date.parse(current.askedAt) < retriedWithinMs;
  return {
    incidentId: incident.id,
    gate,
    question,
    evidence,
    askedAt: retried ? current.askedAt : askedAt,
    expiresAt: new Date(now + timeoutSeconds * 1_000).toISOString(),
    state: 'asked',
    taskToken,
  };
}
