/** The board. */
import "./styles/board.css";
