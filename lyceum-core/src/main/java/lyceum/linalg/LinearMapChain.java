package lyceum.linalg;

import java.util.List;
import lyceum.ShapeException;

/**
 * In which order to multiply a chain of matrices, such as the Jacobians of composed functions: {@code J_k ... J_2 J_1} has one value and very
 * different costs. Forward mode multiplies from the input's side, reverse mode from the output's; {@link #cheapest} is the best of all
 * bracketings by dynamic programming in O(k^3) (Godbole, 1973). A product of {@code (p, q)} and {@code (q, r)} counts {@code p q r}.
 *
 * {@snippet :
 * var chain = LinearMapChain.ofSizes(1000, 100, 10, 1);     // R^1000 -> R^100 -> R^10 -> R
 * chain.cheapest().text();                                  // ((J3 J2) J1): reverse mode, as the output is a scalar
 * }
 */
public final class LinearMapChain {
    private final long[] sizes;

    private LinearMapChain(long[] sizes) { this.sizes = sizes; }

    /** A chain of maps {@code R^sizes[0] -> R^sizes[1] -> ...}, in the order in which they act. */
    public static LinearMapChain ofSizes(long... sizes) {
        if (sizes.length < 2) throw new IllegalArgumentException("map chain: " + sizes.length + " sizes; a chain of one map has two");
        for (long s : sizes) if (s < 1) throw new IllegalArgumentException("map chain: size " + s + "; sizes are positive");
        return new LinearMapChain(sizes.clone());
    }

    /** The chain of these maps, in the order in which they act. @throws lyceum.ShapeException if neighbours do not fit */
    public static LinearMapChain of(List<? extends LinearMap> maps) {
        var sizes = new long[maps.size() + 1];
        for (int i = 0; i < maps.size(); i++) {
            var map = maps.get(i);
            if (i == 0) sizes[0] = map.cols();
            else if (sizes[i] != map.cols()) throw new ShapeException(
                    "map chain: map " + (i - 1) + " gives " + sizes[i] + " numbers, map " + i + " takes " + map.cols());
            sizes[i + 1] = map.rows();
        }
        return ofSizes(sizes);
    }

    /** A way to multiply: a single map, or the product of two brackets with {@code left} acting last. */
    public sealed interface Bracket {
        /** Multiplications in total. */
        long cost();

        /** Such as {@code ((J3 J2) J1)}; maps are counted from 1 in the order in which they act. */
        String text();
    }

    public record Leaf(int map) implements Bracket {
        @Override public long cost() { return 0; }

        @Override public String text() { return "J" + (map + 1); }
    }

    public record Pair(Bracket left, Bracket right, long cost) implements Bracket {
        @Override public String text() { return "(" + left.text() + " " + right.text() + ")"; }
    }

    /** Number of maps. */
    public int length() { return sizes.length - 1; }

    /** The bracketing of least cost; on a tie the one that is nearer to reverse mode. */
    public Bracket cheapest() {
        int k = length();
        var best = new Bracket[k][k];
        for (int i = 0; i < k; i++) best[i][i] = new Leaf(i);
        for (int span = 1; span < k; span++) {
            for (int first = 0; first + span < k; first++) {
                int last = first + span;
                for (int split = first; split < last; split++) {
                    var candidate = join(best[split + 1][last], best[first][split], first, split, last);
                    if (best[first][last] == null || candidate.cost() < best[first][last].cost()) best[first][last] = candidate;
                }
            }
        }
        return best[0][k - 1];
    }

    /** Maps {@code first..split} act before maps {@code split + 1..last}. */
    private Pair join(Bracket left, Bracket right, int first, int split, int last) {
        long own = Math.multiplyExact(Math.multiplyExact(sizes[last + 1], sizes[split + 1]), sizes[first]);
        return new Pair(left, right, Math.addExact(own, Math.addExact(left.cost(), right.cost())));
    }

    /** From the output's side, {@code (((J_k J_{k-1}) ...) J_1)}: what backpropagation does. */
    public Bracket reverse() {
        int k = length();
        Bracket all = new Leaf(k - 1);
        for (int i = k - 2; i >= 0; i--) all = join(all, new Leaf(i), i, i, k - 1);
        return all;
    }

    /** From the input's side, {@code (J_k (... (J_2 J_1)))}: what dual numbers do. */
    public Bracket forward() {
        Bracket all = new Leaf(0);
        for (int i = 1; i < length(); i++) all = join(new Leaf(i), all, 0, i - 1, i);
        return all;
    }
}
