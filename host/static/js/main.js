// What every page can do; each part works on its own and on what fragments bring in later.
import { startAskingFirst, startGuards } from "./forms.js";
import { startFrame } from "./frame.js";
import { startLoading, startPolling } from "./fragments.js";
import { startRows } from "./rows.js";
import { startTimes } from "./times.js";

startFrame();
startGuards();
startAskingFirst();
startLoading(document);
startPolling(document);
startRows();
startTimes();
