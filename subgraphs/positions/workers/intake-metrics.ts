/** What operations see of the intake: how deep the queue is, and what was put off or refused. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BreakerState } from '#platform/breaker';

export interface IntakeState {
  readonly queueDepth: () => number;
  readonly oldestMs: () => number;
  /** Of the contract service; undefined without one. */
  readonly breakerState: () => BreakerState | undefined;
}

const BREAKER_STATES = ['CLOSED', 'OPEN', 'HALF_OPEN'] as const;
const MS_PER_SECOND = 1_000;
/** Seconds; the deadline of the hot path is among them. */
const CONTRACT_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 1, 5];

export function createIntakeMetrics(registry: Registry) {
  const registers = [registry];
  const shed = new Counter({
    name: 'plumbline_positions_shed_total',
    help: 'Price resets and backdated trades that were put off under load',
    labelNames: ['what'],
    registers,
  });
  const limited = new Counter({
    name: 'plumbline_positions_rate_limited_total',
    help: 'Requests refused by a rate limit',
    labelNames: ['limit'],
    registers,
  });
  const pending = new Counter({
    name: 'plumbline_positions_contract_pending_total',
    help: 'Trades sent to the writers without a contract',
    registers,
  });
  const calls = new Histogram({
    name: 'plumbline_positions_contract_call_seconds',
    help: 'Calls of the contract service',
    labelNames: ['outcome'],
    buckets: CONTRACT_BUCKETS,
    registers,
  });
  return {
    onShed: (what: string, count: number) => shed.inc({ what }, count),
    onLimited: (limit: string) => limited.inc({ limit }),
    onContractPending: (trades: number) => pending.inc(trades),
    onContractCall: (outcome: string, ms: number) => calls.observe({ outcome }, ms / MS_PER_SECOND),
  };
}

export function watchIntake(registry: Registry, state: IntakeState): void {
  gauge(registry, 'queue_depth', 'Trades in flight: alert at 1000', state.queueDepth);
  gauge(
    registry,
    'queue_oldest_seconds',
    'Age of the oldest trade in flight',
    () => state.oldestMs() / MS_PER_SECOND,
  );
  breakerGauge(registry, state.breakerState);
}

function gauge(registry: Registry, name: string, help: string, read: () => number): Gauge {
  return new Gauge({
    name: `plumbline_positions_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

function breakerGauge(registry: Registry, read: IntakeState['breakerState']): Gauge {
  return new Gauge({
    name: 'plumbline_positions_contract_breaker',
    help: '1 for the state in which the breaker of the contract service is',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const now = read();
      for (const state of BREAKER_STATES) this.set({ state }, state === now ? 1 : 0);
    },
  });
}
