package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Ising's and Potts' models of magnets: sites on a grid, each in one of {@code states} states, that like to agree with their neighbours,
 * {@code pi(x) ~ exp(coupling (number of neighbours that agree) + field (number of sites in state 1))}.
 *
 * {@snippet :
 * var magnet = PottsLattice.ising(16, 16, 2.5, 0);
 * var chains = new Mcmc(magnet.kernel()).withDraws(200).run(Rng.of(1), new double[256]);
 * chains.map(magnet::energy).mean(0);
 * chains.map(x -> Math.abs(magnet.magnetisation(x))).mean(0);
 * }
 *
 * <p>A state is the rows of the grid one after the other, values 0 to {@code states - 1}.
 *
 * @param rows of the grid
 * @param columns of the grid
 * @param states at least 2; 2 is Ising's model
 * @param coupling {@code 2 J / T} in Ising's terms: energies there count an agreement -1 and a disagreement +1
 * @param field {@code 2 h / T} in Ising's terms
 * @param periodic whether the last column touches the first, and the last row the first
 */
public record PottsLattice(int rows, int columns, int states, double coupling, double field, boolean periodic) {
    public PottsLattice {
        if (rows < 1 || columns < 1 || states < 2) throw new IllegalArgumentException(
                "PottsLattice: " + rows + " rows, " + columns + " columns, " + states + " states; at least 1, 1 and 2");
        if (periodic && (rows < 3 || columns < 3))
            throw new IllegalArgumentException("PottsLattice: a periodic grid of " + rows + " x " + columns + "; it needs at least 3 x 3");
    }

    /** Ising's model with free edges: {@code pi(s) ~ exp((sum of s s' over neighbours + h sum of s) / T)}, spins -1 and 1 being states 0 and 1. */
    public static PottsLattice ising(int rows, int columns, double temperature, double h) {
        if (!(temperature > 0)) throw new IllegalArgumentException("PottsLattice: temperature is " + temperature + "; it is positive");
        return new PottsLattice(rows, columns, 2, 2 / temperature, 2 * h / temperature, false);
    }

    /** Pairs of neighbours. */
    public int pairs() { return periodic ? 2 * rows * columns : rows * (columns - 1) + (rows - 1) * columns; }

    /** Pairs of neighbours that agree. */
    public int agreements(double[] x) {
        int n = 0;
        for (int r = 0; r < rows; r++) for (int c = 0; c < columns; c++) {
            double here = x[r * columns + c];
            if ((periodic || c + 1 < columns) && x[r * columns + (c + 1) % columns] == here) n++;
            if ((periodic || r + 1 < rows) && x[(r + 1) % rows * columns + c] == here) n++;
        }
        return n;
    }

    /** Ising's energy without a field, {@code -sum s s'}: pairs that disagree less those that agree. */
    public double energy(double[] x) { return pairs() - 2.0 * agreements(x); }

    /** The mean spin, state 1 counting 1 and all others -1. */
    public double magnetisation(double[] x) {
        double sum = 0;
        for (double v : x) sum += v == 1 ? 1 : -1;
        return sum / x.length;
    }

    public double logDensity(double[] x) { return coupling * agreements(x) + field * (magnetisation(x) + 1) / 2 * x.length; }

    /** Site by site: first those of the chessboard's one colour, then the other's. */
    public Gibbs kernel() {
        var sites = new ArrayList<Conditional>();
        for (int colour = 0; colour < 2; colour++)
            for (int r = 0; r < rows; r++) for (int c = 0; c < columns; c++) if ((r + c) % 2 == colour) sites.add(new Site(r, c));
        return new Gibbs(sites, Gibbs.Scan.SYSTEMATIC);
    }

    private final class Site implements Conditional {
        private final int at;
        private final int[] neighbours;

        Site(int r, int c) {
            at = r * columns + c;
            var found = new int[4];
            int n = 0;
            int[][] moves = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}};
            for (int[] move : moves) {
                int i = r + move[0], j = c + move[1];
                if (periodic) found[n++] = Math.floorMod(i, rows) * columns + Math.floorMod(j, columns);
                else if (i >= 0 && i < rows && j >= 0 && j < columns) found[n++] = i * columns + j;
            }
            neighbours = Arrays.copyOf(found, n);
        }

        private double[] weights(double[] x) {
            var weights = new double[states];
            weights[1] = field;
            for (int k : neighbours) weights[(int) x[k]] += coupling;
            for (int s = 0; s < states; s++) weights[s] = Math.exp(weights[s]);
            return weights;
        }

        @Override public void draw(double[] x, Rng rng) {
            double[] weights = weights(x);
            double sum = 0;
            for (double w : weights) sum += w;
            double u = rng.nextDouble() * sum;
            int s = 0;
            while (s < states - 1 && (u -= weights[s]) >= 0) s++;
            x[at] = s;
        }

        @Override public double logProbability(double[] x, double[] y) {
            for (int i = 0; i < x.length; i++) if (i != at && x[i] != y[i]) return Double.NEGATIVE_INFINITY;
            double[] weights = weights(x);
            double sum = 0;
            for (double w : weights) sum += w;
            return Math.log(weights[(int) y[at]] / sum);
        }
    }
}
