/** The message of the error that `read` throws, if it does. */
export function findComplaint(read: () => void): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
