package lyceum.kernel;

import lyceum.tensor.Tensor;

/**
 * {@code (gamma x . z + constant)^degree}: all products of up to {@code degree} columns. Parameters: gamma and the constant; a constant
 * of 0, the homogeneous kernel, is the logarithm minus infinity and stays 0.
 *
 * @param degree at least 1
 * @param gamma positive
 * @param constant at least 0: a negative one is no kernel
 */
public record PolynomialKernel(int degree, double gamma, double constant) implements DotProduct {
    public PolynomialKernel {
        if (degree < 1) throw new IllegalArgumentException("PolynomialKernel: degree is " + degree + "; it is at least 1");
        KernelParameters.positive("PolynomialKernel", "gamma", gamma);
        KernelParameters.atLeastZero("PolynomialKernel", "the constant", constant);
    }

    /** {@code (x . z + 1)^degree}. */
    public PolynomialKernel(int degree) { this(degree, 1, 1); }

    private static double power(double base, int exponent) {
        double result = 1;
        for (int e = exponent; e > 0; e >>= 1, base *= base) if ((e & 1) == 1) result *= base;
        return result;
    }

    @Override public double value(double dot) { return power(gamma * dot + constant, degree); }

    @Override public double slope(double dot) { return degree * gamma * power(gamma * dot + constant, degree - 1); }

    @Override public double[] parameters() { return new double[] {Math.log(gamma), Math.log(constant)}; }

    @Override public PolynomialKernel withParameters(double... logs) {
        KernelParameters.count(this, logs, 2);
        return new PolynomialKernel(degree, Math.exp(logs[0]), Math.exp(logs[1]));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        double dot = 0;
        for (int j = 0; j < x.length; j++) dot += x[j] * z[j];
        double outer = weight * slope(dot);
        into[at] += outer * dot;
        into[at + 1] += outer * constant / gamma;
    }

    /**
     * The explicit features: rows {@code phi(x)} with {@code phi(x) . phi(z) = k(x, z)}, one column for each way to choose {@code degree}
     * factors, with repetition, out of the p columns (and the constant, unless it is 0): {@code (p + degree)! / (p! degree!)} columns.
     * For two columns and degree 2: {@code 1, sqrt(2) x1, sqrt(2) x2, x1^2, sqrt(2) x1 x2, x2^2} in some order.
     *
     * @throws IllegalArgumentException if there would be more than 10 million columns
     */
    public Tensor features(Tensor x) {
        double[][] rows = KernelParameters.rows("features", x);
        int p = (int) x.size(1), factors = constant == 0 ? p : p + 1;
        double count = 1;
        for (int i = 1; i <= degree; i++) count = count * (factors - 1 + i) / i;
        if (count > 1e7) throw new IllegalArgumentException("features: " + p + " columns have " + (long) count + " products of degree "
                + degree + "; use the kernel itself, or RandomFourierFeatures or Nystroem");
        int columns = (int) Math.round(count);
        var out = new double[rows.length][columns];
        // A monomial is a non-decreasing list of factors; its coefficient is the number of its orders, degree! / (e_1! e_2! ...).
        var choice = new int[degree];
        for (int c = 0; c < columns; c++) {
            double orders = 1;
            for (int i = 0, run = 0; i < degree; i++) {
                run = i > 0 && choice[i] == choice[i - 1] ? run + 1 : 1;
                orders *= (i + 1.0) / run;
            }
            double root = Math.sqrt(orders);
            for (int i = 0; i < rows.length; i++) {
                double value = root;
                for (int f : choice) value *= f == p ? Math.sqrt(constant) : Math.sqrt(gamma) * rows[i][f];
                out[i][c] = value;
            }
            int last = degree - 1;
            while (last >= 0 && choice[last] == factors - 1) last--;
            if (last < 0) break;
            int next = choice[last] + 1;
            for (int i = last; i < degree; i++) choice[i] = next;
        }
        return Tensor.of(KernelParameters.flat(out, columns), rows.length, columns);
    }
}
