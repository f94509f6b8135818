import assert from "node:assert/strict";
import { test } from "node:test";

import { localDay } from "../../../studio/ui/shared/dates.js";

test("a day is the reader's, also where it is another one in Greenwich", () => {
  const zone = process.env.TZ;
  for (const [place, day] of [["Asia/Tokyo", "2026-03-01"], ["UTC", "2026-02-28"], ["America/Lima", "2026-02-28"]]) {
    process.env.TZ = place;
    assert.equal(localDay(new Date("2026-02-28T23:30:00Z")), day, place);
  }
  process.env.TZ = zone;
});
