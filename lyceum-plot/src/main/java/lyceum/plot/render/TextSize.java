package lyceum.plot.render;

/** Sizes of type in a figure, in pixels. */
final class TextSize {
    static final double LABEL = 12;
    static final double SMALL = 11;

    private TextSize() {}
}
