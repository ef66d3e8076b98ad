const text = { type: "string" };
const time = { type: "string", format: "date-time" };
const cameras = {
  type: ["array", "null"],
  items: text,
  description: "ids of the cameras that are theirs; null: all",
};
const chosenCameras = { type: "array", items: text, description: "ids of cameras; absent: all" };
const role = { enum: ["viewer", "control", "admin"] };
const permissions = { type: "array", items: { enum: ["view", "snapshot", "control", "admin"] } };
const password = { type: "string", minLength: 8, maxLength: 256, description: "8 to 256 characters" };

function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  return { type: "object", properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

/** JSON schema of what POST of a session takes: name and password, or the token of a login link. */
export const loginSchema = {
  type: "object",
  oneOf: [object({ name: text, password: text }), object({ loginLink: text })],
  example: { name: "anna", password: "…" },
};

/** JSON schema of a session. */
export const sessionSchema = object(
  {
    name: text,
    role: { ...role, description: "of the user; a token or an address may do less" },
    permissions,
    cameras,
    means: {
      enum: ["session", "basic", "digest", "bearer", "signed-url", "open"],
      description: "how they were recognised",
    },
    csrfToken: { type: "string", description: "to be sent as X-CSRF-Token with every change; of a session only" },
    hasInitialPassword: { type: "boolean", description: "the password is still the one of the first start" },
    isReadOnly: { type: "boolean", description: "an account of the configuration, which is changed there" },
  },
  ["csrfToken"],
);

/** JSON schema of an account. */
export const userSchema = object({
  name: text,
  role,
  cameras,
  isReadOnly: { type: "boolean", description: "an account of the configuration, which is changed there" },
  hasDevicePassword: { type: "boolean" },
  hasInitialPassword: { type: "boolean" },
});

export const userAnswerSchema = object({ user: userSchema });

export const userListSchema = object({ users: { type: "array", items: userSchema } });

/** JSON schema of what POST of a user takes. */
export const newUserSchema = {
  ...object({ name: text, password, role, cameras }, ["password", "role", "cameras"]),
  example: { name: "anna", role: "viewer", cameras: ["front-door"] },
};

export const newUserAnswerSchema = object(
  { user: userSchema, password: { type: "string", description: "where it was made here; not shown again" } },
  ["password"],
);

/** JSON schema of what PATCH of a user takes. */
export const userChangeSchema = {
  ...object(
    {
      password,
      currentPassword: { type: "string", description: "to change one's own, but for the password of the first start" },
      role,
      cameras,
    },
    ["password", "currentPassword", "role", "cameras"],
  ),
  example: { password: "…", currentPassword: "…" },
};

export const userChangeAnswerSchema = object(
  {
    user: userSchema,
    csrfToken: { type: "string", description: "of the new session, after a change of one's own password" },
  },
  ["csrfToken"],
);

export const devicePasswordRequestSchema = {
  ...object({ regenerate: { type: "boolean", description: "make another one" } }, ["regenerate"]),
  example: {},
};

export const devicePasswordSchema = object({ password: text });

const tokenMembers = {
  id: text,
  name: text,
  user: text,
  permissions,
  cameras,
  created: time,
  expires: { ...time, type: ["string", "null"] },
  lastUsed: { type: ["string", "null"], format: "date" },
};

export const tokenListSchema = object({ tokens: { type: "array", items: object(tokenMembers) } });

/** JSON schema of what POST of a token takes. */
export const newTokenSchema = {
  ...object({ name: text, permissions, cameras: chosenCameras, expiresInSeconds: { type: "integer", minimum: 60 } }, [
    "cameras",
    "expiresInSeconds",
  ]),
  example: { name: "dashboard", permissions: ["view", "snapshot"], expiresInSeconds: 2_592_000 },
};

export const newTokenAnswerSchema = object({
  ...tokenMembers,
  token: { type: "string", description: "not shown again" },
});

/** JSON schema of what POST of a signed address takes. */
export const signedUrlRequestSchema = {
  ...object({ path: text, expiresInSeconds: { type: "integer", minimum: 1, default: 86_400 } }, ["expiresInSeconds"]),
  example: { path: "/cameras/front-door/snapshot.jpg", expiresInSeconds: 3600 },
};

export const signedUrlSchema = object({ url: { type: "string", format: "uri-reference" }, expires: time });

export const emptySchema = object({});
