/** A migration that was run, or would be. */
export type MigrationStep = Readonly<{ name: string; direction: 'up' | 'down' }>

export type MigrateOptions = Readonly<{
  /** The number to end at; the newest when left out, 0 for none. */
  target?: number | undefined
  /** Say what would be done, and do nothing. */
  dryRun?: boolean | undefined
  /** Go back also where that loses data. */
  acceptLoss?: boolean | undefined
}>

/** The database's tables and who may use them. */
export interface DatabaseSchema {
  /**
   * Goes forward or back to a migration. Safe to run twice and side by side.
   *
   * @throws `Conflict` when the database was migrated by other files, or would lose data unasked
   * @throws `Unavailable`
   */
  migrate(options?: MigrateOptions): Promise<readonly MigrationStep[]>

  /** Lets the functions use the tables there are. Safe to run twice and side by side. */
  admitFunctions(): Promise<void>
}
