import { describe, expect, it } from "vitest";
import { allowed, type Command, commandOf, type HeaderState, why } from "../../src/header/state";

type Status = HeaderState["status"];
const ALL: Status[] = ["empty", "loading", "ready", "running", "paused", "stopped", "finished", "failed"];

describe("allowed", () => {
  it.each([
    ["play", ["ready", "paused", "stopped", "finished", "failed"]],
    ["pause", ["running"]],
    ["step", ["ready", "running", "paused"]],
    ["stop", ["running", "paused"]],
    ["reset", ["running", "paused", "stopped", "finished"]],
    ["restart", ["ready", "running", "paused", "stopped", "finished", "failed"]],
  ] as [Command, Status[]][])("%s in %j alone", (command, statuses) => {
    expect(ALL.filter((status) => allowed(status, command))).toEqual(statuses);
  });

  it("says why not, where it is not", () => {
    for (const status of ALL) {
      for (const command of ["play", "pause", "step", "stop", "reset", "restart"] as Command[]) {
        expect(Boolean(why(status, command)), `${command} when ${status}`).toBe(!allowed(status, command));
      }
    }
  });
});

it("knows the keys", () => {
  expect([commandOf(" ", "running"), commandOf(" ", "ready"), commandOf("ArrowRight", "ready")]).toEqual(["pause", "play", "step"]);
  expect([commandOf("ArrowLeft", "ready"), commandOf("a", "ready")]).toEqual([null, null]);
});
