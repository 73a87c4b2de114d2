/** What the states are called and drawn as. Shape and word say what the colour says. */
import { pick, say } from "../words";
import type { Incident, Phase, Reading, State } from "./types";

export type Tone = "ok" | "warn" | "bad" | "unknown" | "info" | "quiet" | "blue" | "yellow";
export type Look = { readonly label: string; readonly icon: string; readonly tone: Tone };
type GroupStatus = Incident["groups"][number]["status"];
type Level = Incident["level"];

const look = (icon: string, tone: Tone, label: string): Look => ({ icon, tone, label });

export function phaseLook(phase: Phase): Look {
  switch (phase) {
    case "reported": return look("circle-dashed", "warn", say("Reported"));
    case "verified": return look("zoom-check", "info", say("Verified"));
    case "warning": return look("alert-triangle", "warn", say("Warning"));
    case "response": return look("urgent", "bad", say("Response"));
    case "monitoring": return look("eye", "info", say("Monitoring"));
    case "ended": return look("flag", "ok", say("Ended"));
    case "closed": return look("archive", "quiet", say("Closed"));
    case "dismissed": return look("ban", "quiet", say("Dismissed"));
  }
}

export function warningLook(colour: "blue" | "yellow"): Look {
  switch (colour) {
    case "blue": return look("bell", "blue", say("Blue warning"));
    case "yellow": return look("bell-ringing", "yellow", say("Yellow warning"));
  }
}

export function groupLook(status: GroupStatus): Look {
  switch (status) {
    case "standby": return look("clock-pause", "quiet", say("On standby"));
    case "activated": return look("bell-ringing", "warn", say("Activated"));
    case "working": return look("tool", "info", say("At work"));
    case "done": return look("circle-check", "ok", say("Done"));
  }
}

export function readingLook(state: Reading["state"]): Look {
  switch (state) {
    case "normal": return look("circle-check", "ok", say("Normal"));
    case "near": return look("alert-triangle", "warn", say("Near the threshold"));
    case "over": return look("alert-octagon", "bad", say("Over the threshold"));
    case "unknown": return look("help", "unknown", say("No data"));
  }
}

export const levelName = (level: Exclude<Level, null>, names: State["names"]): string => pick(names.levels?.[level] ?? null) || level;

export function levelText({ level, level_provisional, started_by_region, proposed_level }: Incident, names: State["names"]): string {
  if (level && !level_provisional) return levelName(level, names);
  if (level) {
    return started_by_region === null
      ? say("{level} · provisional", { level: levelName(level, names) })
      : say("{level} · provisional, started by the region", { level: levelName(level, names) });
  }
  return proposed_level ? say("{level} proposed", { level: levelName(proposed_level, names) }) : say("No level yet");
}
