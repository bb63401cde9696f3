package lyceum.studio.cli;

import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.TopicStatus;
import lyceum.studio.cli.Terminal.Style;

/** How far a topic has come, as a dot and a word: never colour alone. */
final class StatusText {

    private StatusText() { }

    /** A dot and the word, all of one width. */
    static String dotAndWord(Terminal terminal, Status status) {
        return terminal.styled(style(status), dot(status) + " " + TextWidth.pad(status.word(), 7));
    }

    /** A dot, the word, and how many clauses are amended. */
    static String dotAndWords(Terminal terminal, TopicStatus state) {
        return terminal.styled(style(state.status()), dot(state.status()) + " " + state.words());
    }

    static String dot(Status status) {
        return switch (status) {
            case WORKS -> "●";
            case PARTIAL -> "◐";
            case PLANNED -> "○";
        };
    }

    static Style style(Status status) {
        return switch (status) {
            case WORKS -> Style.HOLDS;
            case PARTIAL -> Style.PARTIAL;
            case PLANNED -> Style.QUIET;
        };
    }
}
