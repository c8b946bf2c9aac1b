import { describe, expect, it } from "vitest";
import { available, type Command, commandOf, disabledReason, type HeaderState } from "../../src/header/state";

type Status = HeaderState["status"];
const ALL: Status[] = ["empty", "loading", "ready", "running", "paused", "stopped", "finished", "failed"];

describe("available", () => {
  it.each([
    ["play", ["ready", "paused", "stopped", "finished", "failed"]],
    ["pause", ["running"]],
    ["step", ["ready", "running", "paused"]],
    ["stop", ["running", "paused"]],
    ["reset", ["running", "paused", "stopped", "finished"]],
    ["restart", ["ready", "running", "paused", "stopped", "finished", "failed"]],
  ] as [Command, Status[]][])("%s in %j only", (command, statuses) => {
    expect(ALL.filter((status) => available(status, command))).toEqual(statuses);
  });

  it("gives a reason for each unavailable command", () => {
    for (const status of ALL) {
      for (const command of ["play", "pause", "step", "stop", "reset", "restart"] as Command[]) {
        expect(Boolean(disabledReason(status, command)), `${command} when ${status}`).toBe(!available(status, command));
      }
    }
  });
});

it("maps keys to commands", () => {
  expect([commandOf(" ", "running"), commandOf(" ", "ready"), commandOf("ArrowRight", "ready")]).toEqual(["pause", "play", "step"]);
  expect([commandOf("ArrowLeft", "ready"), commandOf("a", "ready")]).toEqual([null, null]);
});
