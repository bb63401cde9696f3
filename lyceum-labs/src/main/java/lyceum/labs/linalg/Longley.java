package lyceum.labs.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.linalg.LeastSquares;
import lyceum.tensor.Tensor;

/**
 * Longley's regression with the coefficients that the National Institute of Standards and Technology certifies: six columns that rise together,
 * and so the classic trap for least squares.
 */
final class Longley {
    /** Constant, price deflator, national product, unemployed, armed forces, population, year. */
    static final String[] NAMES = {"constant", "deflator", "GNP", "unemployed", "armed forces", "population", "year"};

    static final double[] CERTIFIED = {-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359,
            -0.0511041056535807, 1829.15146461355};

    private Longley() {}

    /** {@code (16, 7)}, the first column ones. */
    static Tensor design() { return Tensor.concat(1, Tensor.ones(DType.F64, 16, 1), Datasets.longley().x()); }

    /** Employed persons in thousands, {@code (16)}. */
    static Tensor employed() { return Datasets.longley().y(); }

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
