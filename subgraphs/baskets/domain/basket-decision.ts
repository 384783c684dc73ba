/** What a command on a basket comes to. */

import type { Decision } from '#kernel/decision';
import type { BasketFact } from './basket-fact.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';

export type BasketDecision = Decision<BasketFact, BasketRefusalReason>;
