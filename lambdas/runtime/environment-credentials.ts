import type { AwsCredentialIdentity } from '@smithy/types';

/**
 * Credentials as Lambda gives them, in the place of the SDK's chain of all the places where a laptop or a
 * server may keep some. Bundling puts this where the SDK asks for that chain.
 */
export function defaultProvider(): () => Promise<AwsCredentialIdentity> {
  return () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      return Promise.reject(new Error('the environment has no AWS credentials'));
    }
    return Promise.resolve({
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    });
  };
}
