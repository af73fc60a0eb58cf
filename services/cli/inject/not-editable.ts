/** What is to be changed has no place of its own in the text: it comes from an alias or a merge key. */
export class NotEditable extends Error {}
