/** One run among those that share a pace: what it wants to begin, and what of that is kept for it. */
export interface Place {
  wanted: number;
  kept: number;
  readonly ring: () => void;
}

/** Who wants to begin, and how what there is goes around among them. */
export interface Places {
  /** Over all of them: what is kept, and what is wanted beyond it. */
  readonly kept: number;
  readonly wanting: number;
  /** @param ring called when more has been kept for it */
  join(ring: () => void): Place;
  leave(place: Place): void;
  /** Keeps `free` more, one for each who wants it in turn, and rings them. */
  deal(free: number): void;
  /** Nothing is kept for anybody any more. */
  clear(): void;
}

export function createPlaces(): Places {
  let places: Place[] = [];
  return {
    get kept() {
      return places.reduce((sum, { kept }) => sum + kept, 0);
    },
    get wanting() {
      return places.reduce((sum, { wanted, kept }) => sum + wanted - kept, 0);
    },
    join(ring) {
      const place = { wanted: 0, kept: 0, ring };
      places.push(place);
      return place;
    },
    leave(place) {
      places = places.filter((other) => other !== place);
    },
    deal(free) {
      const dealt = new Set<Place>();
      for (let left = free; left > 0; left -= 1) {
        const place = places.find(({ wanted, kept }) => kept < wanted);
        if (place === undefined) break;
        place.kept += 1;
        places = [...places.filter((other) => other !== place), place];
        dealt.add(place);
      }
      for (const { ring } of dealt) ring();
    },
    clear() {
      for (const place of places) place.kept = 0;
    },
  };
}
