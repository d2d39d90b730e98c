import { AwsError } from '../contract.ts';
import type { SubscriptionProtocol } from './resources.ts';

const MAX_BYTES = 256 * 1024;

/**
 * What SNS refuses to publish (API reference, Publish): an empty message, one above 256 KiB, and a subject that
 * is not under 100 printable ASCII characters on one line.
 *
 * @throws AwsError `InvalidParameterException` naming the parameter
 */
export function requireValid(input: {
  readonly Message?: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly PhoneNumber?: string | undefined;
}): void {
  const { Message = '', Subject, MessageStructure, PhoneNumber } = input;
  const refuse = (what: string) => {
    throw new AwsError('InvalidParameterException', `Invalid parameter: ${what}`);
  };
  if (PhoneNumber !== undefined)
    refuse('PhoneNumber Reason: the local cloud sends text messages through topics');
  if (Message === '') refuse('Empty message');
  if (Buffer.byteLength(Message) > MAX_BYTES) refuse('Message too long');
  if (Subject !== undefined && !/^[!-~][ -~]{0,98}$/.test(Subject)) refuse('Subject');
  if (MessageStructure !== undefined && MessageStructure !== 'json') refuse('MessageStructure');
  if (MessageStructure === 'json' && structured(Message) === undefined) {
    refuse('Message Structure - No default entry in JSON message body');
  }
}

/** The part of a message with `MessageStructure: json` that is meant for a protocol. */
export function contentFor(protocol: SubscriptionProtocol, message: string): string {
  const parts = structured(message);
  return parts?.[protocol] ?? parts?.['default'] ?? message;
}

function structured(message: string): Record<string, string> | undefined {
  try {
    const parsed: unknown = JSON.parse(message);
    if (parsed === null || typeof parsed !== 'object') return undefined;
    return typeof (parsed as Record<string, unknown>)['default'] === 'string'
      ? (parsed as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}
