import { parseDoorTable } from "../support/door-table.ts";

/**
 * Who is answered what at which door. Written by hand, from docs/security.md and the guide, not from the code: a door that is
 * opened or changed must be thought of here. The columns are those of door-table.ts:
 *
 *   nobody viewer control admin | what is wrong, over or gone (9) | tokens to view snapshot control admin |
 *   user and token of another camera | signed address, device password by Basic and Digest | session without, with CSRF token
 */
export const doorTable = parseDoorTable(`
  GET /healthz                                            ++++  +++++++++  ++++  ++  +++  ++
  GET /readyz                                             ++++  +++++++++  ++++  ++  +++  ++
  GET /login.html                                         ++++  +++++++++  ++++  ++  +++  ++
  GET /login.js                                           ++++  +++++++++  ++++  ++  +++  ++
  GET /style.css                                          ++++  +++++++++  ++++  ++  +++  ++
  GET /icon.svg                                           ++++  +++++++++  ++++  ++  +++  ++
  GET /account-bar.js                                     ++++  +++++++++  ++++  ++  +++  ++
  GET /account-dialog.js                                  ++++  +++++++++  ++++  ++  +++  ++
  GET /api.js                                             ++++  +++++++++  ++++  ++  +++  ++
  GET /camera-card.js                                     ++++  +++++++++  ++++  ++  +++  ++
  GET /camera-status.js                                   ++++  +++++++++  ++++  ++  +++  ++
  GET /copy-text.js                                       ++++  +++++++++  ++++  ++  +++  ++
  GET /find.js                                            ++++  +++++++++  ++++  ++  +++  ++
  GET /form.js                                            ++++  +++++++++  ++++  ++  +++  ++
  GET /live-picture.js                                    ++++  +++++++++  ++++  ++  +++  ++
  GET /page.js                                            ++++  +++++++++  ++++  ++  +++  ++
  GET /save-snapshot.js                                   ++++  +++++++++  ++++  ++  +++  ++
  GET /session.js                                         ++++  +++++++++  ++++  ++  +++  ++
  GET /user-list.js                                       ++++  +++++++++  ++++  ++  +++  ++

  GET /                                                   1+++  111111111  ++++  ++  1++  ++
  GET / (?action=stream)                                  1+++  111111111  +333  ++  1++  ++
  GET / (?action=snapshot)                                1+++  111111111  3+33  ++  1++  ++
  GET / (?action=stream_1)                                1+++  111111111  +333  44  1++  ++
  GET / (?action=command)                                 1333  111111111  3333  33  133  33
  GET /index.html                                         1+++  111111111  ++++  ++  1++  ++
  GET /stream                                             1+++  111111111  +333  ++  1++  ++
  GET /stream.mjpg                                        1+++  111111111  +333  ++  1++  ++
  GET /stream.mjpeg                                       1+++  111111111  +333  ++  1++  ++
  GET /snapshot                                           1+++  111111111  3+33  ++  1++  ++
  GET /snapshot.jpg                                       1+++  111111111  3+33  ++  1++  ++
  GET /state                                              1+++  111111111  +333  ++  1++  ++
  GET /metrics                                            1+++  111111111  +333  33  1++  ++

  GET /cameras/:id/stream                                 1+++  111111111  +333  44  +++  ++
  GET /cameras/:id/snapshot.jpg                           1+++  111111111  3+33  44  +++  ++
  GET /cameras/:id/snapshot.jpg (no camera)               1444  111111111  3433  44  444  44

  GET /api/openapi.json                                   1+++  111111111  ++++  ++  1++  ++
  GET /api/mqtt                                           133+  111111111  333+  33  133  ++
  GET /api/cameras                                        1+++  111111111  ++++  ++  1++  ++
  GET /api/cameras/:id                                    1+++  111111111  +333  44  1++  ++
  PATCH /api/cameras/:id                                  13++  111111111  33+3  44  1++  3+
  POST /api/cameras/:id/restart                           13++  111111111  33+3  44  1++  3+
  GET /api/cameras/:id/controls                           1+++  111111111  +333  44  1++  ++
  PATCH /api/cameras/:id/controls                         13++  111111111  33+3  44  1++  3+

  POST /api/session                                       ++++  +++++++++  ++++  ++  +++  ++
  POST /api/session (a link that is none)                 1111  111111111  1111  11  111  11
  GET /api/session                                        1+++  111111111  ++++  ++  1++  ++
  DELETE /api/session                                     1+++  111111111  ++++  ++  1++  3+
  GET /api/tokens                                         1+++  111111111  ++++  ++  1++  ++
  POST /api/tokens (to view)                              1+++  111111111  3333  +3  133  3+
  POST /api/tokens (to control)                           13++  111111111  3333  +3  133  3+
  POST /api/tokens (to admin)                             133+  111111111  333+  33  133  3+
  POST /api/tokens (for the camera front)                 1+++  111111111  3333  33  133  3+
  DELETE /api/tokens/:token (somebody's)                  144+  111111111  333+  43  133  3+
  DELETE /api/tokens/:token (none)                        1444  111111111  3334  43  133  34
  POST /api/signed-urls (of the camera front)             1+++  111111111  3333  44  1++  3+
  POST /api/signed-urls (of the camera back)              1+++  111111111  3333  ++  1++  3+
  POST /api/signed-urls (for two days)                    1+++  111111111  3333  44  133  3+

  GET /api/users                                          133+  111111111  333+  33  133  ++
  POST /api/users                                         133+  111111111  333+  33  133  3+
  PATCH /api/users/:name (one's own)                      1+++  111111111  333+  +3  133  3+
  PATCH /api/users/:name (somebody else's)                133+  111111111  333+  33  133  3+
  PATCH /api/users/:name (one's own role)                 133+  111111111  333+  33  133  3+
  DELETE /api/users/:name (none)                          1334  111111111  3334  33  133  34
  DELETE /api/users/:name (somebody else's)               133+  111111111  333+  33  133  3+
  POST /api/users/:name/device-password (one's own)       1+++  111111111  333+  +3  133  3+
  POST /api/users/:name/device-password (somebody else's) 133+  111111111  333+  33  133  3+
  DELETE /api/users/:name/device-password (own)           1+++  111111111  333+  +3  133  3+
  DELETE /api/users/:name/device-password (another's)     133+  111111111  333+  33  133  3+
`);
