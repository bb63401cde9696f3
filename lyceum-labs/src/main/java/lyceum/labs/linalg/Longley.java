package lyceum.labs.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.tensor.Tensor;

/**
 * Employment in the United States from 1947 to 1962 (J. W. Longley, 1967) with the certified coefficients of the National Institute of Standards
 * and Technology: six columns that rise together, and so the classic trap for least squares.
 */
final class Longley {
    /** Constant, price deflator, national product, unemployed, armed forces, population, year. */
    static final String[] NAMES = {"constant", "deflator", "GNP", "unemployed", "armed forces", "population", "year"};

    static final double[] CERTIFIED = {-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359,
            -0.0511041056535807, 1829.15146461355};

    private static final double[][] ROWS = {{83.0, 234289, 2356, 1590, 107608, 1947, 60323},
            {88.5, 259426, 2325, 1456, 108632, 1948, 61122}, {88.2, 258054, 3682, 1616, 109773, 1949, 60171},
            {89.5, 284599, 3351, 1650, 110929, 1950, 61187}, {96.2, 328975, 2099, 3099, 112075, 1951, 63221},
            {98.1, 346999, 1932, 3594, 113270, 1952, 63639}, {99.0, 365385, 1870, 3547, 115094, 1953, 64989},
            {100.0, 363112, 3578, 3350, 116219, 1954, 63761}, {101.2, 397469, 2904, 3048, 117388, 1955, 66019},
            {104.6, 419180, 2822, 2857, 118734, 1956, 67857}, {108.4, 442769, 2936, 2798, 120445, 1957, 68169},
            {110.8, 444546, 4681, 2637, 121950, 1958, 66513}, {112.6, 482704, 3813, 2552, 123366, 1959, 68655},
            {114.2, 502601, 3931, 2514, 125368, 1960, 69564}, {115.7, 518173, 4806, 2572, 127852, 1961, 69331},
            {116.9, 554894, 4007, 2827, 130081, 1962, 70551}};

    private Longley() {}

    /** {@code (16, 7)}, the first column ones. */
    static Tensor design() { return Tensor.concat(1, Tensor.ones(DType.F64, 16, 1), Tensor.of(ROWS).narrow(1, 0, 6)); }

    /** Employed persons in thousands, {@code (16)}. */
    static Tensor employed() { return Tensor.of(ROWS).select(1, 6); }

    /** The digits of the coefficient that a method gets worst. */
    static double fewestDigits(LeastSquares.Method method) {
        return Arrays.stream(digits(new LeastSquares(method).fit(design(), employed()).coefficients())).min().orElseThrow();
    }

    /** Significant digits of each coefficient: minus the logarithm of its relative error. */
    static double[] digits(Tensor coefficients) {
        var digits = new double[CERTIFIED.length];
        for (int i = 0; i < digits.length; i++)
            digits[i] = Math.min(16, -Math.log10(Math.abs(coefficients.item(i) / CERTIFIED[i] - 1) + 1e-17));
        return digits;
    }
}
