/** What a door asks for. */
export type Permission = "view" | "snapshot" | "control" | "admin";

/** What a user is; each role may do what the one before it may. */
export type Role = "viewer" | "control" | "admin";

const permissionsByRole: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ["view", "snapshot"],
  control: ["view", "snapshot", "control"],
  admin: ["view", "snapshot", "control", "admin"],
};

/** What somebody showed, or what the address that they showed was signed with. */
export interface Credential {
  readonly kind: "login-password" | "session" | "token" | "device-password";
  /** Of a session or a token its id, of a password its generation. */
  readonly id: string;
  /** Of a session or a signed address: the generation of the login password, with which they end, too. */
  readonly generation?: string;
  /** When it ends by itself, seconds since 1970; absent: never. */
  readonly expires?: number;
}

/** Somebody whom we know, for one request. */
export interface Principal {
  /** Name of the user, also behind a token or a signed address. */
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Ids of the cameras that are theirs; undefined: all. */
  readonly cameras: readonly string[] | undefined;
  /** How they were recognised; `open`: nobody is asked (`auth.mode: none`). */
  readonly means: "session" | "basic" | "digest" | "bearer" | "signed-url" | "open";
  /** What a browser must send along with every change; with `session` only. */
  readonly csrfToken?: string;
  /** What they came by: their streams end with it. Absent where nobody is asked. */
  readonly credential?: Credential;
  /** They came with the device password, which players and recorders keep: it never makes an admin. */
  readonly byDevicePassword?: true;
}

/** Whoever comes, where nobody is asked. */
export const everybody: Principal = {
  name: "everybody",
  permissions: permissionsOf("admin"),
  cameras: undefined,
  means: "open",
};

export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return new Set(permissionsByRole[role]);
}

/** Whether somebody administrates. Whoever may make accounts could give themselves every camera: it takes all of them. */
export function isAdmin({
  role,
  cameras,
}: {
  readonly role: Role;
  readonly cameras?: readonly string[] | undefined;
}): boolean {
  return role === "admin" && cameras === undefined;
}

/** Whether they may see this camera at all. */
export function maySee({ cameras }: Principal, cameraId: string): boolean {
  return cameras === undefined || cameras.includes(cameraId);
}

/** Whether they may do this, with this camera where it is about one. */
export function may(principal: Principal, permission: Permission, cameraId?: string): boolean {
  return principal.permissions.has(permission) && (cameraId === undefined || maySee(principal, cameraId));
}
