import "../css/app.css";
import "../css/chat.css";
import { mount } from "svelte";
import { watchTips } from "../shared/tip";
import AppView from "./App.svelte";
import type { Boot } from "./api/types";
import { App } from "./state/app.svelte";

const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as Boot;
const target = document.getElementById("app");
if (target) {
  target.replaceChildren();
  mount(AppView, { target, props: { app: new App(boot) } });
  watchTips();
}
