export type EmbeddedPostgresErrorCode =
  | 'BINARIES_MISSING'
  | 'ROOT_NOT_POSSIBLE'
  | 'DATA_FOLDER_LOCKED'
  | 'DATA_FOLDER_UNWRITABLE'
  | 'DATA_FOLDER_DAMAGED'
  | 'DISK_FULL'
  | 'PORT_TAKEN'
  | 'START_FAILED'
  | 'CRASHED';

/** Why the embedded Postgres cannot run. The message is one sentence and says what to do. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}

/** Turns what went wrong with a file of the data folder into an error that says what to do. */
export function dataFolderError(dataDir: string, cause: unknown): unknown {
  const code = systemErrorCode(cause) ?? '';
  if (['ENOSPC', 'EDQUOT'].includes(code)) return diskFull(dataDir, cause);
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EEXIST'].includes(code)) return cause;
  return new EmbeddedPostgresError(
    'DATA_FOLDER_UNWRITABLE',
    `The data folder ${dataDir} cannot be written by this user: ` +
      'correct its owner or set DATA_DIR to another folder.',
    { cause },
  );
}

export function diskFull(dataDir: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DISK_FULL',
    `The disk that holds ${dataDir} is full: free some space, then start again.`,
    { cause },
  );
}

export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
