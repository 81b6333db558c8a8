import type { Kind } from "../kinds.ts";
import { access, invite, signUp } from "./admitting.ts";
import { edit, remove, restore } from "./changing.ts";
import { create, upload } from "./creating.ts";
import { exporting, share } from "./handing-out.ts";
import { manage, visibility } from "./keeping.ts";
import { general, research } from "./open-ended.ts";
import { pay, schedule, workflow } from "./proceeding.ts";
import { performance, validate } from "./quality.ts";
import { report, search, view } from "./reading.ts";
import { content, design } from "./shaping.ts";
import type { Slice } from "./slice.ts";
import { data, integrate, operations } from "./systems.ts";
import { message, notify } from "./telling.ts";

/** The work that stories of each kind are made of, in the order in which it is done. */
export const KIND_SLICES: Readonly<Record<Kind, readonly Slice[]>> = {
  view,
  search,
  create,
  upload,
  edit,
  remove,
  restore,
  manage,
  visibility,
  notify,
  message,
  invite,
  signUp,
  access,
  exporting,
  share,
  report,
  validate,
  performance,
  integrate,
  data,
  design,
  content,
  research,
  operations,
  workflow,
  schedule,
  pay,
  general,
};
