/** The icons in the sprite, by Tabler's names. A filled one is called `name-filled` on the page. */
export const OUTLINE = [
  "activity", "adjustments", "alert-circle", "alert-octagon", "alert-triangle", "archive", "arrow-down", "arrow-left", "arrow-right",
  "arrow-up", "ban", "bell", "bell-ringing", "bolt", "book", "brand-weibo", "building", "calendar-event", "chart-line", "check", "checklist", "checks",
  "chevron-down", "chevron-left", "chevron-right", "chevrons-up", "circle-check", "circle-dashed", "circle-dot", "circle-x", "clipboard-check",
  "clipboard-list", "clock", "clock-exclamation", "clock-pause", "cloud-off", "database", "device-desktop", "device-floppy", "dots", "download",
  "eye", "eye-off", "external-link", "file-text", "filter", "flag", "flame", "gauge", "gavel", "headset", "help", "history", "home", "hourglass",
  "id-badge", "inbox", "info-circle", "key", "language", "layout-dashboard", "link", "list-check", "loader-2", "lock", "lock-open", "logout",
  "mail", "map-pin", "menu-2", "message", "messages", "minus", "moon", "network", "package-export", "package-import", "packages", "pencil", "phone", "phone-call", "phone-off", "phone-pause", "phone-x", "player-pause", "player-play",
  "plug-connected-x", "plus", "point", "presentation", "question-mark", "refresh", "rosette-discount-check", "scale", "school", "search",
  "select", "send", "server", "settings", "shield-check", "shield-lock", "speakerphone", "square-check", "stack-2", "sun", "test-pipe", "tool",
  "trash", "trending-down", "trending-up", "upload", "urgent", "user", "user-check", "user-plus", "users", "users-group", "video", "volume", "wifi", "wifi-off",
  "world", "x", "zoom-check",
] as const;

export const FILLED = ["alert-octagon", "alert-triangle", "bell", "circle", "circle-check", "circle-x", "diamond", "square", "triangle"] as const;
