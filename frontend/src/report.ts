/** The intake page: a draft that survives, and an outbox that sends once. */
import "./styles/report.css";
import "./intake/form";
