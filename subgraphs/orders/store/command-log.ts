/** The first answer to each command that carries an id of its own. */

import type { Sql, TransactionSql } from 'postgres';
import type { JsonValue } from '#platform/ports';

export interface Answer {
  readonly commandId: string;
  readonly command: string;
  readonly contentHash: string;
  readonly answer: JsonValue;
  readonly user: string;
}

export interface StoredAnswer {
  readonly command: string;
  readonly contentHash: string;
  /** JSON as it was remembered; parsed by the use case that wrote it. */
  readonly answer: unknown;
}

export async function findAnswer(sql: Sql, commandId: string): Promise<StoredAnswer | null> {
  const [row] = await sql<{ command: string; content_hash: string; answer: unknown }[]>`
    select command, content_hash, answer from orders.command_log
    where command_id = ${commandId}`;
  return row ? { command: row.command, contentHash: row.content_hash, answer: row.answer } : null;
}

/** A second one under the same id breaks the transaction: see `isDuplicate`. */
export async function rememberAnswer(tx: TransactionSql, answer: Answer): Promise<void> {
  await tx`
    insert into orders.command_log (command_id, command, content_hash, answer, user_id)
    values (${answer.commandId}, ${answer.command}, ${answer.contentHash},
      ${JSON.stringify(answer.answer)}::text::jsonb, ${answer.user})`;
}
