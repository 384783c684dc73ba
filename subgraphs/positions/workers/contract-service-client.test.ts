import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import {
  type ContractServiceOnTest,
  type ServiceMood,
  startContractService,
  utiOfService,
} from '../../../test/support/contract-service.ts';
import { trade } from '../domain/position-test-support.ts';
import {
  type ContractServiceClient,
  createContractServiceClient,
  OPEN_FOR_MS,
} from './contract-service-client.ts';

const TIMEOUT_MS = 40;
const CALLS_TO_OPEN = 10;

const clock = fixedClock(0);
let service: ContractServiceOnTest;
let client: ContractServiceClient;
let outcomes: string[];

beforeEach(async () => {
  outcomes = [];
  service = await startContractService();
  client = createContractServiceClient({
    url: service.url,
    clock,
    timeoutMs: TIMEOUT_MS,
    onCall: (outcome) => outcomes.push(outcome),
  });
  // The first connection of a test machine may take longer than a call may.
  await client.generate([trade('WARM', 'BUY', '1', '1')]).catch(() => undefined);
});
afterEach(async () => {
  await client.close();
  await service.stop();
});

const trades = (...ids: readonly string[]) => ids.map((id) => trade(id, 'BUY', '100', '10'));

const failTimes = async (times: number) => {
  for (let n = 0; n < times; n += 1) await client.generate(trades(`F${n}`)).catch(() => undefined);
};

describe('PS-5 the contract service', () => {
  test('is asked once for all trades, and its UTIs come in their order', async () => {
    const before = service.calls();
    expect(await client.generate(trades('B', 'A', 'C'))).toEqual(['B', 'A', 'C'].map(utiOfService));
    expect(service.calls() - before).toBe(1);
    expect(await client.generate([])).toEqual([]);
    expect(service.calls() - before).toBe(1);
  });

  test('is not waited for longer than its time', async () => {
    service.be('HANG');
    const startMs = performance.now();
    await expect(client.generate(trades('A'))).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'the contract service did not answer within 40 ms',
    });
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(TIMEOUT_MS - 2);
    expect(tookMs).toBeLessThan(TIMEOUT_MS * 5);
    expect(outcomes.at(-1)).toBe('failed');
  });

  test.each<[ServiceMood, string]>([
    ['FAIL', 'answered with status 503'],
    ['NONSENSE', 'answered with something that is no list of UTIs'],
    ['LEAVE_ONE_OUT', 'left trade B out'],
    ['SAME_UTI', 'answered with one UTI for two trades'],
  ])('that says %s has given no contract', async (mood, message) => {
    service.be(mood);
    await expect(client.generate(trades('A', 'B'))).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining(message),
    });
  });

  test('that is not there has given no contract', async () => {
    await service.stop();
    await expect(client.generate(trades('A'))).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
  });

  test('is left alone for a minute after half of ten calls failed, and costs nothing', async () => {
    service.be('FAIL');
    await failTimes(CALLS_TO_OPEN);
    expect(client.breakerState).toBe('OPEN');
    const calls = service.calls();
    service.be('HANG');
    const startMs = performance.now();
    for (let n = 0; n < 100; n += 1) {
      await expect(client.generate(trades(`A${n}`))).rejects.toThrow('is not asked for now');
    }
    // A hundred times 40 ms would be 4 s.
    expect(performance.now() - startMs).toBeLessThan(400);
    expect(service.calls()).toBe(calls);
  });

  test('is asked again after it, and trusted after five answers', async () => {
    service.be('FAIL');
    await failTimes(CALLS_TO_OPEN);
    service.be('ANSWER');
    clock.advance(OPEN_FOR_MS);
    for (let n = 0; n < 5; n += 1) {
      expect(await client.generate(trades(`A${n}`))).toEqual([utiOfService(`A${n}`)]);
      expect(client.breakerState).toBe(n < 4 ? 'HALF_OPEN' : 'CLOSED');
    }
  });
});
