/**
 * Resolves with what `probe` answers once that is neither undefined nor false; rejects after `withinMs`, saying `what`
 * was waited for. For conditions that nothing announces.
 */
export async function until<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  withinMs = 10_000,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise<void>((resolve) => void setTimeout(resolve, 10));
  }
}
