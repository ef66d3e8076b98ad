const words = (list: string): readonly string[] => list.trim().split(/\s+/);

/** Device classes by platform, as far as every version from 2024.11 has them. */
export const deviceClasses = {
  binary_sensor: words(`
    battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light lock moisture motion
    moving occupancy opening plug power presence problem running safety smoke sound tamper update vibration window`),
  sensor: words(`
    apparent_power aqi area atmospheric_pressure battery blood_glucose_concentration carbon_dioxide carbon_monoxide
    conductivity current data_rate data_size date distance duration energy energy_storage enum frequency gas humidity
    illuminance irradiance moisture monetary nitrogen_dioxide nitrogen_monoxide nitrous_oxide ozone ph pm1 pm10 pm25
    power power_factor precipitation precipitation_intensity pressure reactive_power signal_strength sound_pressure
    speed sulphur_dioxide temperature timestamp volatile_organic_compounds volatile_organic_compounds_parts voltage
    volume volume_flow_rate volume_storage water weight wind_speed`),
  button: words("identify restart update"),
  event: words("button doorbell motion"),
  switch: words("outlet switch"),
  number: words(`
    apparent_power aqi area atmospheric_pressure battery blood_glucose_concentration carbon_dioxide carbon_monoxide
    conductivity current data_rate data_size distance duration energy energy_storage frequency gas humidity
    illuminance irradiance moisture monetary nitrogen_dioxide nitrogen_monoxide nitrous_oxide ozone ph pm1 pm10 pm25
    power power_factor precipitation precipitation_intensity pressure reactive_power signal_strength sound_pressure
    speed sulphur_dioxide temperature volatile_organic_compounds volatile_organic_compounds_parts voltage volume
    volume_flow_rate volume_storage water weight wind_speed`),
  update: words("firmware"),
} as const;

/** Classes of sensors whose state is no number. */
export const nonNumericClasses: readonly string[] = ["date", "enum", "timestamp"];

export const stateClasses: readonly string[] = ["measurement", "total", "total_increasing"];

const measurement: readonly string[] = ["measurement"];

/** What a class allows, for the classes a camera may use; `units: []` means that there must be none. */
interface ClassRule {
  readonly units: readonly string[];
  readonly stateClasses: readonly string[];
}

const bits = words("bit kbit Mbit Gbit");
const bytes = words("B kB MB GB KiB MiB GiB");

/** By device class of a sensor (and, for units, of a number). Classes that are not here are not looked into. */
export const classRules: ReadonlyMap<string, ClassRule> = new Map([
  ["battery", { units: ["%"], stateClasses: measurement }],
  ["current", { units: ["A", "mA"], stateClasses: measurement }],
  ["data_rate", { units: [...bits, ...bytes].map((unit) => `${unit}/s`), stateClasses: measurement }],
  ["data_size", { units: [...bits, ...bytes, ...words("TB PB EB ZB YB TiB PiB EiB ZiB YiB")], stateClasses }],
  ["date", { units: [], stateClasses: [] }],
  ["duration", { units: words("d h min s ms"), stateClasses }],
  ["enum", { units: [], stateClasses: [] }],
  ["frequency", { units: words("Hz kHz MHz GHz"), stateClasses: measurement }],
  ["humidity", { units: ["%"], stateClasses: measurement }],
  ["illuminance", { units: ["lx"], stateClasses: measurement }],
  ["power", { units: ["W", "kW"], stateClasses: measurement }],
  ["signal_strength", { units: ["dB", "dBm"], stateClasses: measurement }],
  ["sound_pressure", { units: ["dB", "dBA"], stateClasses: measurement }],
  ["temperature", { units: ["°C", "°F", "K"], stateClasses: measurement }],
  ["timestamp", { units: [], stateClasses: [] }],
  ["voltage", { units: ["V", "mV"], stateClasses: measurement }],
]);
