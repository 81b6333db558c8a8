/**
 * One piece of work as the outline knows it, for one kind of story. The texts are filled with the words of the story:
 *
 * {one} {many} {a} {the}   what it is about: "camper", "campers", "a camper", "the camper"
 * {object}                 the same as the story puts it: "a dataset they have published"
 * {verb} {doing}           what is wanted: "edit", "editing"
 * {let} {do}               as a request: "Let the publisher edit a dataset", "Edit a dataset"
 * {who} {aWho}             who wants it: "the publisher", "a publisher"
 */
export interface Slice {
  /** Unique within its kind; `after` names it. */
  readonly id: string;
  /** 1 belongs into the coarsest split, 2 into an ordinary one, 3 only into a fine one. */
  readonly need: 1 | 2 | 3;
  /** How much work it is beside the others, 1 to 4. */
  readonly size: 1 | 2 | 3 | 4;
  /** Whether it makes sense only where the story is about several: one profile needs no order. */
  readonly several?: true;
  /** What comes first, by id. Where that was left out of a set, what comes before it takes its place. */
  readonly after?: readonly string[];
  readonly title: string;
  readonly what: string;
  /** What can be observed once it is done; tests belong to the slice that they test. */
  readonly done: readonly string[];
  /** Words, with the flag `g`, of acceptance criteria of the story that belong here. */
  readonly draws?: RegExp;
}
