/** What `sightline --help` prints. */
export const helpText = `Usage: sightline [COMMAND] [FLAGS]

Makes any camera of this machine visible to browsers, players and recorders.

Commands:
  serve                  run (the default)
  devices [--json]       list the capture devices with their formats, sizes and rates
  controls [DEVICE] [--json]
                         list a camera's controls, ready to paste into the configuration
  check                  check the configuration and say what would run
  mqtt --dry-run [--json]
                         print every MQTT message of a fresh start, without a broker
  mqtt --clear           take everything of Sightline from the MQTT broker
  user add NAME [--role viewer|control|admin] [--cameras ID,ID]
                         add an account; asks for the password, or reads a line of standard input;
                         without one it makes and prints it
  user password NAME     change a password, asked for in the same way
  user remove NAME       remove an account and all that was given out in its name
  user list [--json]     list the accounts
  user device-password NAME [--renew | --remove]
                         print the password for players and recorders; it is made the first time;
                         --renew makes another one in its place, --remove takes it away
  user login-link [NAME] print a link that logs in once, within 15 minutes
  user hash              print a password as scrypt string, for auth.users of the configuration
  tls --self-signed      make a certificate for this machine's names and addresses (HTTPS)

Flags:
  -c, --config FILE      configuration file; else ./sightline.yaml, then
                         /etc/sightline/sightline.yaml, else none
      --host ADDRESS     address to listen on (server.host)
  -p, --port PORT        HTTP port (server.port)
  -d, --device DEVICE    use this device as the only camera, e.g. /dev/video0
      --data-dir DIR     where Sightline keeps its own files (dataDir)
  -l, --log-level LEVEL  debug, info, warn, error or fatal; also D, I, W, E, C (log.level)
      --set KEY=VALUE    set any key, e.g. --set cameras.0.width=640; may be repeated
      --json             answer devices, controls, mqtt and user list in JSON
  -h, --help             this text
  -V, --version          the version

Flags come before SIGHTLINE_* variables (SIGHTLINE_SERVER_PORT is server.port), these before the
file, this before the defaults. All keys: docs/reference/configuration.md.

Exit status: 0 when stopped, 64 for a wrong command line, 78 for a wrong configuration, 1 else.
`;
