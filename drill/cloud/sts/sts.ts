import type { GetCallerIdentityRequest, GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import { operation, type CloudService, type Foundation } from '../contract.ts';

/** AWS STS: who am I; needs no permission, as in AWS. */
export function securityTokens({ account }: Foundation): { readonly service: CloudService } {
  return {
    service: {
      signingName: 'sts',
      operations: {
        GetCallerIdentity: operation<GetCallerIdentityRequest, GetCallerIdentityResponse>({
          permissions: () => [],
          run: (_, { principal: { kind, name, arn } }) => ({
            Account: account,
            ...(kind === 'role'
              ? { UserId: `AROA:${name}`, Arn: `arn:aws:sts::${account}:assumed-role/${name}/${name}` }
              : { UserId: 'AIDAOPERATOR', Arn: arn }),
          }),
        }),
      },
    },
  };
}
