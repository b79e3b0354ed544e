import "../css/app.css";
import "../css/pages.css";
import "./elements/autofocus";
import "./elements/confirm-dialog";
import "./elements/copy-button";
import "./elements/file-uploads";
import "./elements/live-region";
import "./elements/local-time";
import "./elements/reveal-password";
import "./elements/row-list";
import "./elements/table-filter";
import "./elements/tick-all";
import "./elements/toast-list";
import { watchTips } from "../shared/tip";
import { watchForms } from "./forms";

watchTips();
watchForms();
