import net from 'node:net';
import { expect, test } from 'vitest';

test('a connection to anything but loopback fails at once', () => {
  expect(() => net.connect(443, '192.0.2.1')).toThrow(/only loopback/);
  expect(() => net.connect({ host: 'example.com', port: 80 })).toThrow(/only loopback/);
});
