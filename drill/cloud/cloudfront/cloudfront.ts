import * as z from 'zod';
import type { CloudService, Foundation } from '../contract.ts';
import type { FunctionUrl, UrlRequest, UrlResponse } from '../lambda/function-url.ts';
import { applies, namesService, type Statement } from '../iam/policy.ts';
import { readProperties } from '../template-properties.ts';

/** A distribution's own address: everybody may ask it. */
export type DistributionSite = FunctionUrl;

export interface CloudFront {
  readonly service: CloudService;
  sites(): readonly DistributionSite[];
}

interface Origin {
  /** The newest version of an object; null when there is none. */
  read(bucket: string, key: string): { readonly body: Buffer; readonly contentType: string } | null;
  /** What the bucket's policy says to whom. */
  policyOf(bucket: string): readonly Statement[];
}

const inert = z.unknown().optional();

const cachePolicy = z.strictObject({
  CachePolicyConfig: z.strictObject({
    Name: z.string(),
    DefaultTTL: z.number(),
    MinTTL: z.number(),
    MaxTTL: z.number(),
    ParametersInCacheKeyAndForwardedToOrigin: inert,
    Comment: inert,
  }),
});

const override = { Override: z.boolean() };
const headersPolicy = z.strictObject({
  ResponseHeadersPolicyConfig: z.strictObject({
    Name: z.string(),
    SecurityHeadersConfig: z.strictObject({
      ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), ...override }),
      ContentTypeOptions: z.strictObject(override),
      FrameOptions: z.strictObject({ FrameOption: z.enum(['DENY', 'SAMEORIGIN']), ...override }),
      ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), ...override }),
      StrictTransportSecurity: z.strictObject({ AccessControlMaxAgeSec: z.number(), ...override }),
    }),
  }),
});

const accessControl = z.strictObject({
  OriginAccessControlConfig: z.strictObject({
    Name: z.string().max(64),
    OriginAccessControlOriginType: z.literal('s3'),
    SigningBehavior: z.literal('always'),
    SigningProtocol: z.literal('sigv4'),
  }),
});

const distribution = z.strictObject({
  DistributionConfig: z.strictObject({
    Enabled: z.literal(true),
    Comment: inert,
    DefaultRootObject: z.string(),
    DefaultCacheBehavior: z.strictObject({
      AllowedMethods: z.array(z.string()),
      CachePolicyId: z.string(),
      Compress: inert,
      ResponseHeadersPolicyId: z.string(),
      TargetOriginId: z.string(),
      ViewerProtocolPolicy: z.enum(['redirect-to-https', 'https-only']),
    }),
    HttpVersion: inert,
    IPV6Enabled: inert,
    Origins: z
      .array(
        z.strictObject({
          DomainName: z.string(),
          Id: z.string(),
          OriginAccessControlId: z.string(),
          S3OriginConfig: inert,
        }),
      )
      .length(1),
  }),
  Tags: inert,
});

type Headers = Readonly<Record<string, string>>;

/** Amazon CloudFront, as far as a static page needs it: one S3 origin by origin access control, and response headers. */
export function cloudFront({ account, id }: Foundation, origin: Origin): CloudFront {
  const sites: DistributionSite[] = [];
  const headersOf = new Map<string, Headers>();
  const maxAges = new Map<string, number>();

  const service: CloudService = {
    signingName: 'cloudfront',
    operations: {},
    resources: {
      'AWS::CloudFront::CachePolicy': (resource) => {
        const { CachePolicyConfig: config } = readProperties(resource, cachePolicy);
        const ref = id('CP');
        maxAges.set(ref, config.MaxTTL);
        return { ref, attributes: { Id: ref } };
      },
      'AWS::CloudFront::ResponseHeadersPolicy': (resource) => {
        const { SecurityHeadersConfig: security } = readProperties(
          resource,
          headersPolicy,
        ).ResponseHeadersPolicyConfig;
        const ref = id('RH');
        headersOf.set(ref, {
          'content-security-policy': security.ContentSecurityPolicy.ContentSecurityPolicy,
          'x-content-type-options': 'nosniff',
          'x-frame-options': security.FrameOptions.FrameOption,
          'referrer-policy': security.ReferrerPolicy.ReferrerPolicy,
          'strict-transport-security': `max-age=${security.StrictTransportSecurity.AccessControlMaxAgeSec}`,
        });
        return { ref, attributes: { Id: ref } };
      },
      'AWS::CloudFront::OriginAccessControl': (resource) => {
        readProperties(resource, accessControl);
        const ref = id('OAC');
        return { ref, attributes: { Id: ref } };
      },
      'AWS::CloudFront::Distribution': (resource) => {
        const { DistributionConfig: config } = readProperties(resource, distribution);
        const ref = id('E');
        const host = `${ref.toLowerCase()}.cloudfront.net`;
        const behavior = config.DefaultCacheBehavior;
        const bucket = /^(.+)\.s3\.[a-z0-9-]+\.amazonaws\.com$/.exec(
          config.Origins[0]?.DomainName ?? '',
        )?.[1];
        if (bucket === undefined) throw new Error(`${resource.logicalId}: its origin is no bucket`);
        const arn = `arn:aws:cloudfront::${account}:distribution/${ref}`;
        sites.push({
          host,
          // Served from everywhere: no region that is dark takes it away.
          region: 'global',
          serve: (request) =>
            Promise.resolve(
              answer(request, {
                bucket,
                arn,
                root: config.DefaultRootObject,
                headers: headersOf.get(behavior.ResponseHeadersPolicyId) ?? {},
                maxAge: maxAges.get(behavior.CachePolicyId) ?? 0,
              }),
            ),
        });
        return { ref, attributes: { Id: ref, DomainName: host } };
      },
    },
  };

  interface Site {
    readonly bucket: string;
    readonly arn: string;
    readonly root: string;
    readonly headers: Headers;
    readonly maxAge: number;
  }

  function answer({ method, target }: UrlRequest, site: Site): UrlResponse {
    const { bucket, arn, root, headers, maxAge } = site;
    const plain = { ...headers, 'content-type': 'text/plain' };
    if (method !== 'GET' && method !== 'HEAD') return { status: 403, headers: plain, body: 'not allowed' };
    const path = decodeURIComponent(target.split('?')[0] ?? '/').replace(/^\//, '');
    const key = path === '' ? root : path;
    const may = origin.policyOf(bucket).some(
      (statement) =>
        statement.effect === 'Allow' &&
        namesService(statement, 'cloudfront.amazonaws.com') &&
        applies(statement, {
          action: 's3:GetObject',
          resource: `arn:aws:s3:::${bucket}/${key}`,
          context: { 'aws:SourceArn': arn },
        }),
    );
    if (!may) return { status: 403, headers: plain, body: 'AccessDenied' };
    const found = origin.read(bucket, key);
    // Who may not list a bucket is not told what is missing in it.
    if (!found) return { status: 403, headers: plain, body: 'AccessDenied' };
    return {
      status: 200,
      headers: { ...headers, 'content-type': found.contentType, 'cache-control': `max-age=${maxAge}` },
      body: method === 'HEAD' ? '' : found.body.toString('utf8'),
    };
  }

  return { service, sites: () => sites };
}
