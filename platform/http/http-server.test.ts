import { expect, test } from 'vitest';
import { silentLogger } from '../logger.ts';
import { listen } from './http-server.ts';

test('GW-4 a bug in a handler is masked behind its correlation id, and logged whole', async () => {
  const logged: unknown[] = [];
  const logger = {
    ...silentLogger,
    error: (facts: unknown) => {
      logged.push(facts);
    },
  };
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    logger,
    routes: {
      '/broken': (_request, response) => {
        response.setHeader('x-correlation-id', 'order-7');
        throw new Error('select * from secrets');
      },
      '/whole': (_request, response) => void response.end('whole'),
    },
  });
  const broken = await fetch(`http://127.0.0.1:${server.port}/broken`);
  const answer = { status: broken.status, body: await broken.json() };
  const whole = await (await fetch(`http://127.0.0.1:${server.port}/whole`)).text();
  await server.drain();
  expect(answer).toEqual({
    status: 500,
    body: {
      errors: [
        {
          message: 'Internal server error',
          extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'order-7' },
        },
      ],
    },
  });
  expect(logged).toMatchObject([
    { err: { message: 'select * from secrets' }, path: '/broken', correlationId: 'order-7' },
  ]);
  expect(whole).toBe('whole');
});
