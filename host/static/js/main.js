// What every page can do; each part works on its own and on what fragments bring in later.
import { startAskingFirst } from "./asking.js";
import { startCopying } from "./copying.js";
import { startGuards } from "./forms.js";
import { startFrame } from "./frame.js";
import { startLoading, startPolling } from "./fragments.js";
import { startRows } from "./rows.js";
import { startTheme } from "./theme.js";
import { startTimes } from "./times.js";

startTheme();
startFrame();
startAskingFirst();
startGuards();
startCopying();
startLoading(document);
startPolling(document);
startRows();
startTimes();
