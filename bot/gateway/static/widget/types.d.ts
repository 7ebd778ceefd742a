// The shapes of the visitor protocol and of the widget's own state. Read by editors and `tsc --checkJs`; never sent to a browser.

export type Author = "customer" | "bot" | "agent" | "system";
export type Owner = "bot" | "queue" | "agent" | "nobody";

export interface Choice { id: string; title: string }
export interface Survey {
  id: string; kind: "ces" | "csat" | "nps"; question: string;
  min: number; max: number; low?: string; high?: string;
  answered?: number | boolean | { score: number; comment?: string } | null; skipped?: boolean;
}
export interface Site { name: string; url: string }
export interface Invitation {
  id: string; kind: "referral" | "review" | "testimonial"; title: string; text?: string;
  url?: string | Site[]; sites?: Site[]; code?: string; answered?: Answer | null; words?: string | null;
}
export type Answer = "accept" | "later" | "never" | "done";

export interface OrderCard {
  kind: "order"; number: string; status?: string; eta?: string; total?: string; url?: string;
  tracking?: string; tracking_url?: string; late?: boolean;
  steps?: { label: string; state?: "done" | "now" | "next"; done?: boolean; at?: string | null }[];
  items?: { title?: string; name?: string; quantity?: number; price?: string; image?: string }[];
}
export interface ProductCard { kind: "product"; title: string; text?: string; price?: string; image?: string; url?: string }
export interface GuideCard {
  kind: "guide"; title?: string; step?: number; of?: number; text?: string; picture?: string; image?: string; alt?: string;
}
export interface OtherCard { kind: string; title?: string; text?: string; image?: string; url?: string }
export type Card = OrderCard | ProductCard | GuideCard | OtherCard;

export interface Attachment {
  id: string; name: string; kind: string; bytes: number; width: number | null; height: number | null; url: string;
}

export interface Message {
  type: "message"; seq: number; id: string; cid?: string; author: Author; name?: string | null; text?: string | null;
  choices?: Choice[] | null; card?: Card | null; survey?: Survey | null; invitation?: Invitation | null; attachments?: Attachment[] | null; at: string;
  chosen?: string; withdrawn?: boolean; edited?: boolean; delivered?: unknown; read?: unknown;
}
export interface Welcome {
  type: "welcome"; token: string; conversation: string; case: string | null; seq: number;
  owner: Owner; agent: string | { name: string } | null; customer: unknown; company?: string;
  uploads?: { bytes: number; files: number };
}
export interface State {
  type: "state"; seq: number; case: string | null; owner: Owner;
  agent: string | { name: string } | null; case_status: string | null;
}
export interface Update { type: "update"; seq: number; of: number; [changed: string]: unknown }
export interface Ack { type: "ack"; cid: string; seq: number }
export interface Typing { type: "typing"; author: Author }
export interface Queue { type: "queue"; position: number; wait_s?: number | null }
export interface Resync { type: "resync"; seq: number; messages: (Message | State | Update)[] }
export interface Failure { type: "error"; code: string; message: string; cid?: string | null; of?: "identity" | "token" }
export interface Pong { type: "pong" }
export type ServerFrame =
  Welcome | Message | State | Update | Ack | Typing | Queue | Resync | Failure | Pong;

/** A client's frame; those with a `cid` wait in the outbox until they are acked. */
export interface ClientFrame { type: string; cid?: string; [field: string]: unknown }

export interface Entry {
  frame: ClientFrame; n: number; at: string;
  /** What the customer sees while it is on its way; only for `send`. */
  title?: string;
  /** What goes along, as it is shown meanwhile. */
  files?: Attachment[];
  /** The seq of the message whose choice this is. */
  of?: number;
  status: "sending" | "sent" | "failed"; seq?: number; error?: string; inFlight?: boolean;
}

export interface Thread {
  conversation: string | null; seq: number; items: Message[]; company: string | null;
  owner: Owner; agent: string | null; case: string | null; caseStatus: string | null;
  queue: { position: number; wait_s: number | null } | null;
  ticket: string | null;
  /** What a file may weigh and how many may go with a message; null: none are taken. */
  uploads: { bytes: number; files: number } | null;
}

/** How quick replies stand: to be chosen from, or told (`gone`: the talk has moved on). */
export interface Offer { open: boolean; gone: boolean; chosen?: string }

export type Connection = "connecting" | "online" | "offline" | "refused";

/** `undefined`: not known; `null`: known to be nobody; a string: a signed identity. */
export type Identity = string | null | undefined;

/** What a site says of a page; the server keeps what it knows, cut to its lengths. */
export interface Page {
  url?: string; title?: string;
  product?: { id?: string | number; name?: string; price?: string | number; url?: string };
  cart?: { items?: string | number; total?: string | number };
  order?: { number?: string; status?: string };
  data?: Record<string, string | number | boolean>;
}

/** The data attributes of the script tag, in camel case; `base` is where the script came from. */
export interface Options {
  base: string; identityUrl?: string; identity?: Identity | (() => Identity | Promise<Identity>); locale?: string; position?: "left" | "right";
  color?: string; company?: string; theme?: "light" | "dark"; privacyUrl?: string; starters?: string; page?: string | Page;
  greeting?: string; greetingDelay?: string; sound?: string;
}
export type Translate = (key: string, values?: Record<string, string | number>) => string;
/** The language of the panel: its words, how it writes numbers and dates, and how the server's words stand in it. */
export interface Words {
  lang: string; locale: string; dir: "ltr" | "rtl"; theirs: { dir: "auto"; lang?: string };
  number: (value: number) => string; t: Translate;
  /** Fetches the words of the parts that come later; `whole`: that was asked for. */
  more: () => Promise<void>; whole: boolean;
}
