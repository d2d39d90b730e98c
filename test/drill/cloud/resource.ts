import type { CreateResource, Identity } from '../../../drill/cloud/contract.ts';
import { account } from './local-cloud.ts';

type Creators = Readonly<Record<string, CreateResource>> | undefined;

/** Create a resource as a deployment of the stack `test` would. */
export function create(
  creators: Creators,
  type: string,
  properties: Readonly<Record<string, unknown>>,
  { region = 'eu-central-1', logicalId = type.split('::').at(-1)! } = {},
): Identity {
  return creators![type]!({ logicalId, type, properties, stack: 'test', region, account });
}
