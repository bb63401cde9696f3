package lyceum.learn.explain;

import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * What each set of players is worth together: player j is in the set if bit j is.
 *
 * @param players from 1 to 62
 * @param value of a set; called once for each set that a method looks at, {@code 0} for nobody
 */
public record CoalitionGame(int players, Value value) {
    /** Of a set of players. */
    @FunctionalInterface
    public interface Value {
        double of(long coalition);
    }

    public CoalitionGame {
        if (players < 1 || players > 62)
            throw new IllegalArgumentException("CoalitionGame: " + players + " players; 1 to 62 can be told apart");
    }

    /** Columns that are off take the baseline's value. */
    public static CoalitionGame baseline(ToDoubleFunction<double[]> f, double[] x, double[] baseline) {
        if (x.length != baseline.length)
            throw new ShapeException("CoalitionGame: x has " + x.length + " columns and the baseline " + baseline.length);
        return new CoalitionGame(x.length, s -> {
            var mixed = baseline.clone();
            for (int j = 0; j < x.length; j++) if ((s >> j & 1) == 1) mixed[j] = x[j];
            return f.applyAsDouble(mixed);
        });
    }

    /**
     * Interventional: columns that are off are filled from each background row in turn, and outputs averaged. It explains the function; the
     * filled rows may be such as never occur.
     *
     * @param f from rows (n x p) to outputs (n)
     * @param x (p)
     * @param background (m x p)
     */
    public static CoalitionGame interventional(UnaryOperator<Tensor> f, double[] x, Tensor background) {
        int m = (int) background.size(0), p = (int) background.size(1);
        if (x.length != p) throw new ShapeException("CoalitionGame: x has " + x.length + " columns and the background " + p);
        double[] rows = background.toDoubleArray();
        return new CoalitionGame(p, s -> {
            var mixed = rows.clone();
            for (int i = 0; i < mixed.length; i++) if ((s >> (i % p) & 1) == 1) mixed[i] = x[i % p];
            return f.apply(Tensor.of(mixed, m, p)).mean().item();
        });
    }

    /** The set of all players. */
    public long everybody() { return (1L << players) - 1; }
}
