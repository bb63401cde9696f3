package lyceum.studio.cli;

import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.TopicStatus;
import lyceum.studio.cli.Terminal.Style;

/** How far a topic has come, as a dot and a word: never colour alone. */
final class StatusText {

    /** Below so many columns things that stand beside each other stand below. */
    static final int NARROW = 60;
    private static final int LEAST_TITLE = 8;

    private StatusText() {}

    /** A dot and the word, all of one width. */
    static String dotAndWord(Terminal terminal, Status status) {
        return terminal.styled(style(status), dot(status) + " " + TextWidth.pad(status.word(), 7));
    }

    /** A dot, the word, and how many clauses are amended. */
    static String dotAndWords(Terminal terminal, TopicStatus state) {
        return terminal.styled(style(state.status()), dot(state.status()) + " " + state.words());
    }

    /** A topic on one line after {@code indent} columns, slugs of one width; where the terminal is narrow, as much of it as fits. */
    static String row(Terminal terminal, Status status, String slug, int slugWidth, String title, int indent) {
        boolean narrow = terminal.columns() < NARROW;
        var begin = (narrow ? terminal.styled(style(status), dot(status)) : dotAndWord(terminal, status)) + "  ";
        int room = terminal.columns() - indent - (narrow ? 1 : 9) - 4 - slugWidth;
        return room < LEAST_TITLE ? begin + terminal.styled(Style.BOLD, slug)
                : begin + terminal.styled(Style.BOLD, TextWidth.pad(slug, slugWidth)) + "  " + TextWidth.cut(title, room);
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
