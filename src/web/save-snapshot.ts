import { explain, request } from "./api.ts";

/** iPhones and iPads ignore `download`: there the picture opens in a tab of its own, to be kept by a long press. */
const opensInstead =
  /iPhone|iPad|iPod/.test(navigator.userAgent) ||
  (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

/** Makes `link` save the newest picture of a camera under a dated name; `report` is told why when there is none. */
export function offerSnapshot(link: HTMLAnchorElement, cameraId: string, report: (problem: string) => void): void {
  const url = `cameras/${cameraId}/snapshot.jpg`;
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  if (opensInstead) return;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    save(url, `${cameraId}_${formatFileTime(new Date())}.jpg`)
      .catch((error: unknown) => report(explain(error)))
      .finally(() => (link.ariaBusy = "false"));
  });
}

async function save(url: string, fileName: string): Promise<void> {
  const response = await request(url);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** `2026-11-20_15-02-33`, local time. */
function formatFileTime(time: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day}_${[two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())].join("-")}`;
}
