// npm run lock, after dependencies have changed: names in package-lock.json the optional packages of all platforms. npm
// leaves out those that the registry at hand does not offer, and then refuses `npm ci` for the lack of them.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32", "aix", "sunos", "netbsd", "openbsd"];
const PROCESSORS = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "arm", "loong64", "mips64el"];

const file = path.join(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(await readFile(file, "utf8")) as { packages: Record<string, LockedPackage> };
const { packages } = lock;
let added = 0;
for (const [at, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  if (at === "") continue;
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (packages[`node_modules/${name}`] ?? packages[`${at}/node_modules/${name}`]) continue;
    const words = name.split(/[/-]/);
    const os = SYSTEMS.find((system) => words.includes(system));
    if (os === undefined) continue;
    const cpu = words.some((word) => /eabi(hf)?$/.test(word))
      ? "arm"
      : PROCESSORS.find((known) => words.includes(known));
    const libc = words.some((word) => word.startsWith("musl"))
      ? "musl"
      : words.some((word) => word.startsWith("gnu"))
        ? "glibc"
        : null;
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(dev ? { dev } : {}),
      ...(libc !== null && os === "linux" ? { libc: [libc] } : {}),
      ...{ optional: true, os: [os] },
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages of other platforms named.`);
