// What is said about the packages before a change lands: that package-lock.json is the one of package.json, and what npm audit knows.

/** Where package-lock.json (parsed) does not belong to package.json (parsed), or a package of it is not pinned by a hash. */
export function findLockFault(manifest, lock) {
  const root = lock.packages?.[""] ?? {};
  for (const section of ["name", "version", "engines", "dependencies", "devDependencies", "optionalDependencies"]) {
    if (sorted(manifest[section]) !== sorted(root[section]))
      return `package-lock.json has other ${section} than package.json`;
  }
  const loose = Object.entries(lock.packages).find(
    ([path, { integrity, link }]) => path && !link && !isHash(integrity),
  );
  return loose && `${loose[0]} has no SHA-512 in package-lock.json`;
}

function isHash(integrity) {
  return /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "");
}

function sorted(value) {
  if (typeof value !== "object") return value;
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)));
}

const grave = ["high", "critical"];

/**
 * What follows from the standard output of `npm audit --json`: `problem` where a package, of the program or only of its
 * development, has a grave hole; `note` where there are lesser ones, or where nobody could say: a registry without advisories,
 * or none within reach, is no reason to stop, and no reason to be silent either.
 */
export function judgeAudit(output) {
  let report;
  try {
    report = JSON.parse(output);
  } catch {
    return { problem: "npm audit did not answer with JSON" };
  }
  if (typeof report.metadata?.vulnerabilities !== "object" || typeof report.vulnerabilities !== "object") {
    const why = report.message || report.error?.summary || report.error?.code || "no reason was given";
    return { note: `NOT AUDITED: the registry does not tell about known holes (${why})` };
  }
  const holes = Object.values(report.vulnerabilities).map(({ name, severity, range }) => ({
    severity,
    text: `${name} ${range} (${severity})`,
  }));
  const counted = grave.reduce((sum, severity) => sum + (report.metadata.vulnerabilities[severity] ?? 0), 0);
  const worst = holes.filter(({ severity }) => grave.includes(severity));
  if (counted > 0 || worst.length > 0) return { problem: `known holes in ${list(worst) || `${counted} packages`}` };
  return holes.length > 0 ? { note: `lesser known holes in ${list(holes)}` } : {};
}

function list(holes) {
  return holes.map(({ text }) => text).join(", ");
}
