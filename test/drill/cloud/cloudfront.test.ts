import { describe, expect, it } from 'vitest';
import { cloudFront } from '../../../drill/cloud/cloudfront/cloudfront.ts';
import { readPolicy } from '../../../drill/cloud/iam/policy.ts';
import { localCloud } from './local-cloud.ts';
import { create } from './resource.ts';

const files = new Map([
  ['index.html', { body: Buffer.from('<h1>All is well</h1>'), contentType: 'text/html; charset=utf-8' }],
]);
let statements: ReturnType<typeof readPolicy> = [];
let pages!: ReturnType<typeof cloudFront>;
await localCloud((foundation) => {
  pages = cloudFront(foundation, {
    read: (_, key) => files.get(key) ?? null,
    policyOf: () => statements,
  });
  return [];
});
const { resources } = pages.service;

function distribution() {
  const cache = create(resources, 'AWS::CloudFront::CachePolicy', {
    CachePolicyConfig: { Name: 'status', DefaultTTL: 30, MinTTL: 0, MaxTTL: 30 },
  });
  const headers = create(resources, 'AWS::CloudFront::ResponseHeadersPolicy', {
    ResponseHeadersPolicyConfig: {
      Name: 'status',
      SecurityHeadersConfig: {
        ContentSecurityPolicy: { ContentSecurityPolicy: "default-src 'none'", Override: true },
        ContentTypeOptions: { Override: true },
        FrameOptions: { FrameOption: 'DENY', Override: true },
        ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
        StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: true },
      },
    },
  });
  const access = create(resources, 'AWS::CloudFront::OriginAccessControl', {
    OriginAccessControlConfig: {
      Name: 'status',
      OriginAccessControlOriginType: 's3',
      SigningBehavior: 'always',
      SigningProtocol: 'sigv4',
    },
  });
  return create(resources, 'AWS::CloudFront::Distribution', {
    DistributionConfig: {
      Enabled: true,
      DefaultRootObject: 'index.html',
      DefaultCacheBehavior: {
        AllowedMethods: ['GET', 'HEAD'],
        CachePolicyId: cache.ref,
        ResponseHeadersPolicyId: headers.ref,
        TargetOriginId: 'bucket',
        ViewerProtocolPolicy: 'redirect-to-https',
      },
      Origins: [
        {
          DomainName: 'status.s3.eu-central-1.amazonaws.com',
          Id: 'bucket',
          OriginAccessControlId: access.ref,
        },
      ],
    },
  });
}

const { ref } = distribution();
const site = () => pages.sites()[0]!;
const get = (target: string, method = 'GET') =>
  site().serve({ method, target, headers: {}, body: '', sourceIp: '203.0.113.200' });
const allow = (distributionId: string) =>
  readPolicy(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudfront.amazonaws.com' },
          Action: 's3:GetObject',
          Resource: 'arn:aws:s3:::status/*',
          Condition: {
            StringEquals: {
              'AWS:SourceArn': `arn:aws:cloudfront::111111111111:distribution/${distributionId}`,
            },
          },
        },
      ],
    },
    'resource',
  );

describe('a distribution', () => {
  it('serves its root with the headers of its policy, to everybody', async () => {
    statements = allow(ref);
    expect(await get('/')).toMatchObject({
      status: 200,
      body: '<h1>All is well</h1>',
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'max-age=30',
        'content-security-policy': "default-src 'none'",
        'x-frame-options': 'DENY',
      },
    });
    expect(site().host).toMatch(/\.cloudfront\.net$/);
  });

  it.each([
    ['what is not there', '/other.html', 'GET'],
    ['what is no reading', '/', 'POST'],
  ])('answers 403 to %s', async (_, target, method) => {
    statements = allow(ref);
    expect((await get(target, method)).status).toBe(403);
  });

  it('reads nothing that the policy of the bucket does not let exactly this distribution read', async () => {
    statements = allow('EOTHER');
    expect((await get('/')).status).toBe(403);
    statements = [];
    expect((await get('/')).status).toBe(403);
  });
});
