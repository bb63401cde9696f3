package lyceum.plot;

/**
 * One axis: what it measures and how.
 *
 * @param label the quantity with its unit in parentheses: {@code "time (s)"}; a share or a count needs none
 * @param scale linear or logarithmic (base 10)
 * @param from first value shown, NaN: as the data say
 * @param to last value shown, NaN: as the data say
 */
public record Axis(String label, Scale scale, double from, double to) {
    /** How values become lengths. */
    public enum Scale {
        /** Equal steps are equal lengths. */
        LINEAR,
        /** Equal factors are equal lengths; values of zero or below are gaps. */
        LOG
    }

    /** No label, linear, as the data say. */
    public static final Axis PLAIN = new Axis("", Scale.LINEAR, Double.NaN, Double.NaN);

    /** Checks and cleans. */
    public Axis {
        label = Check.text("axis label", label, Check.LABEL);
        scale = scale == null ? Scale.LINEAR : scale;
        if (Double.isInfinite(from) || Double.isInfinite(to)) throw new FigureException(
                "axis '" + label + "' runs from " + from + " to " + to + "; limits are finite, or NaN for as the data say");
        if (from >= to)
            throw new FigureException("axis '" + label + "' runs from " + from + " to " + to + "; the first limit lies below the second");
        if (scale == Scale.LOG && (from <= 0 || to <= 0)) throw new FigureException(
                "axis '" + label + "' is logarithmic and runs from " + from + " to " + to + "; its limits are above 0");
    }

    /** The same axis with another label. */
    public Axis labelled(String label) { return new Axis(label, scale, from, to); }

    /** The same axis, logarithmic. */
    public Axis log() { return new Axis(label, Scale.LOG, from, to); }

    /** The same axis from {@code from} to {@code to}; NaN leaves an end to the data. */
    public Axis between(double from, double to) { return new Axis(label, scale, from, to); }
}
