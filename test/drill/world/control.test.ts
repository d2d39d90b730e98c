import { afterEach, expect, test } from 'vitest';
import { type ControlServer, startControl } from '../../../drill/world/control.ts';

let server: ControlServer | undefined;
afterEach(() => server?.stop());

async function started() {
  let broken = false;
  server = await startControl({
    state: () => ({ broken }),
    actions: {
      'primary/down': () => {
        broken = true;
      },
      'primary/impossible': () => {
        throw new Error('it is down already');
      },
    },
  });
  return server.url;
}

test('an action has taken effect when it is answered', async () => {
  const url = await started();
  const answer = await fetch(`${url}/primary/down`, { method: 'POST' });
  expect(await answer.json()).toEqual({ done: 'primary/down', state: { broken: true } });
});

test('the state and what can be done are shown', async () => {
  const url = await started();
  expect(await (await fetch(url)).json()).toEqual({
    state: { broken: false },
    actions: ['POST /primary/down', 'POST /primary/impossible'],
  });
});

test.each([
  ['/nonsense', 'POST', 404, 'no action "nonsense"'],
  ['/primary/down', 'GET', 405, 'use POST /primary/down'],
  ['/primary/impossible', 'POST', 409, 'it is down already'],
])('%s by %s is answered with %i and why', async (path, method, status, error) => {
  const url = await started();
  const answer = await fetch(`${url}${path}`, { method });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error });
});
