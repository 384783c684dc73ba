/** Who asks for a command and how it is recognised, from the request and its input. */

import { invariant, PlatformError } from '#platform/errors';
import type { RequestContext } from '#platform/request-context';
import type { Caller } from '../domain/basket-caller.ts';
import type { CommandRequest } from '../use-cases/submit-command.ts';

const MAX_COMMAND_ID_LENGTH = 128;
const MAX_COMMENT_LENGTH = 2_000;
const MAX_USER_LENGTH = 200;

interface CommandInput {
  readonly commandId?: string | null | undefined;
  readonly comment?: string | null | undefined;
  readonly version?: number | null | undefined;
  readonly revision?: number | null | undefined;
  readonly onBehalfOf?: string | null | undefined;
}

/** Throws BAD_USER_INPUT on text that is too long, and on an empty id or user. */
export function commandRequestOf(request: RequestContext, input: CommandInput): CommandRequest {
  const { correlationId } = request;
  const commandId = input.commandId ?? null;
  const comment = input.comment ?? null;
  if (commandId !== null && (commandId === '' || commandId.length > MAX_COMMAND_ID_LENGTH)) {
    throw tooLong('commandId', `1 to ${MAX_COMMAND_ID_LENGTH}`, commandId);
  }
  if (comment !== null && comment.length > MAX_COMMENT_LENGTH) {
    throw tooLong('comment', `at most ${MAX_COMMENT_LENGTH}`, comment);
  }
  return {
    caller: callerOf(request, input.onBehalfOf ?? null),
    correlationId,
    commandId,
    comment,
    seenVersion: input.version ?? null,
    seenRevision: input.revision ?? null,
  };
}

export function callerOf({ identity }: RequestContext, onBehalfOf: string | null): Caller {
  invariant(identity, 'a command needs a scope, and so an identity');
  if (onBehalfOf !== null && (onBehalfOf === '' || onBehalfOf.length > MAX_USER_LENGTH)) {
    throw tooLong('onBehalfOf', `1 to ${MAX_USER_LENGTH}`, onBehalfOf);
  }
  const { user, roles, scopes, isService } = identity;
  return {
    actor: user,
    onBehalfOf: onBehalfOf === user ? null : onBehalfOf,
    roles,
    scopes,
    isService,
  };
}

function tooLong(field: string, expected: string, found: string): PlatformError {
  return new PlatformError(
    'BAD_USER_INPUT',
    `${field}: expected ${expected} characters, was ${found.length}`,
  );
}
