/** So many may do something at once; others wait in line. */
export interface Permits {
  /** Resolves, first come first served, with the function that hands the permit on. */
  take(): Promise<() => void>;
}

export function createPermits(count: number): Permits {
  const line: (() => void)[] = [];
  let free = count;
  const handOn = () => {
    const next = line.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async take() {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => line.push(resolve));
      let held = true;
      return () => {
        if (held) handOn();
        held = false;
      };
    },
  };
}
