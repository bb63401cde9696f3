package lyceum.data;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Draws the datasets of {@link Datasets} that are made rather than measured. */
final class SyntheticData {
    private SyntheticData() {}

    static Dataset blobs(Rng rng, int n, double[][] centres, double std) {
        atLeast("blobs", "rows", n, 1);
        atLeast("blobs", "centres", centres.length, 1);
        notNegative("blobs", "std", std);
        int p = centres[0].length;
        var x = new double[n * p];
        var y = new long[n];
        var order = rng.permutation(n);
        for (int i = 0; i < n; i++) {
            int k = order[i] % centres.length;
            y[i] = k;
            for (int j = 0; j < p; j++) x[i * p + j] = centres[k][j] + std * rng.nextGaussian();
        }
        return classes(x, y, p, centres.length, "normal blobs around " + centres.length + " centres");
    }

    static double[][] centres(Rng rng, int k, int p, double box) {
        var centres = new double[k][p];
        for (var centre : centres) for (int j = 0; j < p; j++) centre[j] = box * (2 * rng.nextDouble() - 1);
        return centres;
    }

    static Dataset moons(Rng rng, int n, double noise) {
        return curves("moons", rng, n, noise, (half, t) -> half == 0 ? new double[] {Math.cos(Math.PI * t), Math.sin(Math.PI * t)}
                : new double[] {1 - Math.cos(Math.PI * t), 0.5 - Math.sin(Math.PI * t)}, true);
    }

    static Dataset circles(Rng rng, int n, double factor, double noise) {
        if (!(factor > 0 && factor < 1)) throw new IllegalArgumentException("circles: factor is " + factor + "; it lies between 0 and 1");
        return curves("circles", rng, n, noise, (half, t) -> {
            double r = half == 0 ? 1 : factor;
            return new double[] {r * Math.cos(2 * Math.PI * t), r * Math.sin(2 * Math.PI * t)};
        }, false);
    }

    static Dataset spirals(Rng rng, int n, double turns, double noise) {
        return curves("spirals", rng, n, noise, (half, t) -> {
            double r = 0.1 + 0.9 * t, angle = 2 * Math.PI * turns * t + Math.PI * half;
            return new double[] {r * Math.cos(angle), r * Math.sin(angle)};
        }, true);
    }

    private interface Curve {
        double[] at(int half, double t);
    }

    private static Dataset curves(String name, Rng rng, int n, double noise, Curve curve, boolean closed) {
        atLeast(name, "rows", n, 2);
        notNegative(name, "noise", noise);
        int first = n / 2;
        var x = new double[2 * n];
        var y = new long[n];
        var order = rng.permutation(n);
        for (int i = 0; i < n; i++) {
            int half = order[i] < first ? 0 : 1, rank = half == 0 ? order[i] : order[i] - first, size = half == 0 ? first : n - first;
            var point = curve.at(half, closed ? rank / (double) Math.max(1, size - 1) : rank / (double) size);
            y[i] = half;
            for (int j = 0; j < 2; j++) x[2 * i + j] = point[j] + noise * rng.nextGaussian();
        }
        return classes(x, y, 2, 2, "two " + name);
    }

    static Dataset linear(Rng rng, int n, double[] coefficients, double intercept, double noise) {
        atLeast("linear", "rows", n, 1);
        notNegative("linear", "noise", noise);
        int p = coefficients.length;
        var x = new double[n * p];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            double sum = intercept;
            for (int j = 0; j < p; j++) {
                x[i * p + j] = rng.nextGaussian();
                sum += coefficients[j] * x[i * p + j];
            }
            y[i] = sum + noise * rng.nextGaussian();
        }
        return new Dataset(Tensor.of(x, n, p), Tensor.of(y), names(p), List.of(), "a linear function of normal inputs plus normal noise");
    }

    static Dataset swissRoll(Rng rng, int n, double noise) {
        atLeast("swissRoll", "rows", n, 1);
        notNegative("swissRoll", "noise", noise);
        var x = new double[3 * n];
        var along = new double[n];
        for (int i = 0; i < n; i++) {
            double t = along[i] = 1.5 * Math.PI * (1 + 2 * rng.nextDouble());
            x[3 * i] = t * Math.cos(t) + noise * rng.nextGaussian();
            x[3 * i + 1] = 21 * rng.nextDouble() + noise * rng.nextGaussian();
            x[3 * i + 2] = t * Math.sin(t) + noise * rng.nextGaussian();
        }
        return new Dataset(Tensor.of(x, n, 3), Tensor.of(along), List.of("x", "height", "z"), List.of(), "a Swiss roll");
    }

    static double[] coefficients(Rng rng, int p, int informative) {
        if (informative < 0 || informative > p)
            throw new IllegalArgumentException("regression: " + informative + " informative of " + p + " features");
        var coefficients = new double[p];
        for (int j : rng.sample(p, informative)) coefficients[j] = 100 * rng.nextDoublePositive();
        return coefficients;
    }

    static Dataset friedman1(Rng rng, int n, int p, double noise) {
        atLeast("friedman1", "rows", n, 1);
        atLeast("friedman1", "features", p, 5);
        var x = new double[n * p];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < p; j++) x[i * p + j] = rng.nextDouble();
            double a = x[i * p], b = x[i * p + 1], c = x[i * p + 2], d = x[i * p + 3], e = x[i * p + 4];
            y[i] = 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) * (c - 0.5) + 10 * d + 5 * e + noise * rng.nextGaussian();
        }
        return new Dataset(Tensor.of(x, n, p), Tensor.of(y), names(p), List.of(), "Friedman's first function of uniform inputs");
    }

    static Dataset classification(Rng rng, int n, int p, int informative, int redundant, int classes, double separation, double flip) {
        atLeast("classification", "rows", n, classes);
        atLeast("classification", "classes", classes, 2);
        if (informative < 1 || redundant < 0 || informative + redundant > p) throw new IllegalArgumentException(
                "classification: " + informative + " informative and " + redundant + " redundant of " + p + " features");
        if (informative < 31 && classes > 1 << informative) throw new IllegalArgumentException("classification: " + classes
                + " classes need more than " + informative + " informative features: a cube has 2^informative corners");
        if (!(flip >= 0 && flip <= 1)) throw new IllegalArgumentException("classification: flip is " + flip + "; it lies between 0 and 1");
        var corners = corners(rng, classes, informative, separation);
        var shapes = centres(rng, classes, informative * informative, 1);
        var mix = centres(rng, redundant, informative, 1);
        var places = rng.permutation(p);
        var x = new double[n * p];
        var y = new long[n];
        var order = rng.permutation(n);
        double[] raw = new double[informative], point = new double[p];
        for (int i = 0; i < n; i++) {
            int k = order[i] % classes;
            for (int j = 0; j < informative; j++) raw[j] = rng.nextGaussian();
            for (int j = 0; j < informative; j++) {
                point[j] = corners[k][j];
                for (int l = 0; l < informative; l++) point[j] += shapes[k][j * informative + l] * raw[l];
            }
            for (int j = 0; j < redundant; j++) {
                point[informative + j] = 0;
                for (int l = 0; l < informative; l++) point[informative + j] += mix[j][l] * point[l];
            }
            for (int j = informative + redundant; j < p; j++) point[j] = rng.nextGaussian();
            for (int j = 0; j < p; j++) x[i * p + places[j]] = point[j];
            y[i] = rng.nextDouble() < flip ? rng.nextInt(classes) : k;
        }
        return classes(x, y, p, classes, "clusters at corners of a cube, with redundant and noise features");
    }

    /** Distinct corners of the cube with sides of twice {@code separation}. */
    private static double[][] corners(Rng rng, int classes, int dimensions, double separation) {
        var seen = new HashSet<List<Boolean>>();
        var corners = new double[classes][dimensions];
        for (var corner : corners) {
            List<Boolean> signs;
            do signs = IntStream.range(0, dimensions).mapToObj(j -> rng.nextDouble() < 0.5).toList(); while (!seen.add(signs));
            for (int j = 0; j < dimensions; j++) corner[j] = signs.get(j) ? separation : -separation;
        }
        return corners;
    }

    private static Dataset classes(double[] x, long[] y, int p, int classes, String description) {
        var classNames = IntStream.range(0, classes).mapToObj(k -> "class_" + k).toList();
        return new Dataset(Tensor.of(x, y.length, p), Tensor.of(y), names(p), classNames, description);
    }

    private static List<String> names(int p) { return Arrays.asList(IntStream.range(0, p).mapToObj(j -> "x" + j).toArray(String[]::new)); }

    private static void atLeast(String operation, String what, int value, int least) {
        if (value < least) throw new IllegalArgumentException(operation + ": " + value + " " + what + "; at least " + least);
    }

    private static void notNegative(String operation, String what, double value) {
        if (!(value >= 0)) throw new IllegalArgumentException(operation + ": " + what + " is " + value + "; it is not negative");
    }
}
