/** What the live half tells Prometheus. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FeedStatus } from './feed.ts';
import type { TickObserver } from '../use-cases/ingest-ticks.ts';

const PREFIX = 'plumbline_market_data';
/** Sources with a label of their own; the rest share one, since callers name sources freely. */
const MAX_SOURCE_LABELS = 50;
const OTHER_SOURCES = 'other';
const LAG_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface TickGauges {
  readonly queuedTicks: () => number;
  readonly unwrittenRows: () => number;
  readonly subscriptions: () => number;
  readonly feeds: () => readonly FeedStatus[];
}

export type TickMetrics = ReturnType<typeof createTickMetrics>;

export function createTickMetrics(registry: Registry) {
  const counter = <Label extends string>(what: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `${PREFIX}_${what}_total`, help, labelNames, registers: [registry] });

  const received = counter('ticks_received', 'Ticks that came in');
  const accepted = counter('ticks_accepted', 'Ticks accepted when they came');
  const rejected = counter('ticks_rejected', 'Ticks refused for good', ['rule', 'source']);
  const quarantined = counter('ticks_quarantined', 'Ticks held back', ['rule', 'source']);
  const ended = counter('held_ticks_ended', 'Held ticks by how they ended', ['status']);
  const yielded = counter('ticks_yielded', 'Simulated ticks that gave way to a market');
  const written = counter('ticks_written', 'Ticks committed to the store');
  const lost = counter('ticks_lost', 'Ticks the store refused for good');
  const unpublished = counter('ticks_unpublished', 'Ticks no channel took');
  const lag = new Histogram({
    name: `${PREFIX}_tick_store_lag_seconds`,
    help: 'From receiving the oldest tick of a batch to its commit',
    buckets: LAG_BUCKETS_S,
    registers: [registry],
  });

  const sources = new Set<string>();
  const labelOf = (source: string): string => {
    if (sources.size < MAX_SOURCE_LABELS) sources.add(source);
    return sources.has(source) ? source : OTHER_SOURCES;
  };
  const observer: TickObserver = {
    received: (count) => received.inc(count),
    accepted: (count) => accepted.inc(count),
    rejected: (rule, source) => rejected.inc({ rule, source: labelOf(source) }),
    quarantined: (rule, source) => quarantined.inc({ rule, source: labelOf(source) }),
    yielded: (count) => yielded.inc(count),
    ended: (status, count) => ended.inc({ status }, count),
  };

  return {
    observer,
    unreadable: (source: string) => rejected.inc({ rule: 'SCHEMA', source: labelOf(source) }),
    unpublished: (ticks: number) => unpublished.inc(ticks),
    writer: {
      written(rows: number, lagMs: number): void {
        written.inc(rows);
        lag.observe(Math.max(0, lagMs) / 1_000);
      },
      lost: (rows: number) => lost.inc(rows),
    },
    /** Read when Prometheus asks. */
    watch: (gauges: TickGauges) => watchGauges(registry, gauges),
  };
}

function watchGauges(registry: Registry, gauges: TickGauges): readonly Gauge[] {
  const gauge = (what: string, help: string, read: () => number) =>
    new Gauge({
      name: `${PREFIX}_${what}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('tick_queue', 'Ticks waiting to be judged', gauges.queuedTicks);
  gauge('tick_store_queue', 'Rows waiting for the store', gauges.unwrittenRows);
  gauge('price_subscriptions', 'Open price subscriptions', gauges.subscriptions);
  return [
    new Gauge({
      name: `${PREFIX}_feed_state`,
      help: '1 for the state a feed is in',
      labelNames: ['feed', 'state'],
      registers: [registry],
      collect() {
        this.reset();
        for (const feed of gauges.feeds()) this.set({ feed: feed.name, state: feed.state }, 1);
      },
    }),
    new Gauge({
      name: `${PREFIX}_feed_missed_ticks`,
      help: 'Ticks missing by the numbers of the source',
      labelNames: ['feed'],
      registers: [registry],
      collect() {
        for (const feed of gauges.feeds()) this.set({ feed: feed.name }, feed.missedTicks);
      },
    }),
  ];
}
