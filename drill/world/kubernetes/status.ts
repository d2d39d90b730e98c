import { resourceName, type Kind } from './kinds.ts';

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

interface Details {
  readonly retryAfterSeconds?: number;
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly Cause[];
}

/** A refusal of the API: answered as a `Status` object, in Kubernetes' own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  readonly reason: string;
  readonly details: Details | undefined;

  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  status(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

type Named = Pick<Kind, 'group' | 'plural'>;

const details = ({ group, plural }: Named, name: string): Details => ({
  name,
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const unauthorized = () => new Refusal(401, 'Unauthorized', 'Unauthorized');

export const badRequest = (message: string) => new Refusal(400, 'BadRequest', message);

export const noSuchPath = () =>
  new Refusal(404, 'NotFound', 'the server could not find the requested resource', {});

export const notFound = (kind: Named, name: string) =>
  new Refusal(404, 'NotFound', `${resourceName(kind)} "${name}" not found`, details(kind, name));

export const alreadyExists = (kind: Named, name: string) =>
  new Refusal(409, 'AlreadyExists', `${resourceName(kind)} "${name}" already exists`, details(kind, name));

export const conflict = (kind: Named, name: string) =>
  new Refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    details(kind, name),
  );

export const applyConflict = (conflicts: readonly { readonly manager: string; readonly field: string }[]) => {
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  const each = conflicts.map(({ manager, field }) => `conflict with "${manager}": ${field}`);
  const causes = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}"`,
    field,
  }));
  return new Refusal(409, 'Conflict', `Apply failed with ${count}: ${each.join(', ')}`, { causes });
};

export const methodNotAllowed = () =>
  new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const unsupportedMediaType = (accepted: readonly string[]) =>
  new Refusal(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    {},
  );

export const expired = (asked: string, oldest: number) =>
  new Refusal(410, 'Expired', `too old resource version: ${asked} (${oldest})`);

const reasons = {
  'Invalid value': 'FieldValueInvalid',
  'Required value': 'FieldValueRequired',
  Forbidden: 'FieldValueForbidden',
  'Too long': 'FieldValueTooLong',
  'Unsupported value': 'FieldValueNotSupported',
} as const;

/** What is wrong with one field. */
export interface FieldError {
  readonly field: string;
  readonly problem: keyof typeof reasons;
  readonly value?: unknown;
  readonly detail: string;
}

export function invalid(
  kind: Pick<Kind, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): Refusal {
  const causes = errors.map(({ field, problem, value, detail }) => ({
    reason: reasons[problem],
    message:
      value === undefined ? `${problem}: ${detail}` : `${problem}: ${JSON.stringify(value)}: ${detail}`,
    field,
  }));
  const each = causes.map(({ field, message }) => `${field}: ${message}`);
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new Refusal(
    422,
    'Invalid',
    `${what} "${name}" is invalid: ${each.length === 1 ? each.join('') : `[${each.join(', ')}]`}`,
    { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.kind, causes },
  );
}
