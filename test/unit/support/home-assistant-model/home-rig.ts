import {
  type ConsumerOptions,
  HomeAssistantConsumer,
} from "../../../support/home-assistant-model/home-assistant-consumer.ts";
import type { EntityView } from "../../../support/home-assistant-model/entity-view.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { frontDoor, frontDoorTopic } from "./front-door.ts";

/** A consumer on a clock of the test's. */
export class HomeRig {
  readonly clock = new FakeClock();
  /** Every filter it was told to subscribe to, in order. */
  readonly subscribed: string[] = [];
  readonly home: HomeAssistantConsumer;

  constructor(options: Partial<ConsumerOptions> = {}) {
    const onSubscribe = (filters: readonly string[]): void => void this.subscribed.push(...filters);
    this.home = new HomeAssistantConsumer({ clock: this.clock, onSubscribe, ...options });
  }

  /** A rig that has set up `message`, with the broker and the camera online. */
  static async of(message: object = frontDoor, options: Partial<ConsumerOptions> = {}): Promise<HomeRig> {
    const rig = new HomeRig(options);
    rig.announce(message);
    await rig.clock.advance(100);
    rig.say("sightline/status", "online");
    rig.say("sightline/front/availability", "online");
    return rig;
  }

  announce(message: object, topic = frontDoorTopic): void {
    this.home.receive(topic, Buffer.from(JSON.stringify(message)), false);
  }

  say(topic: string, payload: string | object, retain = false): void {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    this.home.receive(topic, Buffer.from(text), retain);
  }

  entity(uniqueId: string): EntityView {
    const view = this.home.entities().get(uniqueId);
    if (view === undefined) throw new Error(`no entity ${uniqueId}`);
    return view;
  }
}
