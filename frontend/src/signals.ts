/** Pages with charts of what the machines say. */
import "./styles/signals.css";
import "./charts/series";
