/** The public status page: styles alone, it works without a script. */
import "./styles/main.css";
import "./styles/status.css";
