/** Takes a text that comes in pieces, and tells of each element of one list in it. */
export interface ArrayElements {
  /** The next piece; it may end anywhere, inside an escape or between the halves of a surrogate pair too. */
  push(piece: string): void;
}

/**
 * Finds the elements of the list that the top-level object of a JSON text has under `key`, each the moment its closing
 * brace comes (a number or a word: the comma or bracket behind it). It does not judge: it keeps track of depth and
 * strings only, passes over what stands before the object (a Markdown fence, a sentence), and never throws. Whether the
 * text is JSON shows when all of it is parsed.
 * @param onElement gets the element's own text, and its place from 0
 */
export function createArrayElements(key: string, onElement: (json: string, index: number) => void): ArrayElements {
  const wanted = JSON.stringify(key);
  /** 1 inside the top-level object, 2 inside the list. */
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** The last string directly in the top-level object, quotes included, and whether a colon has made it a name. */
  let name = "";
  let named = false;
  let list: "awaited" | "open" | "over" = "awaited";
  /** Whether an element is under way, and what of it came with earlier pieces. */
  let within = false;
  let held = "";
  let index = 0;

  return {
    push(piece) {
      let from = 0;
      const endAt = (to: number): void => {
        const element = (held + piece.slice(from, to)).trim();
        within = false;
        held = "";
        onElement(element, index++);
      };

      for (let at = 0; at < piece.length; at++) {
        const character = piece.charAt(at);
        if (inString) {
          if (depth === 1) name += character;
          if (escaped) escaped = false;
          else if (character === "\\") escaped = true;
          else if (character === '"') inString = false;
          continue;
        }
        if (list === "open" && depth === 2 && !within && !/[\s,\]]/u.test(character)) {
          within = true;
          from = at;
        }
        switch (character) {
          case '"':
            // Outside of everything it is a mark in a sentence.
            if (depth === 0) break;
            inString = true;
            if (depth === 1) [name, named] = [character, false];
            break;
          case ":":
            if (depth === 1) named = true;
            break;
          case ",":
            if (depth === 1) named = false;
            else if (depth === 2 && within) endAt(at);
            break;
          case "{":
          case "[":
            if (depth === 0 && character === "[") break;
            if (depth === 1 && character === "[" && named && name === wanted && list === "awaited") list = "open";
            depth += 1;
            break;
          case "}":
          case "]":
            if (depth === 0) break;
            if (depth === 2 && within) endAt(at);
            depth -= 1;
            if (depth === 2 && within) endAt(at + 1);
            if (depth === 1 && list === "open") list = "over";
        }
      }
      if (within) held += piece.slice(from);
    },
  };
}
