/** Who asks for a command and how it is recognised, from the request and its input. */

import { invariant, PlatformError } from '#platform/errors';
import type { RequestContext } from '#platform/request-context';
import type { CommandRequest } from '../use-cases/submit-command.ts';

const MAX_COMMAND_ID_LENGTH = 128;
const MAX_COMMENT_LENGTH = 2_000;

interface CommandInput {
  readonly commandId?: string | null | undefined;
  readonly comment?: string | null | undefined;
}

/** Throws BAD_USER_INPUT on a command id or comment that is too long, and on an empty id. */
export function commandRequestOf(request: RequestContext, input: CommandInput): CommandRequest {
  const { identity, correlationId } = request;
  invariant(identity, 'a command needs a scope, and so an identity');
  const commandId = input.commandId ?? null;
  const comment = input.comment ?? null;
  if (commandId !== null && (commandId === '' || commandId.length > MAX_COMMAND_ID_LENGTH)) {
    throw tooLong('commandId', `1 to ${MAX_COMMAND_ID_LENGTH}`, commandId);
  }
  if (comment !== null && comment.length > MAX_COMMENT_LENGTH) {
    throw tooLong('comment', `at most ${MAX_COMMENT_LENGTH}`, comment);
  }
  return { actor: identity.user, actorRoles: identity.roles, correlationId, commandId, comment };
}

function tooLong(field: string, expected: string, found: string): PlatformError {
  return new PlatformError(
    'BAD_USER_INPUT',
    `${field}: expected ${expected} characters, was ${found.length}`,
  );
}
