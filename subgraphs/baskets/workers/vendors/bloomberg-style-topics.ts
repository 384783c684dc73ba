/**
 * The topics of one provider session. A topic is UNKNOWN until its first post, CREATING until the
 * vendor answers, then CREATED, or forgotten when the vendor refuses it; DENIED while a permission
 * is taken away: posts are refused here then.
 */

import type { Post } from '../../domain/vendor.ts';
import type { Nak, NakKind } from './price-session.ts';

export const SERVICE = '//plumbline/mktdata';
export const topicOf = (code: string): string => `/ticker/${code} Index`;

export interface TopicBook {
  post(post: Post): void;
  created(topic: string): void;
  failed(topic: string, why: { readonly code: string; readonly text: string; kind: NakKind }): void;
  denied(topic: string, text: string): void;
  granted(topic: string): void;
}

type Topic =
  /** The delivery has one post per basket on its way: the newest waits for its topic. */
  | { readonly kind: 'CREATING'; readonly waiting: Post }
  | { readonly kind: 'CREATED' }
  | { readonly kind: 'DENIED'; readonly text: string };

export function createTopicBook(to: {
  readonly create: (topic: string) => void;
  readonly publish: (post: Post) => void;
  readonly onNak: (nak: Nak) => void;
}): TopicBook {
  const topics = new Map<string, Topic>();
  const deny = (postId: bigint, text: string): void =>
    to.onNak({ postId, kind: 'FINAL', code: 'NOT_ENTITLED', text });

  return {
    post(post) {
      const name = topicOf(post.update.code);
      const topic = topics.get(name);
      switch (topic?.kind) {
        case 'CREATED':
          return to.publish(post);
        case 'DENIED':
          return deny(post.postId, topic.text);
        case 'CREATING':
        case undefined:
          topics.set(name, { kind: 'CREATING', waiting: post });
          return to.create(name);
      }
    },
    created(name) {
      const topic = topics.get(name);
      if (topic?.kind !== 'CREATING') return;
      topics.set(name, { kind: 'CREATED' });
      to.publish(topic.waiting);
    },
    failed(name, why) {
      const topic = topics.get(name);
      if (topic?.kind !== 'CREATING') return;
      topics.delete(name);
      to.onNak({ postId: topic.waiting.postId, ...why });
    },
    denied(name, text) {
      const topic = topics.get(name);
      topics.set(name, { kind: 'DENIED', text });
      if (topic?.kind === 'CREATING') deny(topic.waiting.postId, text);
    },
    granted(name) {
      if (topics.get(name)?.kind === 'DENIED') topics.delete(name);
    },
  };
}
