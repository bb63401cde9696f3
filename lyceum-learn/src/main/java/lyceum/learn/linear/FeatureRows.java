package lyceum.learn.linear;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Rows of features, dense or sparse, with a column of ones at the end where there is an intercept: the three products that logistic regression needs.
 * Coefficients are laid out output by output, {@code b[k * width + j]}.
 */
sealed interface FeatureRows {
    int rows();

    /** Columns, the constant one included. */
    int width();

    /** {@code X B'}: (rows x outputs), row by row. */
    double[] scores(double[] b, int outputs);

    /** {@code R' X} for residuals (rows x outputs): (outputs x width). */
    double[] gradient(double[] residuals, int outputs);

    /** {@code X' diag(v) X} over these columns. */
    double[][] gram(double[] v, int[] columns);

    /** The same numbers as compressed rows, the constant column included, for stochastic solvers. */
    SparseRows compressed();

    static FeatureRows dense(Tensor x, boolean intercept) {
        double[] values = x.to(DType.F64).toDoubleArray();
        int n = (int) x.size(0), p = (int) x.size(1), q = p + (intercept ? 1 : 0);
        if (intercept) {
            var wider = new double[n * q];
            for (int i = 0; i < n; i++) {
                System.arraycopy(values, i * p, wider, i * q, p);
                wider[i * q + p] = 1;
            }
            values = wider;
        }
        return new DenseRows(values, Tensor.of(values, n, q), n, q);
    }

    static FeatureRows sparse(Csr x, boolean intercept) {
        int n = (int) x.rows(), p = (int) x.columns(), extra = intercept ? 1 : 0;
        double[] values = x.values().toDoubleArray(), all = new double[values.length + extra * n];
        int[] column = new int[all.length], start = new int[n + 1];
        int at = 0;
        for (int i = 0; i < n; i++) {
            start[i] = at;
            for (int e = x.rowStart(i); e < x.rowStart(i + 1); e++) {
                column[at] = x.column(e);
                all[at++] = values[e];
            }
            if (!intercept) continue;
            column[at] = p;
            all[at++] = 1;
        }
        start[n] = at;
        return new SparseRows(start, column, all, p + extra);
    }

    /** Dense rows, as an array for one output and as a tensor for several, which the backend multiplies. */
    record DenseRows(double[] values, Tensor x, int rows, int width) implements FeatureRows {
        private static final int GRAIN = 4096;
        /** Rows of a block of the curvature, and most pieces of parallel work, each with a sum of its own. */
        private static final int BLOCK = 1024, PIECES = 16;
        /** Most numbers in the sums of all pieces: half a gigabyte. */
        private static final long ROOM = 1L << 26;

        @Override public double[] scores(double[] b, int outputs) {
            if (outputs > 1) return x.matmul(Tensor.of(b, outputs, width).transpose()).toDoubleArray();
            var z = new double[rows];
            Parallel.range(rows, GRAIN, (from, to) -> {
                int q = width;
                for (int i = (int) from; i < to; i++) {
                    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
                    int at = i * q, j = 0;
                    for (; j + 3 < q; j += 4) {
                        s0 += values[at + j] * b[j];
                        s1 += values[at + j + 1] * b[j + 1];
                        s2 += values[at + j + 2] * b[j + 2];
                        s3 += values[at + j + 3] * b[j + 3];
                    }
                    for (; j < q; j++) s0 += values[at + j] * b[j];
                    z[i] = s0 + s1 + (s2 + s3);
                }
            });
            return z;
        }

        @Override public double[] gradient(double[] residuals, int outputs) {
            if (outputs > 1) return Tensor.of(residuals, rows, outputs).transpose().matmul(x).toDoubleArray();
            return sums(width, (i, sum) -> {
                double r = residuals[i];
                int at = i * width;
                for (int j = 0; j < width; j++) sum[j] += r * values[at + j];
            });
        }

        /** A row's share of a sum. */
        private interface Share {
            void add(int row, double[] sum);
        }

        /** One sum a piece, added in order: the same bits on any number of threads. */
        private double[] sums(int length, Share share) {
            var parts = new double[(rows + GRAIN - 1) / GRAIN][];
            Parallel.range(rows, GRAIN, (from, to) -> {
                var sum = new double[length];
                for (int i = (int) from; i < to; i++) share.add(i, sum);
                parts[(int) (from / GRAIN)] = sum;
            });
            for (int p = 1; p < parts.length; p++) for (int j = 0; j < length; j++) parts[0][j] += parts[p][j];
            return parts[0];
        }

        @Override public double[][] gram(double[] v, int[] columns) {
            int q = columns.length;
            if (q == width && q <= 48) return small(v);
            var part = q == width ? x : x.transpose().rows(columns).transpose();
            return part.mul(Tensor.of(v).unsqueeze(1)).transpose().matmul(part).toRows();
        }

        /** All columns, few of them: the upper triangle stays in the first cache while the rows go by. */
        private double[][] small(double[] v) {
            int q = width;
            double[] flat = sums(q * q, (i, sum) -> {
                int at = i * q;
                for (int j = 0; j < q; j++) {
                    double f = v[i] * values[at + j];
                    int row = j * q;
                    for (int k = j; k < q; k++) sum[row + k] += f * values[at + k];
                }
            });
            var gram = new double[q][q];
            for (int j = 0; j < q; j++) for (int k = j; k < q; k++) gram[j][k] = gram[k][j] = flat[j * q + k];
            return gram;
        }

        /**
         * {@code sum_i w_i (diag(p_i) - p_i p_i') x x_i x_i'} over all coefficients, {@code w_i p_i (1 - p_i) x_i x_i'} for one output: with rows
         * {@code z_i = p_i x x_i} two products of large matrices, by blocks that stay in the cache.
         */
        double[][] curvature(double[] p, double[] w, int outputs) {
            int q = width, m = outputs * q, blocks = (rows + BLOCK - 1) / BLOCK, pieces = Math.clamp(ROOM / ((long) m * m), 1, PIECES);
            int grain = Math.max(1, (blocks + pieces - 1) / pieces);
            var parts = new double[(blocks + grain - 1) / grain][];
            Parallel.range(blocks, grain, (from, to) -> {
                var sum = new double[m * m];
                for (int b = (int) from; b < to; b++) addCurvature(p, w, outputs, b * BLOCK, Math.min(BLOCK, rows - b * BLOCK), sum);
                parts[(int) (from / grain)] = sum;
            });
            for (int k = 1; k < parts.length; k++) for (int j = 0; j < m * m; j++) parts[0][j] += parts[k][j];
            var hessian = new double[m][m];
            for (int r = 0; r < m; r++) for (int c = r; c < m; c++) hessian[r][c] = hessian[c][r] = parts[0][r * m + c];
            return hessian;
        }

        private void addCurvature(double[] p, double[] w, int outputs, int first, int count, double[] sum) {
            int q = width, m = outputs * q;
            double[] z = new double[outputs == 1 ? 0 : count * m], weighted = new double[count * m];
            for (int i = 0, at = 0; i < count; i++) {
                int row = first + i;
                for (int k = 0; k < outputs; k++) {
                    double own = p[row * outputs + k], factor = w[row] * (outputs == 1 ? own * (1 - own) : own);
                    for (int j = 0; j < q; j++, at++) {
                        double v = values[row * q + j];
                        if (outputs > 1) z[at] = own * v;
                        weighted[at] = factor * v;
                    }
                }
            }
            var right = Tensor.of(weighted, count, m);
            double[] own = x.narrow(0, first, count).transpose().matmul(right).toDoubleArray();
            if (outputs == 1) {
                for (int j = 0; j < m * m; j++) sum[j] += own[j];
                return;
            }
            double[] joint = Tensor.of(z, count, m).transpose().matmul(right).toDoubleArray();
            for (int r = 0; r < m; r++)
                for (int c = 0; c < m; c++) sum[r * m + c] += (r / q == c / q ? own[r % q * m + c] : 0) - joint[r * m + c];
        }

        @Override public SparseRows compressed() {
            int[] start = new int[rows + 1], column = new int[rows * width];
            for (int i = 0; i <= rows; i++) start[i] = i * width;
            for (int e = 0; e < column.length; e++) column[e] = e % width;
            return new SparseRows(start, column, values, width);
        }
    }

    /** Compressed rows. */
    record SparseRows(int[] start, int[] column, double[] value, int width) implements FeatureRows {
        private static final int GRAIN = 2048;

        @Override public int rows() { return start.length - 1; }

        @Override public double[] scores(double[] b, int outputs) {
            var z = new double[rows() * outputs];
            Parallel.range(rows(), GRAIN, (from, to) -> {
                for (int i = (int) from; i < to; i++) {
                    for (int k = 0; k < outputs; k++) {
                        double sum = 0;
                        for (int e = start[i]; e < start[i + 1]; e++) sum += value[e] * b[k * width + column[e]];
                        z[i * outputs + k] = sum;
                    }
                }
            });
            return z;
        }

        @Override public double[] gradient(double[] residuals, int outputs) {
            int pieces = (rows() + 4 * GRAIN - 1) / (4 * GRAIN);
            var parts = new double[pieces][];
            // One sum a piece, added in order: the same bits on any number of threads.
            Parallel.range(rows(), 4 * GRAIN, (from, to) -> {
                var sum = new double[outputs * width];
                for (int i = (int) from; i < to; i++) {
                    for (int k = 0; k < outputs; k++) {
                        double r = residuals[i * outputs + k];
                        for (int e = start[i]; e < start[i + 1]; e++) sum[k * width + column[e]] += r * value[e];
                    }
                }
                parts[(int) (from / (4 * GRAIN))] = sum;
            });
            for (int p = 1; p < pieces; p++) for (int j = 0; j < parts[0].length; j++) parts[0][j] += parts[p][j];
            return parts[0];
        }

        @Override public double[][] gram(double[] v, int[] columns) {
            var place = new int[width];
            Arrays.fill(place, -1);
            for (int k = 0; k < columns.length; k++) place[columns[k]] = k;
            var gram = new double[columns.length][columns.length];
            for (int i = 0; i < rows(); i++) {
                for (int e = start[i]; e < start[i + 1]; e++) {
                    int row = place[column[e]];
                    if (row < 0) continue;
                    double factor = v[i] * value[e];
                    for (int f = start[i]; f < start[i + 1]; f++) {
                        int other = place[column[f]];
                        if (other >= 0) gram[row][other] += factor * value[f];
                    }
                }
            }
            return gram;
        }

        @Override public SparseRows compressed() { return this; }
    }
}
