/**
 * All topics of a gateway. Subscriptions of one family differ in the keys they ask for and in
 * nothing else: same document, same variables beside the keys, same denied fields, same scopes.
 * Each key of a family is one topic, whoever asked for it and together with which others.
 */

import type { GraphQLFormattedError } from 'graphql';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import { Delivery, type Recipient } from './delivery.ts';
import type { FanOutRule } from './fan-out-rules.ts';
import { Topic, type TopicParts } from './topic.ts';

export interface SharedStream {
  /** Equal for all that may share. */
  readonly family: string;
  /** Null alone for a stream without keys. */
  readonly keys: readonly (string | null)[];
  readonly rule: FanOutRule;
  /** Called once for a family that is new. */
  readonly sourceOf: () => FamilySource;
}

export interface FamilySource {
  readonly open: (key: string | null, signal: AbortSignal) => ReturnType<TopicParts['open']>;
  readonly present: TopicParts['present'];
}

export type SharedAnswer =
  { readonly stream: Delivery } | { readonly errors: readonly GraphQLFormattedError[] };

export interface FanOutHub {
  readonly subscribe: (shared: SharedStream, recipient: Recipient) => Promise<SharedAnswer>;
}

interface Family {
  readonly source: FamilySource;
  readonly topics: Map<string | null, Topic>;
}

export function createFanOutHub(metrics: GatewayMetrics): FanOutHub {
  const families = new Map<string, Family>();

  function familyOf({ family: name, sourceOf }: SharedStream): Family {
    const known = families.get(name);
    if (known) return known;
    const fresh: Family = { source: sourceOf(), topics: new Map() };
    families.set(name, fresh);
    return fresh;
  }

  function topicOf(family: Family, key: string | null, { family: name, rule }: SharedStream) {
    const known = family.topics.get(key);
    if (known) return known;
    metrics.sharedStreams.inc();
    const topic = new Topic({
      open: (signal) => family.source.open(key, signal),
      present: family.source.present,
      startsWithLast: rule.startsWithLast,
      skipsWhenSlow: rule.skipsWhenSlow,
      delivered: (listeners) => metrics.eventsSent.inc(listeners),
      over: () => {
        metrics.sharedStreams.dec();
        family.topics.delete(key);
        if (family.topics.size === 0) families.delete(name);
      },
    });
    family.topics.set(key, topic);
    return topic;
  }

  return {
    subscribe: async (shared, recipient) => {
      const family = familyOf(shared);
      metrics.activeSubscriptions.inc();
      const delivery = new Delivery(recipient, () => metrics.activeSubscriptions.dec());
      const topics = shared.keys.map((key) => topicOf(family, key, shared));
      for (const topic of topics) topic.join(delivery);
      try {
        const openings = await Promise.all(topics.map(({ opened }) => opened));
        const errors = openings.find((each) => each !== undefined);
        if (errors === undefined) return { stream: delivery };
        void delivery.return();
        return { errors };
      } catch (error) {
        void delivery.return();
        throw error;
      }
    },
  };
}
