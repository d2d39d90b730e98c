import {
  AwsError,
  type CallContext,
  type CloudService,
  type Foundation,
} from '../../../drill/cloud/contract.ts';
import { WorldClock } from '../../../drill/clock.ts';

export const account = '111111111111';

/** A foundation on the virtual clock that keeps what it is told; a role may do what is not in `denied`. */
export function testFoundation({ start = '2026-11-23T04:00:00Z', denied = [] as string[] } = {}) {
  const clock = new WorldClock({ start: Date.parse(start), speed: Infinity, whileBusy: 'not-at-all' });
  let ids = 0;
  const told: string[] = [];
  const authorized: string[] = [];
  const foundation: Foundation = {
    clock,
    account,
    id: (prefix = '') => `${prefix}${String(++ids).padStart(13, '0')}`,
    authorizer: {
      authorize(principal, { action, resource }) {
        const wanted = `${principal.name} ${action} ${resource}`;
        authorized.push(wanted);
        if (denied.includes(action))
          throw new AwsError('AccessDeniedException', `${wanted} is not allowed`, 403);
      },
      role: (arn) => ({ kind: 'role', arn, name: arn.split('/').at(-1) ?? arn }),
    },
    tell: (actor, event, detail) => told.push([actor, event, detail].filter(Boolean).join(' | ')),
  };
  return { foundation, clock, told, authorized };
}

/** Calls an operation as the person at the keyboard. */
export async function call(
  service: CloudService,
  name: string,
  input: unknown,
  region = 'eu-central-1',
): Promise<Record<string, unknown>> {
  const operation = service.operations[name];
  if (!operation) throw new Error(`no operation ${name}`);
  const context: CallContext = {
    region,
    account,
    principal: { kind: 'operator', arn: `arn:aws:iam::${account}:user/operator`, name: 'operator' },
  };
  return (await operation.run(input as never, context)) as Record<string, unknown>;
}

/** Creates a resource as a stack of the region would. */
export function create(
  service: CloudService,
  type: string,
  properties: Record<string, unknown>,
  { region = 'eu-central-1', logicalId = 'Resource' } = {},
) {
  const maker = service.resources?.[type];
  if (!maker) throw new Error(`no resource ${type}`);
  return maker({ logicalId, type, properties, stack: 'stack', region, account });
}
