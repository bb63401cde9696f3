package lyceum.learn.neighbors;

import java.util.Arrays;
import lyceum.linalg.dense.SquaredDistances;

/**
 * A distance as the search needs it: a rank that orders rows as the distance does (the square without the root), for one row and for a block of
 * {@value SquaredDistances#BLOCK} rows at once, added up in the same order so that both agree to the last bit; and a lower bound for a box.
 */
abstract class DistanceKernel {
    static final int BLOCK = SquaredDistances.BLOCK;

    static DistanceKernel of(Metric metric) {
        return switch (metric) {
            case Metric.Euclidean() -> new Squares();
            case Metric.Mahalanobis(var covariance) -> new Squares();
            case Metric.Manhattan() -> new Powers(1);
            case Metric.Minkowski(double p) when p == 1 -> new Powers(1);
            case Metric.Minkowski(double p) when p == 2 -> new Squares();
            case Metric.Minkowski(double p) -> new Powers(p);
            case Metric.Chebyshev() -> new Largest();
            case Metric.Cosine() -> new Angle();
            case Metric.Hamming() -> new Differing();
            case Metric.Custom(var distance) -> new Given(distance);
        };
    }

    /** Ranks of the block whose columns are {@code columns[at .. at + p - 1]}. */
    abstract void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out);

    abstract double rank(double[] row, int at, double[] query, int from, int p);

    /** The least rank of any row between {@code low} and {@code high}. */
    abstract double boxRank(double[] box, int low, int high, double[] query, int from, int p);

    abstract double distance(double rank);

    abstract double ofDistance(double distance);

    /** Whether ranks are squared Euclidean distances. */
    boolean isSquare() { return false; }

    /** Whether the mean of some rows is near them: else a ball's centre is one of its rows. */
    boolean hasMeans() { return true; }

    /** What a coordinate {@code v} lacks to lie between {@code low} and {@code high}. */
    static double gap(double low, double high, double v) { return Math.max(0, Math.max(low - v, v - high)); }

    private static final class Squares extends DistanceKernel {
        @Override void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out) {
            SquaredDistances.ofBlock(columns, at, query, from, p, out);
        }

        @Override double rank(double[] row, int at, double[] query, int from, int p) {
            return SquaredDistances.ofRow(row, at, query, from, p);
        }

        @Override double boxRank(double[] box, int low, int high, double[] query, int from, int p) {
            double sum = 0;
            for (int j = 0; j < p; j++) {
                double gap = gap(box[low + j], box[high + j], query[from + j]);
                sum += gap * gap;
            }
            return sum;
        }

        @Override double distance(double rank) { return Math.sqrt(rank); }

        @Override double ofDistance(double distance) { return distance * distance; }

        @Override boolean isSquare() { return true; }
    }

    private static final class Powers extends DistanceKernel {
        private final double power;

        Powers(double power) { this.power = power; }

        private double term(double difference) { return power == 1 ? Math.abs(difference) : Math.pow(Math.abs(difference), power); }

        @Override void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out) {
            Arrays.fill(out, 0);
            for (int j = 0; j < p; j++) {
                if (power == 1) absolute(out, columns[at + j], query[from + j]);
                else for (int r = 0; r < BLOCK; r++) out[r] += term(columns[at + j][r] - query[from + j]);
            }
        }

        private static void absolute(double[] out, double[] x, double a) { for (int r = 0; r < BLOCK; r++) out[r] += Math.abs(x[r] - a); }

        @Override double rank(double[] row, int at, double[] query, int from, int p) {
            double sum = 0;
            for (int j = 0; j < p; j++) sum += term(row[at + j] - query[from + j]);
            return sum;
        }

        @Override double boxRank(double[] box, int low, int high, double[] query, int from, int p) {
            double sum = 0;
            for (int j = 0; j < p; j++) sum += term(gap(box[low + j], box[high + j], query[from + j]));
            return sum;
        }

        @Override double distance(double rank) { return power == 1 ? rank : Math.pow(rank, 1 / power); }

        @Override double ofDistance(double distance) { return term(distance); }
    }

    private static final class Largest extends DistanceKernel {
        @Override void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out) {
            Arrays.fill(out, 0);
            for (int j = 0; j < p; j++) {
                double[] x = columns[at + j];
                double a = query[from + j];
                for (int r = 0; r < BLOCK; r++) out[r] = Math.max(out[r], Math.abs(x[r] - a));
            }
        }

        @Override double rank(double[] row, int at, double[] query, int from, int p) {
            double most = 0;
            for (int j = 0; j < p; j++) most = Math.max(most, Math.abs(row[at + j] - query[from + j]));
            return most;
        }

        @Override double boxRank(double[] box, int low, int high, double[] query, int from, int p) {
            double most = 0;
            for (int j = 0; j < p; j++) most = Math.max(most, gap(box[low + j], box[high + j], query[from + j]));
            return most;
        }

        @Override double distance(double rank) { return rank; }

        @Override double ofDistance(double distance) { return distance; }
    }

    /** Rows are of length 1 or 0 here. */
    private static final class Angle extends DistanceKernel {
        @Override void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out) {
            Arrays.fill(out, 1);
            for (int j = 0; j < p; j++) {
                double[] x = columns[at + j];
                double a = query[from + j];
                for (int r = 0; r < BLOCK; r++) out[r] -= x[r] * a;
            }
            for (int r = 0; r < BLOCK; r++) out[r] = Math.max(0, out[r]);
        }

        @Override double rank(double[] row, int at, double[] query, int from, int p) {
            double rest = 1;
            for (int j = 0; j < p; j++) rest -= row[at + j] * query[from + j];
            return Math.max(0, rest);
        }

        @Override double boxRank(double[] box, int low, int high, double[] query, int from, int p) {
            throw new IllegalStateException("the cosine has no trees");
        }

        @Override double distance(double rank) { return rank; }

        @Override double ofDistance(double distance) { return distance; }
    }

    private static final class Differing extends DistanceKernel {
        @Override void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out) {
            Arrays.fill(out, 0);
            for (int j = 0; j < p; j++) {
                double[] x = columns[at + j];
                double a = query[from + j];
                for (int r = 0; r < BLOCK; r++) out[r] += x[r] == a ? 0 : 1;
            }
            for (int r = 0; r < BLOCK; r++) out[r] /= p;
        }

        @Override double rank(double[] row, int at, double[] query, int from, int p) {
            int differ = 0;
            for (int j = 0; j < p; j++) if (row[at + j] != query[from + j]) differ++;
            return (double) differ / p;
        }

        @Override double boxRank(double[] box, int low, int high, double[] query, int from, int p) {
            int differ = 0;
            for (int j = 0; j < p; j++) if (gap(box[low + j], box[high + j], query[from + j]) > 0) differ++;
            return (double) differ / p;
        }

        @Override double distance(double rank) { return rank; }

        @Override double ofDistance(double distance) { return distance; }

        @Override boolean hasMeans() { return false; }
    }

    private static final class Given extends DistanceKernel {
        private final Metric.Distance distance;

        Given(Metric.Distance distance) { this.distance = distance; }

        @Override void ranks(double[][] columns, int at, double[] query, int from, int p, double[] out) {
            double[] q = Arrays.copyOfRange(query, from, from + p), row = new double[p];
            for (int r = 0; r < BLOCK; r++) {
                for (int j = 0; j < p; j++) row[j] = columns[at + j][r];
                out[r] = distance.between(row, q);
            }
        }

        @Override double rank(double[] row, int at, double[] query, int from, int p) {
            return distance.between(Arrays.copyOfRange(row, at, at + p), Arrays.copyOfRange(query, from, from + p));
        }

        @Override double boxRank(double[] box, int low, int high, double[] query, int from, int p) {
            throw new IllegalStateException("a custom distance has no trees");
        }

        @Override double distance(double rank) { return rank; }

        @Override double ofDistance(double distance) { return distance; }
    }
}
