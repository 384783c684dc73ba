/** What resolvers of a type receive, where it is not what the schema shows. */

import type { BasketRefusalReason } from '../domain/refusal-reason.ts';
import type { AuditRow, BasketRow, ConstituentRow, VersionRow } from '../store/basket-rows.ts';
import type { LevelView } from './present.ts';

export type BasketParent = BasketRow;
export type BasketVersionParent = VersionRow;
export type ConstituentParent = ConstituentRow;
/** With its sequence where it comes from the stream. */
export type BasketTransitionParent = AuditRow & { readonly sequence?: string };
export type BasketLevelParent = LevelView;

export interface BasketCommandAcceptedParent {
  readonly __typename: 'BasketCommandAccepted';
  readonly basketId: string;
  readonly transitionNumber: number;
}

export interface BasketCommandRefusedParent {
  readonly __typename: 'BasketCommandRefused';
  readonly basketId: string | null;
  readonly reason: BasketRefusalReason;
  readonly message: string;
}
