/** The cameras of the end-to-end tests: the test pattern, and one that ffmpeg makes. */
export const patternCamera = { id: "pattern", source: "test-pattern", width: 640, height: 360, fps: 10 };

/** ffmpeg's own moving test picture as MJPEG, bare or in `mpjpeg` parts. */
export function ffmpegCamera(id: string, muxer: "mjpeg" | "mpjpeg" = "mjpeg") {
  const picture = "testsrc=size=320x240:rate=25";
  const command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", picture, "-c:v", "mjpeg", "-f", muxer, "-"];
  return { id, source: "command", command };
}
