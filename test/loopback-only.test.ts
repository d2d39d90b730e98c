import http from 'node:http';
import net from 'node:net';
import { expect, test } from 'vitest';

test('a connection to anything but loopback fails at once', () => {
  expect(() => net.connect(443, '192.0.2.1')).toThrow(/only loopback/);
  expect(() => net.connect({ host: 'example.com', port: 80 })).toThrow(/only loopback/);
});

test('so does a request, whose agent says that its path is null', () => {
  expect(() => http.get('http://192.0.2.1/')).toThrow(/only loopback/);
});
