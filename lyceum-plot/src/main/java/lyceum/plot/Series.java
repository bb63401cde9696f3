package lyceum.plot;

import lyceum.tensor.Tensor;

/**
 * Named values, one for each category or place on the x axis.
 *
 * @param name shown beside the marks; the same name has the same colour everywhere in a figure
 * @param values the values; NaN where there is none
 */
public record Series(String name, Numbers values) {
    /** Checks and cleans. */
    public Series {
        name = Check.text("series name", name, Check.LABEL);
        Check.present("series '" + name + "': values", values);
    }

    /**
     * A series of these values.
     *
     * @param name what it is called
     * @param values copied
     */
    public static Series of(String name, double... values) { return new Series(name, Numbers.of(values)); }

    /** A series of the values of a tensor, in order. */
    public static Series of(String name, Tensor values) { return of(name, values.toDoubleArray()); }
}
