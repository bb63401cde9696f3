package lyceum.plot.render;

/** A colour of a scene: a name that the theme resolves, or a colour that is the same in every theme. */
sealed interface Tone {
    /** Colours of the page. */
    enum Page implements Tone {
        PAPER, SURFACE, INK, QUIET, LINE
    }

    /** The colour of a series. */
    record Data(int index) implements Tone {}

    /** The colour of a series, dark enough (or light enough) for text. */
    record DataText(int index) implements Tone {}

    /** A fixed colour, 0xrrggbb. */
    record Fixed(int rgb) implements Tone {}

    /** Resolved to 0xrrggbb. */
    default int in(Theme theme) {
        return switch (this) {
            case Page p -> Theme.rgb(switch (p) {
                case PAPER -> theme.paper();
                case SURFACE -> theme.surface();
                case INK -> theme.ink();
                case QUIET -> theme.quiet();
                case LINE -> theme.line();
            });
            case Data d -> Theme.rgb(theme.series(d.index));
            case DataText d -> Theme.rgb(theme.seriesText(d.index));
            case Fixed f -> f.rgb;
        };
    }
}
