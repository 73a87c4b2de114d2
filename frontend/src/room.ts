/** Pages about incidents that keep themselves up to date: the incident room and my obligations. */
import "./styles/continuity.css";
import "./styles/room.css";
import "./room/acts";
import "./room/changes";
import "./room/continuity";
import "./room/lines";
import "./room/log";
import "./room/refresh";
import "./room/slot";
