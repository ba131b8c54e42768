/** A document as it was read, with the tag that tells whether the place holds another by now. */
export type TaggedDocument = Readonly<{ tag: string; text: string }>

/**
 * Documents by name between the one who publishes and those who read: files of a folder, or objects. A
 * read after a write sees it. All calls throw `Unavailable`.
 */
export interface DocumentPlace {
  /**
   * What lies there; undefined when that is still what `tag` names.
   *
   * @throws `NotFound`
   */
  read(name: string, tag?: string): Promise<TaggedDocument | undefined>

  /** Puts a document there whatever was there. */
  put(name: string, text: string): Promise<void>

  /**
   * Puts a document in the place of the one that `tag` names, or where none is when that is undefined;
   * answers its tag.
   *
   * @throws `Conflict` when something else lies there
   */
  replace(name: string, text: string, tag: string | undefined): Promise<string>

  /** Removes a document; one that is not there is no failure. */
  remove(name: string): Promise<void>
}
