package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.linalg.Eigen;
import lyceum.linalg.Qr;
import lyceum.linalg.RandomizedSvd;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Variances along the principal axes, descending, and the axes.
 *
 * @param variances as many as were computed
 * @param axes (variances x p), F64, orthonormal rows whose entry of the largest magnitude is positive
 */
record Spectrum(double[] variances, Tensor axes) {
    private static final double LEAST_SHARE = 1e-4;

    /** @param centred (n x p), each row times the root of its weight; divisor n - 1 */
    static Spectrum of(Tensor centred, double divisor, Pca.Solver solver, int k, Rng rng) {
        long n = centred.size(0), p = centred.size(1);
        return switch (solver) {
            // Tall data: the triangle of a QR has the same singular values and axes, to the last digits.
            case FULL -> ofSvd(Svd.of(n > p ? triangle(centred) : centred), divisor);
            case RANDOMISED -> ofSvd(new RandomizedSvd(k).withPowerPasses(4).run(centred, rng), divisor);
            case COVARIANCE -> ofCovariance(centred.transpose().matmul(centred).div(divisor), (int) Math.min(n, p));
            case AUTO -> throw new IllegalStateException("the solver is chosen before");
        };
    }

    /** R of a QR, for very many rows by blocks that stay in the cache and whose triangles are stacked: as stable (Demmel and others, 2012). */
    private static Tensor triangle(Tensor rows) {
        long n = rows.size(0), block = Math.max(1024, 8 * rows.size(1));
        if (n <= 2 * block) return Qr.of(rows).r();
        var triangles = new Tensor[Math.toIntExact((n + block - 1) / block)];
        Parallel.range(triangles.length, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++) triangles[b] = Qr.of(rows.narrow(0, b * block, Math.min(block, n - b * block))).r();
        });
        return triangle(Tensor.concat(0, triangles));
    }

    static Spectrum ofSvd(Svd svd, double divisor) { return new Spectrum(svd.s().square().div(divisor).toDoubleArray(), signed(svd.vt())); }

    /** By the covariance of the columns, if that keeps twelve digits of each of the first {@code wanted} variances; else null. */
    static Spectrum ofWellConditioned(Tensor centred, double divisor, int wanted) {
        var found = ofCovariance(centred.transpose().matmul(centred).div(divisor), (int) centred.size(1));
        return found.variances[wanted - 1] > LEAST_SHARE * found.variances[0] ? found : null;
    }

    static Spectrum ofCovariance(Tensor covariance, int count) {
        var eigen = Eigen.symmetric(covariance);
        double[] ascending = eigen.values().toDoubleArray(), variances = new double[count];
        double[][] columns = eigen.vectors().transpose().toRows(), rows = new double[count][];
        for (int i = 0; i < count; i++) {
            variances[i] = Math.max(0, ascending[ascending.length - 1 - i]);
            rows[i] = columns[ascending.length - 1 - i];
        }
        return new Spectrum(variances, signed(Tensor.of(rows)));
    }

    /** Rows with the entry of the largest magnitude made positive. */
    static Tensor signed(Tensor axes) {
        double[][] rows = axes.toRows();
        for (var row : rows) {
            int largest = 0;
            for (int j = 1; j < row.length; j++) if (Math.abs(row[j]) > Math.abs(row[largest]) * (1 + 1e-9)) largest = j;
            if (row[largest] < 0) for (int j = 0; j < row.length; j++) row[j] = -row[j];
        }
        return Tensor.of(rows);
    }

    /** Variances alone, of a matrix of centred columns. */
    static double[] variances(Tensor centred, double divisor) {
        double[] ascending = Eigen.symmetricValues(centred.transpose().matmul(centred).div(divisor).to(DType.F64)).toDoubleArray(),
                out = new double[ascending.length];
        for (int i = 0; i < out.length; i++) out[i] = Math.max(0, ascending[out.length - 1 - i]);
        return Arrays.copyOf(out, (int) Math.min(centred.size(0), centred.size(1)));
    }
}
