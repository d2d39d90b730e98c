/**
 * Where a person with access to the account reads an object: the S3 console. No link that opens by itself, because the
 * report says how the recovery works and where it is weak.
 */
export function reportLink(bucket: string, region: string, key: string): string {
  const url = new URL(`https://${region}.console.aws.amazon.com/s3/object/${bucket}`);
  url.searchParams.set('region', region);
  url.searchParams.set('prefix', key);
  return url.href;
}
